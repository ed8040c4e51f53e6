"""What each key of the main screen does, a class for each group of keys. A key that can do nothing says why."""
