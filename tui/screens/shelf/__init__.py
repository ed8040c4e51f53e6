"""The list of runs, what is done with them, and opening another one in the running program."""
