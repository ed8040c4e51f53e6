"""Kernels compiled for this machine's CPU: an LSTM's time steps, and what lies between the products of others."""
