"""Runs on the disk: which one a launch opens, and what a folder tells the screen."""
