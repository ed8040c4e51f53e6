"""Turns the bytes of a source into a Corpus: encoding, clean-up, alphabet, and notes on what was changed."""
