"""The form for a new run, and the choice of its text."""
