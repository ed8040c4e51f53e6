"""Command lines: frozen values of what they ask for, the parsers that make them, and commands as they are typed."""
