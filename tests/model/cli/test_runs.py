"""`charlstm runs`: the list of runs, and renaming and deleting them."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.cli import main
from model.cli.console import plain
from model.recipe import FAST
from model.runs.files.json_lines import event_record
from model.runs.housekeeping.run_summary import spelled_size
from model.training.events import EpochEnd
from tests.model.cli.answers import Capture, records, refused
from tests.model.runs.made_runs import create_run, keep


def test_an_empty_list_of_runs_is_explained(capsys: Capture, tmp_path: Path) -> None:
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert f"Begin one: charlstm train --runs {tmp_path}\n" in capsys.readouterr().out
    assert main(["runs", "--runs", str(tmp_path), "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_runs_are_listed_and_broken_ones_say_so(capsys: Capture, tmp_path: Path) -> None:
    run = create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    run.append_metrics(event_record(EpochEnd(3, 30, 2.0, 1.5, 2.164, 1.0, 100.0)))
    keep(run, 30, best=True, epoch=3, recipe=FAST)
    gru = create_run(tmp_path, None, "nietzsche", "fast", replace(FAST, network="gru"), datetime.now(UTC)).name
    (tmp_path / "odd\x1b[2J").mkdir()
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    listed = capsys.readouterr().out
    assert plain(listed) == listed
    (line,) = [line for line in listed.splitlines() if line.startswith("first")]
    assert {"nietzsche", "fast", f"3/{FAST.epochs}", "1.5000", "2.164"} <= set(line.split())
    assert "nietzsche  fast gru  0/8" in listed
    assert "damaged" in listed
    assert "recipe.toml cannot be read" in listed
    assert main(["runs", "--runs", str(tmp_path), "--json"]) == 0
    found = {record["run"]: record for record in records(capsys.readouterr().out)}
    assert found["first"]["best_held_out"] == 1.5
    assert [found[gru][name] for name in ("kind", "network", "tokens")] == [["gru"], "gru", "characters"]
    assert found["odd\x1b[2J"]["problem"]


def test_each_run_is_a_line_whatever_its_corpus_is_called(capsys: Capture, tmp_path: Path) -> None:
    create_run(tmp_path, "first", "two\nlines\tand\x1b[2J", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("\n") == 2


@pytest.mark.parametrize("number", ["1" + "0" * 400, "Infinity", "NaN", "-Infinity", "true", '"1.5"'])
def test_impossible_numbers_are_left_out_of_the_listing(capsys: Capture, tmp_path: Path, number: str) -> None:
    run = create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    line = '{"event": "epoch_end", "epoch": %s, "step": 20, "loss": 2, "held_out": %s, "bpc": 2, "seconds": 1, %s}\n'
    rest = '"characters_per_second": 10'
    (run.folder / "metrics.jsonl").write_text(line % (number, number, rest) + line % (2, 1.5, rest))
    keep(run, 20, best=True, epoch=2)
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert {f"2/{FAST.epochs}", "1.5000"} <= set(capsys.readouterr().out.split())


@pytest.fixture
def kept(tmp_path: Path) -> list[str]:
    """Where a run called first is kept, as options."""
    create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    return ["--runs", str(tmp_path)]


def names(kept: list[str]) -> list[str]:
    return sorted(path.name for path in Path(kept[1]).iterdir())


@pytest.mark.parametrize("before", [True, False])
def test_runs_rename_renames_a_run(capsys: Capture, kept: list[str], before: bool) -> None:
    order = [*kept, "rename", "first", "second"] if before else ["rename", "first", "second", *kept]
    assert main(["runs", *order]) == 0
    assert capsys.readouterr().out == "first is now second.\n"
    assert main(["runs", "rename", "second", "third", *kept, "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    assert (record["event"], record["run"], record["name"]) == ("renamed", "second", "third")
    assert names(kept) == ["third"]


def test_a_run_is_deleted_and_what_is_free_is_said(capsys: Capture, kept: list[str]) -> None:
    size = sum(path.stat().st_size for path in Path(kept[1], "first").rglob("*") if path.is_file())
    assert main(["runs", "delete", "first", "--yes", *kept, "--json"]) == 0
    assert records(capsys.readouterr().out) == [{"event": "deleted", "run": "first", "freed": size}]
    create_run(Path(kept[1]), "second", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    assert main(["runs", "delete", "second", "--yes", *kept]) == 0
    assert capsys.readouterr().out == f"Deleted second: {spelled_size(size)} freed.\n"
    assert names(kept) == []


def test_without_a_terminal_nothing_is_deleted_unasked(capsys: Capture, kept: list[str]) -> None:
    assert "confirm with --yes" in refused(["runs", "delete", "first", *kept], capsys)
    assert names(kept) == ["first"]


@pytest.mark.parametrize(
    ("answer", "gone"), [("y", True), ("YES ", True), ("n", False), ("", False), ("yesterday", False)]
)
def test_on_a_terminal_deleting_asks_first(
    capsys: Capture, kept: list[str], monkeypatch: pytest.MonkeyPatch, answer: str, gone: bool
) -> None:
    typed = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["runs", "delete", "first", *kept]) == (0 if gone else 1)
    said = capsys.readouterr()
    assert said.err.startswith("Delete the run first (nietzsche, 0 epochs, ")
    assert said.err.endswith(") for good? [y/N] ")
    assert said.out.startswith("Deleted first" if gone else "Nothing was deleted.")
    assert names(kept) == ([] if gone else ["first"])


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (["rename", "frist", "second"], "Did you mean first?"),
        (["rename", "first", "../second"], "'second' would do"),
        (["rename", "first", "latest"], "choose another name"),
        (["rename", "first", "first"], "already"),
        (["delete", "../first", "--yes"], "no run"),
        (["delete", "latest", "--yes"], "Give the run's own name, not 'latest': the run trained last is first."),
        (["rename", "latest", "second"], "the run trained last is first."),
        (["delete", "\x1b[2J", "--yes"], "no run"),
    ],
)
def test_an_impossible_rename_or_delete_is_explained_in_one_sentence(
    capsys: Capture, kept: list[str], order: list[str], said: str
) -> None:
    assert said in refused(["runs", *order, *kept], capsys)
    assert names(kept) == ["first"]


@pytest.mark.parametrize("command", [["write", "first"], ["score", "first", "aphorisms"]])
def test_an_unusable_run_is_explained_in_one_sentence(command: list[str], capsys: Capture, tmp_path: Path) -> None:
    where = ["--runs", str(tmp_path)]
    assert "no run" in refused([*command, *where], capsys)
    create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    assert "no checkpoint yet" in refused([*command, *where], capsys)


def test_a_run_is_exported_into_the_current_folder(
    capsys: Capture, kept: list[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)
    assert main(["runs", "export", "first", *kept]) == 0
    assert capsys.readouterr().out.startswith("first is in first.zip.")
    assert main(["runs", "export", "first", "--json", *kept]) == 0
    assert records(capsys.readouterr().out) == [
        {"event": "exported", "run": "first", "file": str(here / "first-2.zip")}
    ]
    assert sorted(path.name for path in here.iterdir()) == ["first-2.zip", "first.zip"]


def test_the_state_of_each_run_is_listed_and_what_it_needs(capsys: Capture, tmp_path: Path) -> None:
    create_run(tmp_path, "piped", "stdin", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC), ["-"])
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    listed = capsys.readouterr().out
    assert "unfinished" in listed
    assert "piped: It was trained on standard input. To open it, give the text again: charlstm train TEXT" in listed
