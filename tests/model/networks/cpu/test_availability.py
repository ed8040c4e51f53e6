"""Training where the kernels cannot be used, and what never needs them, in fresh interpreters."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[4]

RUN = """
import json, sys
how, *words = sys.argv[1:]
if how == "hidden":
    sys.modules["llvmlite"] = None
if how == "other version":
    from model.networks.cpu import compiler
    compiler.FFI_VERSION = (0, 0)
if how == "refuses":
    import llvmlite.binding
    def refuse(*_, **__): raise RuntimeError("no such CPU")
    llvmlite.binding.create_mcjit_compiler = refuse
from model.cli import main
code = main(words)
print(json.dumps({"code": code, "llvmlite": sys.modules.get("llvmlite") is not None}))
"""

SMALL = ["--hidden", "8", "--batch", "16", "--epochs", "1", "--held-out", "0.3", "--name", "run"]


def run(how: str, *words: str) -> tuple[str, dict[str, object]]:
    """All that a command says, and its exit code and whether it imported llvmlite."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, how, *words], cwd=ROOT, capture_output=True, text=True, timeout=4 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    *_, report = done.stdout.splitlines()
    return done.stdout + done.stderr, json.loads(report)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("hidden", "llvmlite is not installed"),
        ("other version", "foreign function interface"),
        ("refuses", "llvmlite cannot compile for this CPU: no such CPU"),
    ],
)
def test_without_the_kernels_training_says_so_once_and_runs(tmp_path: Path, how: str, reason: str) -> None:
    said, report = run(how, "train", "aphorisms", *SMALL, "--runs", str(tmp_path))
    assert report["code"] == 0
    assert said.count("without CPU kernels") == 1
    assert reason in said
    assert (tmp_path / "run" / "checkpoints").is_dir()


def test_training_on_a_cpu_uses_the_kernels_and_writing_and_scoring_do_not(tmp_path: Path) -> None:
    said, report = run("", "train", "aphorisms", *SMALL, "--runs", str(tmp_path))
    assert report == {"code": 0, "llvmlite": True}
    assert "without CPU kernels" not in said
    where = [str(tmp_path / "run")]
    assert run("", "write", *where, "--length", "20")[1] == {"code": 0, "llvmlite": False}
    assert run("", "score", *where, "aphorisms")[1] == {"code": 0, "llvmlite": False}
    assert run("", "score", *where, "aphorisms", "--dynamic")[1] == {"code": 0, "llvmlite": False}


def test_a_learner_on_a_gpu_asks_for_no_kernels(two_devices: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from corpora.corpus import Corpus
    from model.recipe import Recipe
    from model.training import learner

    corpus = Corpus("synthetic", "", "ab", np.tile([0, 1], 2000).astype(np.uint8), None, ())
    monkeypatch.setattr(learner.Learner, "platform", "gpu")
    monkeypatch.setattr(learner, "unavailable", lambda: pytest.fail("asked for the kernels"))
    assert learner.Learner(corpus, Recipe(hidden=8, batch=16)).notices == ()
