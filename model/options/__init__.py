"""Command lines: frozen option values, their parsers, and commands as they are typed; and a recipe in files."""
