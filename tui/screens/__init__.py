"""Full screens: the one people work on, and the dialogs above it."""
