"""The writing pane and the text in it."""
