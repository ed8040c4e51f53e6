"""The form for a new run: its rows, what stands in each, and what is said about the chosen one. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from corpora.catalogue import DEFAULT
from corpora.formats.recognising import TABLE_NAMES, ending
from corpora.safe_text import counted, shown
from model.options.explaining.explanations import find_explanation
from model.options.fields import option_of
from model.options.recipe_options import HEADINGS, help_of
from tui.terminal.glyphs import Glyphs
from tui.views.runs.draft import Draft
from tui.views.runs.form_fields import BESIDE_TEXT, FIELDS, RECIPE_FIELDS, RUN_FIELDS
from tui.widgets.explaining.asking import asks

FIRST = ("network", "tokens", "hidden", "layers", "epochs", "batch", "rate")
"""Fields that are shown at first."""
CHOICE = "choice"
"""The key of a choice in the meta of its style, for clicks."""
_LEAST_NOTE = 24
"""Cells of words behind a value, below which they say too little."""
_ROOMY = 66
"""Cells of a row with room for what a field is."""
_LEAST_ROW = 44
"""Cells of a row, below which it is cut."""
_LABEL = 18
"""Cells of a label, with the sign before it."""

AS_THE_RUN = "as that run"
"""The choice of the recipe of the run that the new one begins from."""
LABELS = {"from_": "begin from", "from_weights": "its weights"}
"""Of fields that are not called as their options are."""

PRESET_WORDS = {
    "": "The recipe of the run that this one begins from; what you set below changes it.",
    "fast": "For a first minute: a small network that reads every character.",
    "best": "For better writing, in minutes: ten times as large, with dropout.",
    "words": "For sentences of words, in a few minutes: 6,000 words, rarer ones spelled out.",
    "notebook": "The exercise as Keras teaches it: windows of 60, RMSprop, 59 epochs.",
}


class FormRow(NamedTuple):
    """A row."""

    kind: Literal["text", "preset", "field", "head", "more", "start"]
    name: str = ""
    """Of the field, or the words of a heading."""


def form_rows(draft: Draft, *, more: bool) -> tuple[FormRow, ...]:
    """The rows, from the top.

    Args:
        draft: fields that it changes are always shown.
        more: whether all fields are shown.
    """
    beside = _beside_text(draft)
    rows = [FormRow("text"), *(FormRow("field", name) for name in beside), FormRow("preset")]
    begin = ["from_", "from_weights"] if draft.text("from_") else ["from_"]
    below = [*begin, *(name for name in FIRST if name in draft.recipe_fields)]
    first = [*beside, *below]
    others = [name for name in RUN_FIELDS if name not in ("from_", "from_weights")]
    every = (*draft.recipe_fields, *others)
    changed = [name for name in every if (draft.changed(name) or draft.fits(name)) and name not in first]
    rows += [FormRow("field", name) for name in (*below, *([] if more else changed))]
    rows.append(FormRow("more"))
    if more:
        for name in draft.recipe_fields:
            if name in HEADINGS:
                rows.append(FormRow("head", HEADINGS[name]))
            if name not in first:
                rows.append(FormRow("field", name))
        rows.append(FormRow("head", "the run"))
        rows += [FormRow("field", name) for name in others]
    return (*rows, FormRow("start"))


def _beside_text(draft: Draft) -> list[str]:
    """The fields that stand beside the text: those that matter to it, or are set."""
    tables = {"column"} if any(ending(each) in TABLE_NAMES for each in draft.corpus) else set()
    return [name for name in BESIDE_TEXT if name in draft.called | tables or draft.changed(name)]


def row_content(row: FormRow, draft: Draft, width: int, signs: Glyphs, *, chosen: bool, more: bool) -> Content:
    """A row in one line.

    Args:
        row: which.
        draft: what stands in it.
        width: cells.
        signs: of the terminal.
        chosen: whether the keys are about it.
        more: whether all fields are shown.
    """
    bold = "bold" if chosen else ""
    pointer = Content.styled(f"{signs.pointer if chosen else ' '} ", "$accent")
    match row.kind:
        case "head":
            return Content.styled(f"  {row.name}", "$text-muted")
        case "more":
            words = "fewer settings" if more else f"more settings: {len(draft.recipe_fields) + len(RUN_FIELDS)} in all"
            return pointer + Content(words).stylize(bold).stylize(asks("recipe"))
        case "start":
            return pointer + Content("Start training").stylize(bold or "$accent").stylize(asks("run"))
        case "text":
            return pointer + _label("text", "corpus", bold) + Content(text_name(draft))
        case "preset":
            return pointer + _label("recipe", "recipe", bold) + _choices(draft.presets, draft.preset)
    wrong = draft.problem(row.name) is not None
    name = LABELS.get(row.name, row.name.replace("_", " "))
    label = _label(name, row.name, bold, changed=draft.changed(row.name))
    if draft.settled(row.name):
        line = pointer + label + Content.styled(draft.text(row.name), "$text-muted")
        return line + _note("  as in the run that it begins from", width - len(line), signs)
    if choices := draft.choices(row.name):
        line, now = pointer + label, draft.text(row.name)
        every = line + _choices(choices, now)
        return every if len(every) <= max(width, _LEAST_ROW) else line + _choices((now,), now)
    text = draft.text(row.name)
    value = Content(shown(text, max(8, width - _LABEL - 4))).stylize("$error bold" if wrong else bold)
    if row.name == "from_" and not text:
        value = Content.styled("(nothing)", "$text-muted")
    value += Content.styled(" ", "reverse") if chosen else Content(" ")
    line = pointer + label + value
    if draft.fits(row.name):
        return line + _note("  fits the size of this text", width - len(line), signs)
    return line + _note(f"  {FIELDS[row.name].metadata['help']}", width - len(line) if width >= _ROOMY else 0, signs)


def _label(text: str, term: str, style: str, *, changed: bool = False) -> Content:
    """A label; a star stands behind that of a field which the user has set."""
    label = Content(f"{text:<{_LABEL - 4}}").stylize(style).stylize(asks(term))
    return label + Content.styled("* " if changed else "  ", "$accent")


def _note(text: str, room: int, signs: Glyphs) -> Content:
    """Words behind a value, as many as there is room for."""
    if cell_len(text) > room:
        text = f"{text[: max(0, room - len(signs.ellipsis))].rpartition(' ')[0]} {signs.ellipsis}"
    return Content.styled(text, "$text-muted") if room >= _LEAST_NOTE else Content("")


def _choices(choices: tuple[str, ...], chosen: str) -> Content:
    """All choices, the chosen one in brackets, each to be clicked."""
    parts = []
    for each in choices:
        on = each == chosen
        name = each or AS_THE_RUN
        part = Content.styled(f"[{name}]", "$accent bold") if on else Content.styled(f" {name} ", "$text-muted")
        parts.append(part.stylize(Style.from_meta({CHOICE: each})))
    return Content(" ").join(parts)


def text_name(draft: Draft) -> str:
    """The text, as the row calls it."""
    return shown(", ".join(draft.corpus), 200) or f"{DEFAULT} (the default)"


def about(row: FormRow, draft: Draft, *, ending: str | None, whole: bool) -> Content:
    """What the chosen row is, or what is wrong in it.

    Args:
        row: which.
        draft: what stands in it.
        ending: the run that is open, which ends before another one begins.
        whole: whether there is room for the whole explanation.
    """
    match row.kind:
        case "text":
            words = "The text to learn from: a named one, a file, a folder, or an address. Type it, or press enter."
            return Content(words) + _explained("corpus", whole)
        case "preset":
            return Content(PRESET_WORDS.get(draft.preset, "")) + _explained("recipe", whole)
        case "more":
            return Content("Enter shows every setting of the recipe and of the run, or only the first ones.")
        case "start":
            if ending is None:
                return Content("Enter begins the run.")
            return Content(f"Enter saves and ends the run {shown(ending, 60)}, then begins this one.")
        case "head":
            return Content("")
    if problem := draft.problem(row.name):
        return Content(problem).stylize("$error")
    if row.name == "from_":
        return Content(from_words(draft)) + _explained(row.name, whole)
    return Content(field_words(row.name, draft)) + _explained(row.name, whole)


def from_words(draft: Draft) -> str:
    """What the run in `from_` is; without one, what to begin from and how to choose it."""
    if draft.origin:
        return draft.origin.words
    if draft.text("from_"):
        return "The run is being looked up."
    if not draft.runs:
        return "--from: begin with the weights of another run. There is none with weights yet."
    runs = counted(len(draft.runs), "run")
    return f"--from: begin with the weights of another run. Left and right choose one of {runs}; or type its name."


def field_words(name: str, draft: Draft) -> str:
    """What a field is, its values in the recipes, and its bounds."""
    if draft.settled(name):
        return f"{option_of(name)}: the weights of the run {shown(draft.text('from_'), 60)} decide it."
    each = FIELDS[name]
    if name not in RECIPE_FIELDS:
        return f"{option_of(name)}: {each.metadata['help']}."
    low, high = each.metadata["low"], each.metadata["high"]
    bounds = ""
    if low is not None and not draft.choices(name):
        bounds = f" From {low:g} to {high:g}." if high is not None and high < 2**31 - 1 else f" At least {low:g}."
    return f"{option_of(name)}: {help_of(each)}.{bounds}"


def _explained(term: str, whole: bool) -> Content:
    explanation = find_explanation(term) if whole else None
    return Content.styled(f"\n\n{explanation.text.replace('`', '')}", "$text-muted") if explanation else Content("")
