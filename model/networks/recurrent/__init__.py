"""The networks that read a token at a time into a memory of units, layer by layer."""
