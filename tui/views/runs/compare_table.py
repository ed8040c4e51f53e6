"""The table of runs that are compared: what each has reached, what differs, what must be known of the losses. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from corpora.safe_text import shown
from model.runs.housekeeping.compared_run import UNKNOWN, ComparedRun, differences, notes, nothing_differs
from model.runs.housekeeping.run_states import ended
from model.runs.housekeeping.spelled_times import duration
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import fitted, wrap_sentence
from tui.views import quantities
from tui.views.quantities import Unit
from tui.views.runs.overlays import short_names
from tui.widgets.explaining.asking import asking

COLOURS = ("$accent", "$chart-1", "$chart-2", "$chart-3")
"""Of the run that the others are laid over, and of the others, as in the chart."""

_LABEL, _LEAST_LABEL = 16, 11
"""Cells of the first column, and the least that it has where the others need them."""
_COLUMN = 12
"""Cells that each other column should have."""
_LONGEST_NAME = 24
"""Cells of a name in the head; it stands over the chart, too."""


def compare_table(runs: Sequence[ComparedRun], width: int, unit: Unit, signs: Glyphs) -> list[Content]:
    """Lines of at most `width` cells: a column for each run, which the first line names, and a row for each fact."""
    label, cells = _columns(runs, width)

    def line(name: str, values: Sequence[str], *, styles: Sequence[str] = (), terms: Sequence[str] = ()) -> Content:
        head = asking(fitted(name, label - 1, signs.ellipsis) + " ", *(terms or (name,))).stylize("$text-muted")
        parts = [
            Content.styled(fitted(shown(value), cells, signs.ellipsis) + " ", style)
            for value, style in zip(values, styles or [""] * len(values), strict=True)
        ]
        return Content("").join([head, *parts])

    loss = "loss" if unit == "nats" else quantities.unit_name(unit)
    rows = [
        line("", column_names(runs, width, signs), styles=[f"{colour} bold" for colour in COLOURS[: len(runs)]]),
        line("epochs", [_epochs(run) for run in runs]),
        line(f"best {loss}", [quantities.loss(run.best_loss, unit) for run in runs], terms=("held-out",)),
        line("parameters", [UNKNOWN if run.parameters is None else f"{run.parameters:,}" for run in runs]),
        line("time", [UNKNOWN if run.seconds is None else duration(run.seconds) for run in runs]),
        line("state", [_state(run) for run in runs], terms=("run",)),
    ]
    found = differences(runs)
    if found:
        rows.append(asking("What differs", "compare").stylize("bold"))
        rows += [line(name, values) for name, values in found]
    else:
        rows.append(Content(nothing_differs(runs)))
    for sentence in notes(runs):
        rows += [Content(""), *(Content.styled(row, "$warning") for row in wrap_sentence(sentence, max(10, width)))]
    return rows


def headings(runs: Sequence[ComparedRun], cells: int, signs: Glyphs) -> list[str]:
    """The name of each run, behind the number of its curve; the first has none."""
    names = short_names([run.name for run in runs], signs.ellipsis, max(3, cells - 2))
    return [f"{number} {name}" if number else name for number, name in enumerate(names)]


def column_names(runs: Sequence[ComparedRun], width: int, signs: Glyphs) -> list[str]:
    """The headings of a table of this width, also for the chart; where a name would be cut, the numbers alone."""
    cells = min(_LONGEST_NAME, _columns(runs, width)[1])
    whole = headings(runs, cells, signs)
    if any(signs.ellipsis in each or cell_len(each) > cells for each in whole):
        return ["first", *(str(number) for number in range(1, len(runs)))]
    return whole


def _columns(runs: Sequence[ComparedRun], width: int) -> tuple[int, int]:
    """Cells of the first column, with a space, and of each other one, without it."""
    label = max(_LEAST_LABEL, min(_LABEL, width - len(runs) * _COLUMN))
    return label, max(2, (width - label) // max(1, len(runs)) - 1)


def _epochs(run: ComparedRun) -> str:
    summary = run.summary
    return f"{summary.epoch}/{summary.epochs}" if summary.epochs else str(summary.epoch)


def _state(run: ComparedRun) -> str:
    """In a word; of a run that is open here or elsewhere, how far it is."""
    return ended(run.view, run.summary.epochs) if run.summary.state == "open" else run.summary.state
