"""Panels: what a key opens beside the text while it goes on being written."""
