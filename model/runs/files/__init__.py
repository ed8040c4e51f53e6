"""What the files of a run are made of: whole or appended writes, lines of JSON, arrays of numbers."""
