"""Written text on its way to the screen or a file: wrapping, passages, the transcript."""
