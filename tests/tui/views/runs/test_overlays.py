"""Other runs over a chart: which curves are laid over it, under which names."""

from __future__ import annotations

from dataclasses import replace

from model.runs.run_view import RunView
from model.training.events import EpochEnd
from tests.model.runs.test_comparing import compared
from tui.views.runs.overlays import MOST_OVERLAYS, overlays_of, short_names

DATED = [f"nietzsche-fast-2026-11-26-{number}" for number in (1, 2)]


def test_long_names_keep_the_part_that_tells_them_apart() -> None:
    assert short_names(["one", "two"], "…") == ["one", "two"]
    assert short_names(DATED, "…") == ["nietzsche-fast-1", "nietzsche-fast-2"]
    assert short_names(DATED, "…", 12) == ["fast-1", "fast-2"]
    assert short_names(DATED, "…", 5) == ["…st-1", "…st-2"]
    assert short_names(["n60", *DATED], "…", 12) == ["n60", "nietzsche…-1", "nietzsche…-2"]
    lessons = [f"lesson-{lesson}-2026-11-27-1" for lesson in ("collapse", "temperature")]
    assert short_names(lessons, "…", 12) == ["collapse-1", "temperatu…-1"]
    assert short_names(lessons, "…", 7) == ["coll…-1", "temp…-1"]
    assert short_names([f"a-long-name-of-a-text-{recipe}-2026-11-26-1" for recipe in ("fast", "best")], "…", 8) == [
        "fast-1",
        "best-1",
    ]
    days = [f"a-long-name-of-a-text-fast-2026-11-{day}-1" for day in (26, 27)]
    assert short_names(days, "…", 8) == ["11-26-1", "11-27-1"]
    assert short_names([DATED[0]], "...") == ["nietzsche-fast-1"]


def test_curves_keep_the_numbers_of_their_runs_and_there_are_not_too_many() -> None:
    runs = [replace(compared("empty"), view=RunView()), *(compared(f"run-{n}") for n in range(5))]
    runs[1].view.apply(EpochEnd(2, 20, 1.9, 1.4, None, 9.0, 9.0))
    overlays = overlays_of(runs, "this", "…")
    assert [name for name, _ in overlays] == ["1 empty", "2 run-0", "3 run-1"]
    assert len(overlays) == MOST_OVERLAYS
    assert overlays[1].curves.held_out == ((1.0, 1.5), (2.0, 1.4))
