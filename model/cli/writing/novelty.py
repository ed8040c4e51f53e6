"""`charlstm write --novelty`: how much of a sample is copied from the run's text, and whether it is in a loop.

Where each line is a text by itself: which of the lines that were written stand in the list.
"""

from __future__ import annotations

from typing import Any

from corpora.safe_text import listed
from model.cli.writing.run_text import open_run_text
from model.runs.checkpoint import Checkpoint
from model.runs.folder import Run
from model.writing.novelty.copying import GRAM, CopyIndex, copied
from model.writing.novelty.index import index_of
from model.writing.novelty.listed_lines import LineIndex
from model.writing.novelty.loops import loop_advice, loop_period

_NAMED = 10
"""Lines of the list that are named."""


def open_index(run: Run, checkpoint: Checkpoint) -> CopyIndex | LineIndex:
    """The index of the text that a run was trained on.

    Raises:
        RunError: the text is not at hand; the message says what is needed.
    """
    return index_of(open_run_text(run, checkpoint, "--novelty", "leave out --novelty"))


def novelty_fields(index: CopyIndex | LineIndex, seed: str, text: str) -> dict[str, Any]:
    """For JSON: `copied_share` (null for a text that is too short), `longest_copy`, `copies` and `loop`.

    Copies are [begin, end] in the text, a loop is its period. Of lines: `in_list`, those that stand in the list.
    """
    if isinstance(index, LineIndex):
        return {"in_list": index.listed(text, seed, complete=True).known}
    found = copied(index, text)
    fields = {
        "copied_share": found.share if len(text) >= GRAM else None,
        "longest_copy": found.longest,
        "copies": found.spans,
    }
    return fields | {"loop": loop_period(text)}


def novelty_line(index: CopyIndex, text: str) -> str:
    """For people."""
    if len(text) < GRAM:
        return f"too short to look for copies: {GRAM} characters are needed"
    period = loop_period(text)
    return copied(index, text).phrases[0] + (f"; {loop_advice(text, period)[0]}" if period else "")


def lines_line(index: LineIndex, lines: list[str]) -> str:
    """For people, of all lines that were written: '2 of 20 lines are in the list: Anna, Emil'."""
    found = index.listed("\n".join(lines), complete=True)
    which = f": {listed([*found.known], _NAMED)}" if found.known else ""
    return f"{found.lines} lines, {len(found.known)} of them in the list{which}"
