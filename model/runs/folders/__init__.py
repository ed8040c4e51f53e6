"""A run's folder as programs hold it: locked, and known by its identity wherever it is moved."""
