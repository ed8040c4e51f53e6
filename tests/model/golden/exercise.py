"""The reference exercise's initial weights and batches, made from seeds, and its loss in plain NumPy.

The recorder of the golden trace (`record_keras.py`) and the test that replays the trace both begin here, so
that both train on the same numbers. It imports NumPy alone: no framework decides what is compared.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

SYMBOLS = 57
UNITS = 128
WINDOW = 60
BATCH = 128
RATE = 0.01
STEPS = 50
WEIGHTS_SEED = 2024
TEXT_SEED = 57

TEXT_LENGTH = 30_000
SUCCESSORS = 4

Weights = dict[str, NDArray[np.float32]]


def initial_weights(seed: int = WEIGHTS_SEED) -> Weights:
    """Weights drawn from Keras 3's default distributions, in Keras' names, shapes and gate order i, f, c, o.

    Glorot-uniform kernels, an orthogonal recurrent kernel (all four gates as one matrix), zero biases but for
    the forget gate's, which is 1.

    Returns:
        `kernel` (V, 4H), `recurrent_kernel` (H, 4H), `bias` (4H,), `dense_kernel` (H, V), `dense_bias` (V,).
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    bias = np.zeros(4 * UNITS, np.float32)
    bias[UNITS : 2 * UNITS] = 1.0
    return {
        "kernel": _glorot_uniform(generator, SYMBOLS, 4 * UNITS),
        "recurrent_kernel": _orthogonal(generator, UNITS, 4 * UNITS),
        "bias": bias,
        "dense_kernel": _glorot_uniform(generator, UNITS, SYMBOLS),
        "dense_bias": np.zeros(SYMBOLS, np.float32),
    }


def _glorot_uniform(generator: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float32]:
    """Uniform within sqrt(6 / (inputs + outputs)) of zero (Glorot and Bengio, 2010)."""
    limit = np.sqrt(6 / (inputs + outputs))
    return generator.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


def _orthogonal(generator: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """A wide random matrix with orthonormal rows (Saxe et al., 2014)."""
    q, r = np.linalg.qr(generator.standard_normal((columns, rows)))
    return (q * np.sign(np.diag(r))).T.astype(np.float32)


def batches(count: int = STEPS, seed: int = TEXT_SEED) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Random windows of one synthetic text, with the symbol that follows each.

    The first batches are the same whatever the `count`.

    Returns:
        windows (count, BATCH, WINDOW) and targets (count, BATCH).
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    text = _markov_text(generator)
    starts = generator.integers(0, TEXT_LENGTH - WINDOW, (count, BATCH))
    spans = text[starts[..., None] + np.arange(WINDOW + 1)]
    return spans[..., :-1], spans[..., -1]


def _markov_text(generator: np.random.Generator) -> NDArray[np.int32]:
    """Symbols in which each has a few likely successors: enough to learn within some tens of steps."""
    successors = np.argsort(generator.random((SYMBOLS, SYMBOLS)), axis=1)[:, :SUCCESSORS]
    odds = 0.5 ** np.arange(1, SUCCESSORS + 1)
    ranks = np.searchsorted(np.cumsum(odds / odds.sum())[:-1], generator.random(TEXT_LENGTH))
    text = np.zeros(TEXT_LENGTH, np.int32)
    for place in range(1, TEXT_LENGTH):
        text[place] = successors[text[place - 1], ranks[place]]
    return text


def digest(windows: NDArray[np.int32], targets: NDArray[np.int32]) -> str:
    """SHA-256 of the batches, so that a NumPy that draws other numbers is told from a wrong model."""
    return hashlib.sha256(windows.astype("<i4").tobytes() + targets.astype("<i4").tobytes()).hexdigest()


def reference_loss(weights: Weights, windows: NDArray[np.int32], targets: NDArray[np.int32]) -> float:
    """Mean cross-entropy in nats of one batch, computed in float64: windows (B, T), targets (B,)."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    hidden = cell = np.zeros((len(windows), UNITS))
    for symbols in windows.T:
        gates = w["kernel"][symbols] + hidden @ w["recurrent_kernel"] + w["bias"]
        i, f, c, o = np.split(gates, 4, axis=1)
        cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(c)
        hidden = _sigmoid(o) * np.tanh(cell)
    logits = hidden @ w["dense_kernel"] + w["dense_bias"]
    log_total = np.log(np.exp(logits).sum(axis=1))
    return float(np.mean(log_total - logits[np.arange(len(targets)), targets]))


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x))
