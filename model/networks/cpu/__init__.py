"""Kernels compiled for this machine's CPU: what lies between a step's matrix products."""
