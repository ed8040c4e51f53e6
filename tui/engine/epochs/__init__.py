"""What past epochs' weights write and say, beside the text that is written now."""
