"""The networks that predict the next token."""
