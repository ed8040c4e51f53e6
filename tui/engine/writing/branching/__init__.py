"""Looking back through a written text, the odds at each of its places, and going on from another token."""
