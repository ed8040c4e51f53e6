"""Words and rows about runs that are not open, or no longer: the list, what differs, the summary on the shell."""
