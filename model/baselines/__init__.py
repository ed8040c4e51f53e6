"""What counting alone can predict: n-gram models of order 0 to 5, the ladder of their losses, and what they write."""
