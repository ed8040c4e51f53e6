"""What a listing says of a run: its state, its curve, what it needs; the work is bounded for runs of any length."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from model.cli import main
from model.recipe import FAST
from model.runs.files.json_lines import event_record, events_of, to_line
from model.runs.files.long_files import read_lines
from model.runs.folder import Run
from model.runs.housekeeping.own_runs import rename_run
from model.runs.housekeeping.summing_up import LOSSES, sum_up
from model.runs.listing import each_run
from model.runs.run_facts import RunError
from model.training.events import Compiled, EpochEnd, Event, Finished, Paused, RolledBack, Step, Unpaused
from tests.model.runs.made_runs import NOW, begin, create_run, keep

Capture = pytest.CaptureFixture[str]
SHORT = replace(FAST, epochs=2)


def trained(root: Path, epochs: int, steps: int = 10) -> Run:
    """A run of two epochs with a logged loss for each step."""
    run = begin(root, "mine", recipe=SHORT)
    events = [Compiled(1.0, 9, 1, steps, 2, str(run.folder))]
    for epoch in range(1, epochs + 1):
        first = (epoch - 1) * steps
        events += [Step(epoch, step, 4 - step / steps, 0.01) for step in range(first + 1, first + steps + 1)]
        events += [EpochEnd(epoch, epoch * steps, 2.0, 2.0 - epoch / 10, 2.9, 1.0, 100.0)]
    (run.folder / "metrics.jsonl").write_text("".join(to_line(event_record(event)) for event in events))
    if epochs:
        keep(run, epochs * steps, best=True, epoch=epochs)
    return run


def test_a_part_of_an_epoch_counts_as_trained(tmp_path: Path) -> None:
    run = trained(tmp_path, 1)
    run.append_metrics(event_record(Step(2, 15, 2.0, 0.01)))
    keep(run, 15)
    summary = sum_up(run)
    assert (summary.epoch, summary.trained) == (1, 1.5)


@pytest.mark.parametrize(("epochs", "state"), [(0, "unfinished"), (1, "unfinished"), (2, "finished")])
def test_a_run_is_finished_when_no_epoch_is_left(tmp_path: Path, epochs: int, state: str) -> None:
    assert sum_up(trained(tmp_path, epochs)).state == state


def test_the_state_of_a_run_is_the_same_word_wherever_it_is_told(tmp_path: Path, capsys: Capture) -> None:
    run = trained(tmp_path, 1)

    def told() -> set[str]:
        assert main(["steer", str(run.folder), "--json"]) == 0
        return {json.loads(capsys.readouterr().out)["state"], sum_up(run).state}

    def go_on(*events: Event) -> None:
        for event in events:
            run.append_metrics(event_record(event))

    end = Finished("stopped", 1, 10, 1.0, None, None, None)
    with run.lock():
        assert told() == {"training"}
        go_on(Paused(10))
        assert told() == {"paused"}
        go_on(Unpaused(10), end)
        assert told() == {"open"}
        with pytest.raises(RunError, match=r"trains the run .* or has it open"):
            rename_run(run, "other")
    assert told() == {"unfinished"}
    assert main(["steer", str(run.folder)]) == 0
    assert "unfinished (stopped), epoch 1" in capsys.readouterr().out
    go_on(replace(end, reason="diverged"))
    assert told() == {"diverged"}
    go_on(replace(end, reason="epochs", epoch=2))
    assert told() == {"finished"}


def test_looking_at_a_run_leaves_no_file_behind(tmp_path: Path) -> None:
    run = trained(tmp_path, 1)
    before = sorted(run.folder.rglob("*"))
    sum_up(run)
    assert sorted(run.folder.rglob("*")) == before


def test_the_curve_is_short_and_falls_as_the_losses_did(tmp_path: Path) -> None:
    losses = sum_up(trained(tmp_path, 2, steps=2000)).losses
    assert len(losses) <= LOSSES
    assert list(losses) == sorted(losses, reverse=True)
    assert losses[0] == pytest.approx(4, abs=0.1)
    assert losses[-1] == pytest.approx(2, abs=0.1)


def test_only_steps_are_left_out_and_the_last_one_stays() -> None:
    steps = [to_line(event_record(Step(1, step, 2.0, 0.01))) for step in range(1, 1001)]
    others = [to_line(event_record(RolledBack(500, 400, 0, "a spike", 0.5)))]
    data = "".join([*steps[:500], *others, *steps[500:]]).encode()
    kept = [event for event, _ in events_of(b"".join(read_lines(io.BytesIO(data), most_steps=100).lines))]
    assert 100 <= len(kept) <= 204
    assert [event for event in kept if not isinstance(event, Step)] == [RolledBack(500, 400, 0, "a spike", 0.5)]
    assert kept[-1] == Step(1, 1000, 2.0, 0.01)
    assert b"".join(read_lines(io.BytesIO(data), most_steps=1000).lines) == data


@pytest.mark.parametrize("spec", [["-"], ["/nowhere/book.txt"], ["nietzsche", "/nowhere/book.txt"]])
def test_what_a_run_needs_to_go_on_is_said_with_the_command(tmp_path: Path, spec: list[str]) -> None:
    run = create_run(tmp_path, "mine", "book", "fast", SHORT, NOW, spec)
    (summary,) = each_run(tmp_path, ("charlstm-tui",))
    assert summary.needs
    assert summary.needs.endswith(f": charlstm-tui TEXT --resume {run.folder}")


def test_a_text_that_is_there_or_can_be_downloaded_is_nothing_that_a_run_needs(tmp_path: Path) -> None:
    book = tmp_path / "book.txt"
    book.write_text("text")
    for name, spec in {"a": [str(book)], "b": ["nietzsche"], "c": ["https://example.org/book.txt"]}.items():
        create_run(tmp_path / "runs", name, "book", "fast", SHORT, NOW, spec)
    assert [summary.needs for summary in each_run(tmp_path / "runs")] == [None] * 3
