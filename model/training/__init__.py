"""Training: steps, the loop around them, evaluation on held-out text, and the guard against divergence."""
