"""Words and rows about runs that are not open: the list of them, and what differs between them."""
