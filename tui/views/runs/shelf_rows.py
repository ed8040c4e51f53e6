"""The list of runs: what stands in each row, what the keys do with a run, and which runs a filter leaves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from corpora.safe_text import shown
from model.runs.housekeeping.run_states import BUSY
from model.runs.housekeeping.run_summary import RunSummary, spelled_size
from model.runs.housekeeping.spelled_times import span
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import ending, fitted
from tui.views import quantities
from tui.views.quantities import Unit
from tui.views.runs.more_epochs import MoreEpochs

_MARGIN, _GAP = 2, 2
"""Cells before each row, and between its columns."""
_NAME, _MOST_NAME = 27, 44
"""Cells of a name, if there is room, and at most."""
_END_OF_NAME = 6
"""Cells of a cut name's end, with the dots."""
_CURVE, _MOST_CURVE = 8, 40
"""Cells of a small curve, at least and at most."""
_FACTS = (("held-out", 8), ("epochs", 9), ("size", 6), ("age", 6), ("state", 10))
_LESS_NEEDED = ("size", "age", "epochs")
"""Columns that a narrow screen leaves out, in this order."""

_OF_A_RUN = ("open", "write-only", "learn-on", "mark", "rename", "delete", "export")
"""Actions that need a run."""

How = Literal["resume", "write", "watch", "return"]
"""How a run is opened: to train on; only to write, as it is; to follow another program; it is open already."""


class Columns(NamedTuple):
    """The columns that fit, and their cells."""

    name: int
    curve: int
    """0 if there is no room for it."""
    facts: tuple[tuple[str, int], ...]


