"""The list of runs at several sizes, without colour and in ASCII, character for character."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from model.runs.housekeeping.run_summary import RunSummary
from tests.tui.driving import drive, until_shown
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.test_snapshots import SIZES, as_kept, plain, with_marks
from tests.tui.views.runs.test_shelf_rows import DAMAGED, RUN
from tui.engine.runs.shelf import Shelf
from tui.launch import Launch

CURVE = tuple(1.5 + 2.5 / (1 + step / 4) for step in range(48))
RUNS = (
    replace(RUN, name="shakespeare-best-2026-11-25-1", corpus="shakespeare", state="training", losses=CURVE[:20]),
    replace(DAMAGED, name="old", updated=900.0),
    replace(RUN, losses=CURVE),
    replace(RUN, name="notes", state="finished", epoch=16, losses=CURVE[::-1], best_held_out=None, size=950_000),
)


class FixedShelf(Shelf):
    """Always the same runs."""

    def has_runs(self) -> bool:
        return True

    def read(self, take: Callable[[Sequence[RunSummary]], object], known: Sequence[RunSummary] = ()) -> None:
        take(RUNS)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("shelf", "80x24"),
        ("shelf", "120x40"),
        ("shelf", "200x60"),
        ("no-color-shelf", "80x24"),
        ("ascii-shelf", "80x24"),
    ],
)
def test_the_list_of_runs_is_as_it_was(name: str, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("shelf_screen", "looking_at_runs"):
        monkeypatch.setattr(f"tui.screens.shelf.{module}.time", SimpleNamespace(time=lambda: 4600.0))
    if name.startswith("no-color"):
        monkeypatch.setenv("NO_COLOR", "1")
    launch = Launch(ascii=name.startswith("ascii"), choose_run=True)
    shown = with_marks if name.startswith("no-color") else plain

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_shown(pilot, "Enter resumes training")
        await as_kept(f"{name}-{size}", lambda: shown(pilot.app))

    drive(scenario, size=SIZES[size], launch=launch, shelf=FixedShelf(launch))
