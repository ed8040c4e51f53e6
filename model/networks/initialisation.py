"""First values of weight matrices, float32. NumPy only, so that all devices and platforms begin with the same bits."""

from __future__ import annotations

import numpy as np


def glorot(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Glorot and Bengio (2010): uniform within sqrt(6 / (rows + columns))."""
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns)).astype(np.float32)


def orthogonal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Saxe et al. (2013): orthonormal rows or columns, uniform over all such matrices."""
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return (q if rows >= columns else q.T).astype(np.float32)
