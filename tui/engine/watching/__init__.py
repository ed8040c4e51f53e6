"""Following a run that another program trains, by its folder alone."""
