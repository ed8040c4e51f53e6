"""The processors, accelerators and processes that share a training."""
