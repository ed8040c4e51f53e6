"""Kernels compiled for this machine's CPU: everything between the matrix products of a training step."""
