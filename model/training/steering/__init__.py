"""Steering: the commands that a training obeys while it runs, from keys or other programs, and their exact replay."""
