"""Texts from the web: what holds for every download, where it is kept, and the addresses of books."""
