"""What can be explained on a screen: how widgets declare it, where it is found, and the box with its text."""