def columns(width: int) -> Columns:
    """The columns of rows of this many cells."""
    facts = [*_FACTS]
    for least in _LESS_NEEDED:
        if _room(width, facts) >= _NAME + _CURVE + _GAP:
            break
        facts = [each for each in facts if each[0] != least]
    room = _room(width, facts)
    if room < 16 + _CURVE + _GAP:
        return Columns(max(8, room), 0, tuple(facts))
    name = max(16, min(_NAME, room - _CURVE - _GAP))
    spare = room - name - _GAP - _CURVE
    longer = min(_MOST_NAME - _NAME, max(0, spare + 1) // 2) if name == _NAME else 0
    return Columns(name + longer, min(_MOST_CURVE, room - name - longer - _GAP), tuple(facts))


def _room(width: int, facts: Sequence[tuple[str, int]]) -> int:
    """Cells for name and curve."""
    return width - _MARGIN - sum(cells + _GAP for _, cells in facts)


def head(at: Columns, unit: Unit = "nats") -> Content:
    """The heads of the columns; that of the held-out loss, with its unit, reaches into the one before it."""
    first, *facts = [f"{name:>{cells}}" if name != "state" else f"{name:<{cells}}" for name, cells in at.facts]
    left = (fitted("run", at.name) + " " * _GAP + "loss" if at.curve else "run") + " " * _GAP
    room = at.name + (_GAP + at.curve) * bool(at.curve) + _GAP + len(first) - len(left)
    spelled = [f"held-out {name}" for name in (quantities.unit_name(unit), unit)] + [quantities.unit_name(unit)]
    first = next((each for each in spelled if len(each) <= room), "held-out")
    return Content(" " * _MARGIN + (" " * _GAP).join([left + first.rjust(room), *facts])).stylize("$text-muted")


def row(
    run: RunSummary,
    at: Columns,
    signs: Glyphs,
    now: float,
    unit: Unit = "nats",
    *,
    here: bool,
    chosen: bool,
    marked: bool = False,
) -> Content:
    """A run in one line; a damaged one says why it cannot be used.

    Args:
        run: the run.
        at: the columns.
        signs: of the terminal.
        now: seconds since 1970.
        unit: of losses.
        here: whether this program has it open.
        chosen: whether the keys are about it.
        marked: whether its curve is laid over that of the run that is open.
    """
    sign = signs.pointer if chosen else " "
    name = Content(_fitted_name(shown(run.name), at.name, signs.ellipsis)).stylize("bold" if chosen else "")
    start = Content.styled(f"{sign}{signs.marked if marked else ' '}", "$accent") + name
    if run.problem:
        rest = at.curve + _GAP * bool(at.curve) + sum(cells + _GAP for _, cells in at.facts) - _GAP
        why = shown(run.problem.removeprefix(f"{run.folder}/"), 500)
        return start + Content(" " * _GAP) + Content.styled(fitted(why, rest, signs.ellipsis), "$error")
    parts = [start]
    if at.curve:
        parts.append(Content.styled(sparkline(run.losses, at.curve, signs.levels), "$accent"))
    for fact, cells in at.facts:
        text = _fact(fact, run, now, unit, here=here)
        alive = fact == "state" and run.state in BUSY
        style = "$secondary" if fact == "held-out" else "$accent" if alive else "$text-muted"
        parts.append(Content.styled(f"{text:<{cells}}" if fact == "state" else f"{text:>{cells}}", style))
    return Content(" " * _GAP).join(parts)


def _fact(fact: str, run: RunSummary, now: float, unit: Unit, *, here: bool) -> str:
    match fact:
        case "held-out":
            return quantities.loss(run.best_held_out, unit)
        case "epochs":
            both = f"{run.epoch}/{run.epochs}"
            return both if len(both) <= dict(_FACTS)["epochs"] else str(run.epoch)
        case "size":
            return spelled_size(run.size)
        case "age":
            return span(now - run.updated) if run.updated else ""
    if here or not run.needs:
        return "open here" if here else _state(run)
    return "edited" if run.edited else "needs text" if run.state == "unfinished" else _state(run)


def _state(run: RunSummary) -> str:
    """In a word; 'open' alone would not say by whom."""
    return "in use" if run.state == "open" else run.state


def sparkline(losses: Sequence[float], cells: int, levels: str) -> str:
    """A small curve in one row. The first tenth, which falls from far above, may leave the range at its top."""
    if not losses:
        return " " * cells
    shown_losses = [losses[round(cell * (len(losses) - 1) / max(1, cells - 1))] for cell in range(cells)]
    low, high = min(losses), max(losses[len(losses) // 10 :])
    scale = (len(levels) - 1) / (high - low) if high > low else 0.0
    return "".join(levels[min(len(levels) - 1, round((loss - low) * scale))] for loss in shown_losses)


def left_by(runs: Sequence[RunSummary], words: str) -> list[RunSummary]:
    """The runs in whose name, corpus, recipe, kind or state each of these words occurs."""
    sought = words.casefold().split()
    return [run for run in runs if all(word in _searched(run) for word in sought)]


def _searched(run: RunSummary) -> str:
    return " ".join(filter(None, (run.name, run.corpus, run.recipe, *run.kind, _state(run)))).casefold()


def marks_words(count: int) -> str:
    """How many runs are marked, and how to unmark them; empty for none."""
    if count < 2:
        return "1 run is marked; space on it takes the mark away" if count else ""
    return f"{count} runs are marked; space on one takes its mark away"


def way_to_open(run: RunSummary, *, here: bool) -> How | None:
    """What Enter does with a run; None where it can only be deleted."""
    if here:
        return "return"
    if run.problem:
        return None
    if run.state in BUSY:
        return "watch"
    return "write" if run.needs or run.state == "finished" else "resume"


def description(run: RunSummary, signs: Glyphs, now: float, unit: Unit) -> str:
    """The facts about a run in a line."""
    facts = [shown(run.corpus or "", 40), shown(run.recipe or "", 40), *run.kind]
    if run.epochs is not None:
        facts.append(f"{run.epoch} of {run.epochs} epochs")
    if run.best_held_out is not None:
        facts.append(f"held-out {quantities.loss_words(run.best_held_out, unit)}")
    facts += [spelled_size(run.size), f"trained {quantities.ago(now - run.updated)}" if run.updated else ""]
    return f" {signs.dot} ".join(filter(None, facts))


def advice(run: RunSummary, *, here: bool, ending: str | None = None) -> str:
    """What Enter does with a run, or why it does nothing, in a sentence or two.

    Args:
        run: the chosen one.
        here: whether this program has it open.
        ending: the run that is trained here, which ends when another one is opened; None if there is none.
    """
    if run.problem:
        return f"It cannot be opened. {shown(run.problem, 1000)}"
    if here:
        return "This run is open here. Enter returns to it."
    ends = f" Opening it first saves and ends {shown(ending, 60)}." if ending else ""
    return _opening(run) + ends


def _opening(run: RunSummary) -> str:
    match way_to_open(run, here=False):
        case "watch":
            does = "has it open" if run.state == "open" else "trains it"
            return f"Another program {does}. Enter watches it: nothing in the run is changed."
        case "resume":
            return "Enter resumes training where it was saved last."
    if run.needs:
        return f"{shown(run.needs, 1000)} Enter only writes with its weights."
    return "Training is complete. Enter writes with its best weights; ctrl+l lets it learn on."


def more_epochs(run: RunSummary) -> MoreEpochs:
    """What is known of a run before it learns on."""
    return MoreEpochs(str(run.folder), run.name, run.epoch, run.epochs or 1, run.seconds_an_epoch, run.trained)


def _fitted_name(name: str, cells: int, dots: str) -> str:
    """A name in exactly so many cells, with its end, which tells it from others of that day."""
    end = ending(name, _END_OF_NAME, dots)[0] if cell_len(name) > cells else ""
    return set_cell_size(name, cells - cell_len(end)) + end


def why_not(identifier: str, run: RunSummary | None, *, here: bool, watched: bool = False) -> str | None:
    """Why a key does nothing with the chosen row, in a sentence; None where it works.

    Args:
        identifier: of an action in `tui.keys.shelf_keys`.
        run: the chosen one; None where the row of a new run is chosen.
        here: whether this program has it open.
        watched: whether it only watches it.
    """
    if identifier not in _OF_A_RUN or (identifier == "open" and not run):
        return None
    if run is None:
        return "Choose a run first."
    if identifier in ("open", "write-only", "learn-on") and run.problem:
        return "This run cannot be opened."
    if identifier == "learn-on":
        if run.state in ("training", "paused"):
            return "It is being trained: it can learn on when that has ended."
        return "Another program has this run open." if run.state == "open" and (watched or not here) else run.needs
    if identifier == "mark" and run.problem:
        return "This run cannot be compared."
    if identifier in ("write-only", "mark") and here:
        return "This run is open here." + " Mark others to compare with it." * (identifier == "mark")
    if identifier in ("rename", "delete", "export"):
        if here:
            return "This run is open here. Open another one first."
        if run.state in BUSY:
            return f"Another program {'has this run open' if run.state == 'open' else 'trains this run'}."
    return None
