"""Lessons: short guided experiments on the screen, as plain data, and how they are read and found."""
