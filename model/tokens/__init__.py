"""Text to ids and back, and ids in the windows or lanes that training reads."""
