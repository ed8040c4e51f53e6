"""The main screen with the actions of its keys, and the dialogs above it."""
