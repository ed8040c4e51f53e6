"""The terminal outside the screen: signals, suspending, what it can draw, and leaving it as it was found."""
