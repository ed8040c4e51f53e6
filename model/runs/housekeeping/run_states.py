"""What runs are doing and why they ended, in words: the one place where these are made. Nothing here imports JAX."""

from __future__ import annotations

END_REASONS = {
    "epochs": "all epochs done",
    "time": "time limit reached",
    "stopped": "stopped",
    "diverged": "training diverged repeatedly",
}
"""Why a run ended, by `Finished.reason`."""
