"""What a wrong word on a command line may mean: command names, and option names of other programs."""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS = (
    "train",
    "write",
    "odds",
    "score",
    "units",
    "baselines",
    "runs",
    "corpora",
    "devices",
    "steer",
    "compare",
    "explain",
)
"""The commands of `charlstm`, in the order of its help."""

_RATE, _DEVICE = ("--rate",), ("--devices",)

MEANT: Mapping[str, tuple[str, ...]] = {
    "lr": _RATE,
    "learning-rate": _RATE,
    "learning_rate": _RATE,
    "seed": ("--random-seed", "--seed-text"),
    "prompt": ("--seed-text",),
    "start": ("--seed-text",),
    "temp": ("--temperatures", "--temperature"),
    "temperature": ("--temperatures",),
    "temperatures": ("--temperature",),
    "cpu": ("--device cpu",),
    "gpu": ("--device gpu",),
    "cuda": ("--device gpu",),
    "gpus": _DEVICE,
    "cores": _DEVICE,
    "threads": _DEVICE,
    "light": ("--theme light",),
    "dark": ("--theme dark",),
    "units": ("--hidden",),
    "hidden-size": ("--hidden",),
    "batch-size": ("--batch",),
    "seq-length": ("--window",),
    "seq-len": ("--window",),
    "maxlen": ("--window",),
    "step": ("--stride",),
    "patience": ("--step-timeout",),
    "preset": ("--recipe",),
    "model": ("--recipe",),
    "continue": ("--resume",),
    "out": ("--output", "--runs"),
    "output": ("--runs",),
    "length": ("--sample-length",),
    "len": ("--length", "--sample-length"),
}
"""A name without dashes -> options. Only those of the current command are suggested."""
