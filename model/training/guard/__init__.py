"""The guard: what looks wrong in the losses, and going back to good weights."""
