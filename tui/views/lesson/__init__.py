"""Where a user is in a lesson, and what it says there: pure, folded from the run's view and from keys."""
