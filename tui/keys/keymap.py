"""The one table of what keys do: bindings, footer, help screen, command palette and the README are made from it.

To add a key, add a row here and a method `action_<id>` to a class in `tui.screens.key_actions`. For a setting of the
sampling, the row alone is enough, with `screen.step_sampling`. A key that steers training works for a watched run, too,
if `model.training.steering.requests` knows its command; otherwise it goes into NOT_ASKED, and is left out there. Where
the key means nothing in some state of the program, `tui.keys.refusals` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from textual.binding import Binding

from tui.keys.action import (
    EPOCHS,
    ODDS,
    PROGRAM,
    READING,
    RUNS,
    SAMPLE,
    STREAMS,
    TEMPERATURE,
    TRAINING,
    WRITING,
    Action,
    shown_key,
)

MOST_TEMPERATURES = 10
"""As many as there are digit keys; a recipe may have more."""

COPY_OR_QUIT = "ctrl+c"
"""Copies the selected text, as everywhere in Textual; the app quits with it when nothing is selected."""

NOT_ASKED = frozenset({"hold"})
"""What no other program can be asked for: its training waits for samples that its own screen writes."""

_WATCHING = {
    "pause-training": "Ask the program that trains to pause or resume.",
    "checkpoint": "Ask the program that trains to save a checkpoint now.",
    "write-now": "Ask the program that trains for samples now; if none does, start one with the weights saved last.",
    "save": "Save the selected stream's sample to a new file in the current folder.",
    "quit": "Quit; the run continues without this program.",
}
"""What some keys do when the program only watches a run."""

# fmt: off
# A table of rows, two lines at most where that is possible.
_ACTIONS = (
    Action("cooler", ("minus",), "Cooler", "Lower the temperature by 0.05: safer, more repetitive text.",
           TEMPERATURE, "temperature", 0, "screen.step_sampling('temperature', -1)"),
    Action("warmer", ("plus", "equals_sign"), "Warmer",
           "Raise the temperature by 0.05: bolder text, more mistakes.",
           TEMPERATURE, "temperature", 0, "screen.step_sampling('temperature', 1)"),
    Action("samplers", ("m",), "Samplers", "Open or close the panel of samplers: top-k, top-p, min-p and others.",
           TEMPERATURE, "samplers", 5),
    Action("next-stream", ("tab",), "Next stream", "Select the next stream; a click selects one, too.",
           STREAMS, "stream", 4, "screen.select_stream(1)"),
    Action("previous-stream", ("shift+tab",), "Previous stream", "Select the stream before.",
           STREAMS, action="screen.select_stream(-1)"),
    Action("same-for-all", ("a",), "The same sampling for all", "Set the selected stream's sampling for all streams.",
           STREAMS, "to all", 9),
    Action("zoom", ("z",), "Zoom", "Show the selected stream alone, or all streams again.", STREAMS, "zoom", 6),
    Action("pause-writing", ("space",), "Pause or resume writing", "Pause or resume writing.", WRITING, "pause", 2),
    Action("write-one", ("s",), "Write one token", "Write one token, such as a character, while writing is paused.",
           WRITING, "step", 4),
    Action("reseed", ("r",), "Reseed", "Start the samples again from another random place in the corpus.",
           WRITING, "reseed", 4),
    Action("seed", ("e",), "Type a seed",
           "Type or paste a seed for the model to continue; while you look at epochs, for all of them.",
           WRITING, "seed", 6),
    Action("pin", ("i",), "Pin the seed",
           "Let all samples and every epoch continue the seed that is shown, or random ones again.",
           WRITING, "pin seed", 8),
    Action("write-now", ("g",), "Write now", "Start new samples now, with the current weights.",
           WRITING, "write now", 7),
    Action("weights", ("b",), "Best or newest weights",
           "Switch between best and newest weights, from the next sample on.", WRITING, "best weights", 10),
    Action("slower", ("left_square_bracket",), "Slower", "Halve the writing speed; below the slowest, it is automatic.",
           WRITING, "speed", 8),
    Action("faster", ("right_square_bracket",), "Faster", "Double the writing speed; the last step has no limit.",
           WRITING, "speed", 8),
    Action("epoch-before", ("comma",), "Epoch before",
           "Show what the epoch before wrote: every epoch continues one seed, with one noise.",
           EPOCHS, "epochs", 4, "screen.walk('before')"),
    Action("epoch-after", ("full_stop",), "Epoch after", "Show the epoch after; behind the last is the live text.",
           EPOCHS, "epochs", 4, "screen.walk('after')"),
    Action("first-epoch", ("less_than_sign",), "First epoch", "Show what the first epoch wrote.",
           EPOCHS, action="screen.walk('first')"),
    Action("last-epoch", ("greater_than_sign",), "Last epoch", "Show what the last complete epoch wrote.",
           EPOCHS, action="screen.walk('last')"),
    Action("odds", ("o",), "Odds", "Show or hide the odds of the selected stream's next token.", ODDS, "odds", 3),
    Action("colour", ("c",), "Colour",
           "Colour the text by surprisal, entropy or a unit, underline what is copied, or none of these.",
           ODDS, "colour", 5),
    Action("baseline", ("B",), "Baseline's writing",
           "Show what counting writes from the same seed: order 0, then 1 and so on to 5, then none.",
           ODDS, "baseline", 11),
    Action("units", ("f",), "Units",
           "Open or close the panel of units: what single units of the network follow; one colours the text.",
           ODDS, "units", 10),
    Action("score", ("v",), "Score a text", "Type or paste a text to see where it surprises the model.",
           ODDS, "score", 10),
    Action("cursor-back", ("left",), "Go back",
           "While writing is paused, go back through the text; a click goes to a place, too.",
           ODDS, "cursor", 2, "screen.move_cursor(-1)"),
    Action("cursor-on", ("right",), "Go on", "While writing is paused, go on through the text.",
           ODDS, "cursor", 2, "screen.move_cursor(1)"),
    Action("choose", ("enter",), "Choose",
           "At the cursor, go on with the marked row; a digit or a click chooses one, too.", ODDS, "choose", 1),
    Action("undo", ("u",), "Undo a branch", "Return to the text before the last choice.", ODDS, "undo", 1),
    Action("redo", ("U",), "Redo a branch", "Return to the text that undo left.", ODDS, "redo", 3),
    Action("live", ("escape",), "Live text",
           "Return from an epoch, or from the cursor, to the text as it is written; or close the baseline.", ODDS,
           "back", 1),
    Action("up", ("up",), "Line up", "Scroll the selected stream up a line; at the cursor, mark the row above.",
           READING, action="screen.look('up')"),
    Action("down", ("down",), "Line down", "Scroll down a line; at the cursor, mark the row below.",
           READING, action="screen.look('down')"),
    Action("page-up", ("pageup",), "Page up", "Scroll up a page.", READING, action="screen.look('page_up')"),
    Action("page-down", ("pagedown",), "Page down", "Scroll down a page.", READING, action="screen.look('page_down')"),
    Action("home", ("home",), "Oldest text", "Scroll to the oldest text.", READING, action="screen.look('home')"),
    Action("end", ("end",), "Newest text", "Scroll to the newest text and follow it.",
           READING, action="screen.look('end')"),
    Action("pause-training", ("p",), "Pause or resume training", "Pause or resume training.",
           TRAINING, "pause training", 8),
    Action("hold", ("h",), "Wait for each epoch's samples",
           "Switch on or off: after each epoch, training waits until its samples are written.", TRAINING, "wait", 12),
    Action("halve-rate", ("left_parenthesis",), "Halve the learning rate",
           "Halve the learning rate, from the next step on.", TRAINING, "rate", 11,
           "screen.scale_rate('halve-rate', 0.5)"),
    Action("double-rate", ("right_parenthesis",), "Double the learning rate",
           "Double the learning rate, from the next step on.", TRAINING, "rate", 11,
           "screen.scale_rate('double-rate', 2.0)"),
    Action("stop-after-epoch", ("E",), "Stop after this epoch", "Stop training after this epoch, or take that back.",
           TRAINING, "stop after epoch", 13),
    Action("learn-on", ("L",), "Learn on", "When training has ended, let the run take more epochs.",
           TRAINING, "learn on", 3),
    Action("checkpoint", ("k",), "Save a checkpoint now", "Save a checkpoint now; others are saved automatically.",
           TRAINING, "checkpoint", 11),
    Action("chart", ("l",), "Chart",
           "Open or close the panel of the chart: its scale, smoothing, x axis, zoom, unit and lines.",
           TRAINING, "chart", 13),
    Action("unit", ("n",), "Unit of losses", "Show losses in nats or bits per character, or as perplexity.", TRAINING),
    Action("copy", ("y",), "Copy the sample", "Copy the selected stream's sample to the clipboard.", SAMPLE, "copy", 9),
    Action("save", ("w",), "Save the sample", "Save the selected stream's sample to a new file in the run's folder.",
           SAMPLE, "save", 9),
    Action("shelf", ("R",), "Runs", "List the runs: open another one here; compare, rename, delete or export runs.",
           RUNS, "runs", 4, "app.shelf"),
    Action("new-run", ("N",), "New run", "Begin another run: choose its text and its settings in a form.",
           RUNS, action="app.new_run"),
    Action("theme", ("t",), "Dark or light", "Switch between the dark and the light theme.",
           PROGRAM, "theme", 14, "app.toggle_theme"),
    Action("palette", ("ctrl+p",), "Command palette", "Find an action by its name.",
           PROGRAM, action="app.command_palette"),
    Action("suspend", ("ctrl+z",), "Suspend", "Return to the shell for a while; its command fg resumes the program.",
           PROGRAM, action="app.suspend_process"),
    Action("explain", ("x", "f1"), "Explain", "Explain what the screen shows: move with the arrows or the mouse.",
           PROGRAM, "explain", 4, "app.explain"),
    Action("help", ("question_mark",), "Help", "Show this list of keys.", PROGRAM, "help", 0, "app.help"),
    Action("quit", ("q", "ctrl+q", COPY_OR_QUIT), "Quit", "Save and quit.", PROGRAM, "quit", 1, "app.quit"),
)
# fmt: on


def actions_for(temperatures: Sequence[float], *, watching: bool = False) -> tuple[Action, ...]:
    """The whole table, with one digit key for each of the first ten `temperatures`.

    Args:
        temperatures: the recipe's.
        watching: whether another program trains the run; then what it cannot be asked for is left out.
    """
    digits = tuple(
        Action(
            f"temperature-{number}",
            (str(number % 10),),
            f"Temperature {temperature:g}",
            f"Set temperature {temperature:g}, from the next token on.",
            TEMPERATURE,
            "temperature",
            0,
            f"screen.temperature({number - 1})",
        )
        for number, temperature in enumerate(temperatures[:MOST_TEMPERATURES], start=1)
    )
    if not watching:
        return digits + _ACTIONS
    return digits + tuple(
        replace(action, help=_WATCHING.get(action.id, action.help)) for action in _ACTIONS if action.id not in NOT_ASKED
    )


BY_ID = {action.id: action for action in actions_for(range(1, MOST_TEMPERATURES + 1))}
"""Every action, with every digit key."""


def bindings() -> list[Binding]:
    """Textual's bindings for the main screen, all but COPY_OR_QUIT."""
    return [
        Binding(
            ",".join(key for key in action.keys if key != COPY_OR_QUIT),
            action.action,
            action.title,
            id=action.id,
            tooltip=action.help,
            show=False,
        )
        for action in BY_ID.values()
    ]


def as_markdown(actions: Iterable[Action]) -> str:
    """The table for the README."""
    rows = [f"| {_code(action)} | {action.help} |" for action in actions]
    return "\n".join(["| Key | What it does |", "| --- | --- |", *rows]) + "\n"


def _code(action: Action) -> str:
    return " ".join(f"`{shown_key(key)}`" for key in action.keys)
