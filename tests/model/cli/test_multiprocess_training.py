"""One training by many devices and many processes: the same losses as by one, and a sentence when one dies."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpora import catalogue
from model.cli import main
from model.runs.folder import Run
from tests.model.processes import Ended, alone, by_many, end, free_port, here, start, together

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="loopback collectives are tried on Linux alone")

RECIPES = {
    "fast": ["--recipe", "fast", "--hidden", "16", "--batch", "16", "--window", "8", "--epochs", "2"],
    "notebook": ["--recipe", "notebook", "--hidden", "16", "--batch", "32", "--window", "10", "--epochs", "1"],
}
STEPS = 100
ENDLESS = ["--hidden", "8", "--batch", "8", "--window", "8", "--epochs", "100000", "--save-every", "1"]
"""A recipe for trainings that do not end by themselves."""

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small file."""
    path = tmp_path_factory.mktemp("text") / "small.txt"
    path.write_text((Path(catalogue.__file__).parent / "aphorisms.txt").read_text()[:12_000])
    return str(path)


@pytest.fixture(scope="module")
def by_one(two_devices: None, text: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Every recipe, by one device of this process."""
    runs = str(tmp_path_factory.mktemp("by-one"))
    return {
        name: here(text, *recipe, "--devices", "1", "--log-every", "1", "--runs", runs)
        for name, recipe in RECIPES.items()
    }


@pytest.fixture(scope="module")
def by_eight(text: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Every recipe, by eight devices of another process, one after the other."""
    program = (
        "import sys; from model.cli import main\n"
        f"for recipe in {[*RECIPES.values()]}:\n"
        "    code = main([*sys.argv[1:], *recipe])\n"
        "    print(end='\\f', flush=True)\n"
        "    if code: sys.exit(code)"
    )
    runs = str(tmp_path_factory.mktemp("by-eight"))
    ended = alone(text, "--devices", "8", "--log-every", "1", "--runs", runs, program=program)
    assert ended.code == 0, ended.err
    *each, _ = ended.out.split("\f")
    return {name: replace(ended, out=out) for name, out in zip(RECIPES, each, strict=True)}


def assert_same(many: Ended, one: Ended) -> None:
    assert (many.code, one.code) == (0, 0), many.err
    assert len(many.losses) == len(one.losses) >= STEPS
    np.testing.assert_allclose(many.losses, one.losses, rtol=0, atol=1e-5)


# Devices of one machine


@pytest.mark.parametrize("recipe", RECIPES)
def test_eight_devices_train_like_one(recipe: str, by_one: dict[str, Ended], by_eight: dict[str, Ended]) -> None:
    many = by_eight[recipe]
    assert_same(many, by_one[recipe])
    (compiled,) = [event for event in many.events if event["event"] == "compiled"]
    assert compiled["devices"] == 8


# Processes


@pytest.mark.parametrize(("recipe", "processes"), [("notebook", 2), pytest.param("fast", 4, marks=pytest.mark.slow)])
def test_many_processes_train_like_one(
    recipe: str, processes: int, text: str, by_one: dict[str, Ended], tmp_path: Path
) -> None:
    ended = by_many(processes, text, *RECIPES[recipe], "--log-every", "1", "--runs", str(tmp_path), "--name", "many")
    assert_same(ended[0], by_one[recipe])
    assert [(each.code, each.out, each.err) for each in ended[1:]] == [(0, "", "")] * (processes - 1)
    run = Run(tmp_path / "many")
    assert [path.name for path in tmp_path.iterdir()] == ["many"], "one process keeps the run, and no other"
    assert run.load("newest").manifest.progress["devices"] == processes


def test_a_run_resumes_with_another_number_of_processes(text: str, by_one: dict[str, Ended], tmp_path: Path) -> None:
    keeping = ["--runs", str(tmp_path), "--log-every", "1"]
    half = here(text, *RECIPES["fast"], "--devices", "1", *keeping, "--name", "half", "--max-seconds", "0.001")
    assert half.events[-1]["reason"] == "time"
    done = len(half.losses)
    rest = by_many(2, *keeping, "--resume", "half")[0]
    assert rest.code == 0, rest.err
    assert 0 < done < len(by_one["fast"].losses)
    np.testing.assert_allclose(half.losses + rest.losses, by_one["fast"].losses, rtol=0, atol=1e-5)
    (resumed,) = [event for event in rest.events if event["event"] == "resumed"]
    assert "the work of 1 devices is now done by 2" in resumed["notices"][0]


def until_saved(leader: object) -> None:
    """Read what a process prints until its first checkpoint is on the disk."""
    for line in leader.stdout:  # type: ignore[attr-defined]
        if '"saved"' in line:
            return
    pytest.fail("the training ended before anything was saved")


@pytest.mark.parametrize("victim", [pytest.param(1, marks=pytest.mark.slow), 0])
def test_when_a_process_is_killed_the_other_says_so_and_nothing_is_lost(victim: int, text: str, tmp_path: Path) -> None:
    with together(2, text, *ENDLESS, "--runs", str(tmp_path), "--name", "lost", "--heartbeat", "5") as processes:
        until_saved(processes[0])
        processes[victim].kill()
        left = end(processes[1 - victim])
    assert left.code == 3
    assert left.err.startswith(f"charlstm: Process {victim} has died")
    assert left.err.count("\n") == 1, "a sentence, on a line"
    assert "charlstm train --resume" in left.err
    saved = [event["step"] for event in left.events if event["event"] == "saved"] if victim == 1 else []
    assert Run(tmp_path / "lost").load("newest").manifest.step >= max([1, *saved])


@pytest.mark.slow
def test_a_process_that_hangs_is_noticed(text: str, tmp_path: Path) -> None:
    """It lives, and its heart beats, but it never does its share."""
    program = (
        "import sys, threading, model.training.learner as at\n"
        "learn, done = at.Learner.learn, []\n"
        "def hang(self, n):\n"
        "    done.append(n)\n"
        "    if len(done) > 3: threading.Event().wait()\n"
        "    return learn(self, n)\n"
        "at.Learner.learn = hang\n"
        "from model.cli import main; sys.exit(main())"
    )
    shared = [text, *ENDLESS, "--devices", "1", "--runs", str(tmp_path), "--name", "stuck", "--step-timeout", "5"]
    shared += ["--coordinator", f"127.0.0.1:{free_port()}", "--processes", "2"]
    processes = [start([*shared, "--process", "0"]), start([*shared, "--process", "1"], program)]
    ended = [end(process) for process in processes]
    assert [each.code for each in ended] == [3, 3]
    assert ended[0].err.startswith("charlstm: Process 1 hangs: it has not answered for 5 s.")
    # Whether the leader has died or hangs looks the same from there.
    said = ("charlstm: Process 0 has died", "charlstm: Process 0 hangs", "charlstm: Process 0, which")
    assert ended[1].err.startswith(said)


def test_diverged_weights_are_rolled_back_by_all_processes(text: str, tmp_path: Path) -> None:
    """One process's copy of them is spoiled; its gradient spoils all of them."""
    program = (
        "import sys, jax, numpy as np, model.training.learner as at\n"
        "learn, done = at.Learner.learn, []\n"
        "def spoil(self, n):\n"
        "    done.append(n)\n"
        "    if len(done) == 5:\n"
        "        params = jax.tree.map(lambda leaf: np.full(leaf.shape, np.inf, leaf.dtype), self._state.params)\n"
        "        self._state = self._state._replace(params=at.replicate(self.mesh, params))\n"
        "    return learn(self, n)\n"
        "at.Learner.learn = spoil\n"
        "from model.cli import main; sys.exit(main())"
    )
    shared = [text, *RECIPES["fast"], "--devices", "1", "--runs", str(tmp_path), "--name", "spoiled"]
    shared += ["--coordinator", f"127.0.0.1:{free_port()}", "--processes", "2"]
    processes = [start([*shared, "--process", "0"]), start([*shared, "--process", "1"], program)]
    ended = [end(process) for process in processes]
    assert [(each.code, each.err) for each in ended] == [(0, ""), (0, "")]
    (back,) = [event for event in ended[0].events if event["event"] == "rolled_back"]
    assert back["rate_scale"] == 0.5
    assert ended[0].events[-1]["reason"] == "epochs"
    arrays = Run(tmp_path / "spoiled").load("newest").arrays
    assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize("asked", [pytest.param(0, marks=pytest.mark.slow), 1])
def test_asking_one_process_to_stop_stops_all(asked: int, text: str, tmp_path: Path) -> None:
    with together(2, text, *ENDLESS, "--runs", str(tmp_path), "--name", "stopped") as processes:
        until_saved(processes[0])
        processes[asked].send_signal(signal.SIGTERM)
        ended = [end(process) for process in processes]
    assert [each.code for each in ended] == [143 if process == asked else (0, 143)[asked == 0] for process in (0, 1)]
    assert [each.err for each in ended] == ["", ""]
    assert ended[0].events[-1]["reason"] == "stopped"
    assert Run(tmp_path / "stopped").load("newest").manifest.step == ended[0].events[-1]["step"]


@pytest.mark.slow
def test_processes_find_each_other_through_slurm(text: str, tmp_path: Path) -> None:
    job = {"SLURM_JOB_ID": str(free_port()), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2"}
    recipe = [text, *RECIPES["fast"], "--devices", "1", "--runs", str(tmp_path), "--name", "slurm", "--cluster"]
    started = [start(recipe, **job, SLURM_PROCID=each, SLURM_LOCALID=each) for each in ("1", "0")]
    ended = [end(process) for process in started]
    assert [(each.code, each.err) for each in ended] == [(0, ""), (0, "")]
    (compiled,) = [event for event in ended[1].events if event["event"] == "compiled"]
    assert compiled["devices"] == 2


# What cannot be


def test_a_missing_cluster_is_reported(text: str, tmp_path: Path) -> None:
    ended = alone(text, *RECIPES["fast"], "--runs", str(tmp_path), "--cluster")
    assert ended.code == 2
    assert ended.err.startswith("charlstm: --cluster found no processes to join")


def test_another_text_is_refused(text: str, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Something else altogether. " * 500)
    shared = [*RECIPES["fast"], "--runs", str(tmp_path / "runs")]
    shared += ["--coordinator", f"127.0.0.1:{free_port()}", "--processes", "2", "--process"]
    ended = [end(each) for each in [start([text, *shared, "0"]), start([str(other), *shared, "1"])]]
    assert ended[0].code == 2
    assert ended[1].code in (2, 3), "it fails by itself, or because process 0 has"
    assert "Process 1 reads another text than process 0" in ended[0].err


@pytest.mark.parametrize(
    ("process", "sentence"),
    [
        ("0", "Process 1 of 2 did not come to {address} within 0.5 s"),
        ("1", "Process 0 did not answer at {address} within 0.5 s"),
    ],
)
def test_a_process_that_does_not_join_is_named(process: str, sentence: str, text: str, tmp_path: Path) -> None:
    unreachable = f"127.0.0.1:{free_port()}"
    joining = ["--coordinator", unreachable, "--processes", "2", "--process", process, "--join-timeout", "0.5"]
    ended = alone(text, *RECIPES["fast"], "--runs", str(tmp_path), *joining)
    assert ended.code == 3
    assert sentence.format(address=unreachable) in ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--processes", "2"], "--coordinator, --processes and --process belong together"),
        (["--heartbeat", "5"], "--heartbeat is for several processes: give --coordinator"),
        (["--coordinator", "here", "--processes", "2", "--process", "0"], "--coordinator is HOST:PORT"),
        (["--coordinator", "a:99999", "--processes", "2", "--process", "0"], "--coordinator is HOST:PORT"),
        (["--coordinator", "a:1", "--processes", "1", "--process", "0"], "--processes is 2 or more"),
        (["--coordinator", "a:1", "--processes", "2", "--process", "2"], "--process is from 0 to 1"),
        (["--cluster", "--process", "0"], "leave them out"),
        (
            ["--coordinator", "a:1", "--processes", "3", "--process", "1", "--batch", "32"],
            "A batch of 32 does not divide over 3 devices: take --batch 30 or 33, or share it between 2 or 4.",
        ),
        (
            ["--coordinator", "a:1", "--processes", "2", "--process", "0", "--batch", "12", "--devices", "4"],
            "A batch of 12 does not divide over 8 devices: take --batch 8 or 16, or share it between 6 or 12.",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_starts(
    options: list[str], sentence: str, text: str, tmp_path: Path, capsys: Capture
) -> None:
    argv = ["train", text, "--runs", str(tmp_path / "runs"), *options]
    try:
        code = main(argv)
    except SystemExit as error:
        code = error.code  # type: ignore[assignment]
    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
