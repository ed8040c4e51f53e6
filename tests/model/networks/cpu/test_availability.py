"""Training where the kernels cannot be used, and what never needs them, in fresh interpreters."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.recipe import Recipe
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[4]


def tiny() -> Corpus:
    return Corpus("synthetic", "", "ab", np.tile([0, 1], 2000).astype(np.uint8), None, ())


RUN = """
import json, sys
how, *lines = sys.argv[1:]
if how == "hidden":
    sys.modules["llvmlite"] = None
from model.cli import main
codes = [main(line.split("\t")) for line in lines]
print(json.dumps({"codes": codes, "llvmlite": sys.modules.get("llvmlite") is not None}))
"""

SMALL = ["--hidden", "8", "--batch", "16", "--epochs", "1", "--held-out", "0.3", "--name", "run"]


def run(how: str, *commands: list[str]) -> tuple[str, dict[str, object]]:
    """All that commands say, and their exit codes and whether they imported llvmlite."""
    lines = map("\t".join, commands)
    done = subprocess.run(
        [sys.executable, "-c", RUN, how, *lines], cwd=ROOT, capture_output=True, text=True, timeout=4 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    *_, report = done.stdout.splitlines()
    return done.stdout + done.stderr, json.loads(report)


def test_without_the_kernels_training_says_so_once_and_runs(tmp_path: Path) -> None:
    said, report = run("hidden", ["train", "aphorisms", *SMALL, "--runs", str(tmp_path)])
    assert report["codes"] == [0]
    assert said.count("without CPU kernels") == 1
    assert "llvmlite is not installed" in said
    assert (tmp_path / "run" / "checkpoints").is_dir()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("other version", "foreign function interface"),
        ("refuses", "llvmlite cannot compile for this CPU: no such CPU"),
    ],
)
def test_training_says_why_the_kernels_cannot_be_used(
    how: str, reason: str, two_devices: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model.networks.cpu import availability, ffi_handler, lstm_kernels
    from model.training import learner

    def refuse() -> None:
        raise RuntimeError("no such CPU")

    if how == "refuses":
        monkeypatch.setattr(lstm_kernels, "compile_now", refuse)
    else:
        monkeypatch.setattr(ffi_handler, "ffi_version", lambda: (1, 0))
    monkeypatch.setattr(learner, "unavailable", availability.unavailable.__wrapped__)  # which remembers nothing
    (said,) = learner.Learner(tiny(), Recipe(hidden=8, batch=16)).notices
    assert "without CPU kernels" in said
    assert reason in said


def test_training_on_a_cpu_uses_the_kernels_and_writing_and_scoring_do_not(tmp_path: Path) -> None:
    said, report = run("", ["train", "aphorisms", *SMALL, "--runs", str(tmp_path)])
    assert report == {"codes": [0], "llvmlite": True}
    assert "without CPU kernels" not in said
    where = str(tmp_path / "run")
    _, report = run(
        "", ["write", where, "--length", "20"], *(["score", where, "aphorisms", *how] for how in ([], ["--dynamic"]))
    )
    assert report == {"codes": [0, 0, 0], "llvmlite": False}


def test_a_learner_on_a_gpu_asks_for_no_kernels(two_devices: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.training import learner

    monkeypatch.setattr(learner.Learner, "platform", "gpu")
    monkeypatch.setattr(learner, "unavailable", lambda: pytest.fail("asked for the kernels"))
    assert learner.Learner(tiny(), Recipe(hidden=8, batch=16)).notices == ()


@pytest.mark.parametrize(
    ("processor", "features", "network", "slower"),
    [
        ("x86_64", {"avx2": True, "avx512bf16": False}, "lstm", True),
        ("AMD64", {"avx512f": True}, "gru", True),
        ("x86_64", {"avx512bf16": True}, "lstm", True),
        ("x86_64", {"avx512bf16": True}, "gru", False),
        ("x86_64", {"avx512bf16": True, "amx-bf16": True}, "lstm", False),
        ("arm64", {}, "lstm", False),  # not known
    ],
)
def test_where_bfloat16_is_slower_that_is_said_before_training(
    processor: str,
    features: dict[str, bool],
    network: str,
    slower: bool,
    two_devices: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import llvmlite.binding as llvm

    from model.networks.cpu import availability
    from model.preparing import advice
    from model.training import learner

    monkeypatch.setattr(availability.platform, "machine", lambda: processor)
    monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: features)
    for each in (learner, advice):
        monkeypatch.setattr(each, "slower_with", availability.slower_with.__wrapped__)
    narrow = Recipe(network=network, hidden=8, batch=16, precision="bfloat16")
    said = learner.Learner(tiny(), narrow).notices
    assert [each.startswith("On this processor bfloat16 trains more slowly than float32") for each in said] == [
        True
    ] * slower
    advised = [each.sentence for each in advice.advise(tiny(), narrow) if each.changes == {"precision": "float32"}]
    assert advised == list(said)
    assert learner.Learner(tiny(), replace(narrow, precision="float32")).notices == ()
