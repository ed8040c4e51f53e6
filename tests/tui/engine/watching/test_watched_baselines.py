"""The baselines of a run that is watched."""

from __future__ import annotations

from pathlib import Path

from model.baselines.baseline_file import TextIdentity, write_baselines
from model.training.events import Baselines, CorpusReady
from tests.tui.engine.watching.test_follower import Watch

READY = CorpusReady("book", "Book", 1000, 300, 50, 900, 100, ())
TEXT = TextIdentity("ab" * 32, 900, 100, "characters")
LADDER = Baselines(4.0, (3.0, 2.4), 900)


def test_baselines_are_told_once_when_the_run_has_them(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.write(READY)
    assert LADDER not in watch.look()
    write_baselines(watch.run.folder, TEXT, LADDER)
    assert watch.look().count(LADDER) == 1
    assert LADDER not in watch.look()
    assert [line.nats for line in watch.view.lines] == [4.0, 3.0, 2.4]


def test_baselines_that_are_there_already_come_with_the_history(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.write(READY)
    write_baselines(watch.run.folder, TEXT, LADDER)
    watch.look()
    assert watch.view.overtaking.baselines == LADDER
    assert len(watch.view.lines) == 3
