"""Learning: the step, the loop around it, judging on held-out text, and the guard against divergence."""
