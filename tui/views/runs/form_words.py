"""What the form for a new run says of its text, of what the run will cost, and of what would help. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from corpora.safe_text import shown
from model.preparing.estimate import Advice, Estimate
from tui.terminal.glyphs import Glyphs
from tui.views.runs.draft import Draft
from tui.widgets.explaining.asking import asking_words, asks


def text_words(title: str, estimate: Estimate | None, notes: Sequence[str], otherwise: str, *, wrong: bool) -> Content:
    """What was made of the text, or why it is not there.

    Args:
        title: of the text; empty if it is not there.
        estimate: if it has been made.
        notes: what was detected and changed.
        otherwise: what is said in its place.
        wrong: whether that is an error.
    """
    if not title:
        return Content.styled(shown(otherwise, 1000), "$error" if wrong else "")
    facts = f"{estimate.text}." if estimate else ""
    said = Content(f"{shown(title, 100)}{': ' if facts else ''}{facts} {' '.join(shown(note, 400) for note in notes)}")
    return asking_words(said, "characters", "distinct", "held out")


def cost_words(estimate: Estimate | None, draft: Draft) -> Content:
    """What the run will cost, in two sentences."""
    if draft.problems:
        return Content("")
    if estimate is None or estimate.cost is None:
        return Content("")
    limit = draft.text("max_seconds")
    time, size = estimate.within(float(limit) if limit else None).lines[:2]
    lines = Content(time).stylize("bold").stylize(asks("epoch")) + Content(f"\n{size}")
    return asking_words(lines, "parameters", "steps")


def advice_words(estimate: Estimate | None, signs: Glyphs, *, every: bool = True) -> Content:
    """What is not as it should be, and the key that sets what helps.

    Args:
        estimate: if it has been made.
        signs: of the terminal.
        every: whether there is room for more than the first piece of advice.
    """
    advice = estimate.advice if estimate else ()
    followed = next((each for each in advice if each.changes), None)
    said = []
    for each in advice if every else advice[:1]:
        then = "" if each is followed else "Then "
        key = Content(f" {then}") + _sets(each) if each.changes else Content("")
        said.append(Content(f"{signs.pointer} {shown(each.sentence, 600)}") + key)
    if more := len(advice) - len(said):
        said[-1] += Content.styled(f" ({more} more {'piece' if more == 1 else 'pieces'} of advice", "$text-muted")
        if followed is not None and followed is not advice[0]:
            said[-1] += Content.styled("; ", "$text-muted") + _sets(followed)
        said[-1] += Content.styled(")", "$text-muted")
    return Content("\n").join(said)


def _sets(advice: Advice) -> Content:
    """The key, and the options that it sets."""
    return Content.styled("ctrl+a", "$accent") + Content(f" sets {advice.options}")
