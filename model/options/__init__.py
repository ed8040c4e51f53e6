"""What can be asked for on a command line: plain values, and the parsers that make them."""
