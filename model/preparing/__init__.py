"""From what was asked for to a trainer ready to run."""
