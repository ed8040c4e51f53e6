"""Writing text with a trained network: sampling, and all that a written text needs to be written again."""
