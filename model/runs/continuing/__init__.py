"""Going on with what a run has learned: resuming it, and beginning another run with its weights."""
