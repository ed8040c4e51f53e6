"""The one table of what keys do: bindings, footer, help screen, command palette and the README are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from textual.binding import Binding

MOST_TEMPERATURES = 9
"""As many as there are digit keys; a recipe may name more for its showing."""

TEMPERATURE, WRITING, READING, TRAINING, SAMPLE, PROGRAM = (
    "Temperature",
    "Writing",
    "Looking back",
    "Training",
    "The sample",
    "Program",
)
GROUPS = (TEMPERATURE, WRITING, READING, TRAINING, SAMPLE, PROGRAM)
"""In the order of the help screen."""

_SHOWN = {
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "question_mark": "?",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does."""

    id: str
    keys: tuple[str, ...]
    """Textual's names; the first is the one that is shown in the footer."""
    action: str
    """What Textual runs, with its namespace."""
    title: str
    """For the command palette and the help screen."""
    help: str
    """What happens, in a sentence."""
    group: str
    label: str = ""
    """For the footer; neighbours with the same label share it. Empty: never in the footer."""
    rank: int = 99
    """The lower, the longer it stays in a footer that gets narrow."""

    @property
    def shown(self) -> str:
        """The keys as people read them: '+ = right'."""
        return " ".join(shown_key(key) for key in self.keys)


def shown_key(key: str) -> str:
    """A Textual key name as it is printed on the keyboard."""
    return _SHOWN.get(key, key)


def actions_for(temperatures: Sequence[float], *, watching: bool = False) -> tuple[Action, ...]:
    """The whole table, with one digit key for each of the first nine `temperatures`.

    Args:
        temperatures: the recipe's.
        watching: of a run that is trained elsewhere: without what steers it, or writes into it.
    """
    digits = tuple(
        Action(
            f"temperature-{number}",
            (str(number),),
            f"screen.temperature({number - 1})",
            f"Temperature {temperature:g}",
            f"Draw from the very next character on at temperature {temperature:g}.",
            TEMPERATURE,
            "temperature",
            0,
        )
        for number, temperature in enumerate(temperatures[:MOST_TEMPERATURES], start=1)
    )
    if not watching:
        return digits + _ACTIONS
    return digits + tuple(
        replace(action, help=_WATCHING.get(action.id, action.help))
        for action in _ACTIONS
        if action.id not in STEERS_TRAINING
    )


STEERS_TRAINING = frozenset({"pause-training", "hold", "checkpoint"})
"""What only the program that trains a run can do."""

_WATCHING = {
    "write-now": "Begin a sample at once with the weights that were saved last.",
    "save": "Save the sample to a new file in the current folder.",
    "quit": "Leave; the run goes on without you.",
}
"""What some keys do to a run that is trained elsewhere."""


_ACTIONS = (
    Action(
        "cooler",
        ("minus", "left"),
        "screen.cooler",
        "Cooler",
        "Lower the temperature by 0.05: safer, more repetitive.",
        TEMPERATURE,
        "temperature",
        0,
    ),
    Action(
        "warmer",
        ("plus", "equals_sign", "right"),
        "screen.warmer",
        "Warmer",
        "Raise the temperature by 0.05: bolder, more mistakes.",
        TEMPERATURE,
        "temperature",
        0,
    ),
    Action(
        "pause-writing",
        ("space",),
        "screen.pause_writing",
        "Pause or resume writing",
        "Hold the pen where it is, or take it up again.",
        WRITING,
        "pause",
        2,
    ),
    Action(
        "write-one",
        ("s",),
        "screen.write_one",
        "Write one character",
        "While writing is paused, write a single character.",
        WRITING,
        "step",
        3,
    ),
    Action(
        "reseed",
        ("r",),
        "screen.reseed",
        "Reseed",
        "Begin again from another random stretch of the corpus.",
        WRITING,
        "reseed",
        3,
    ),
    Action(
        "seed",
        ("e",),
        "screen.seed",
        "Type a seed",
        "Type or paste the text that the model shall continue.",
        WRITING,
        "seed",
        4,
    ),
    Action(
        "write-now",
        ("g",),
        "screen.write_now",
        "Write now",
        "Begin a sample at once with the weights of this moment.",
        WRITING,
        "write now",
        6,
    ),
    Action(
        "weights",
        ("b",),
        "screen.choose_weights",
        "Best or newest weights",
        "Write with the best weights so far from the next sample on, or with the newest again.",
        WRITING,
        "best weights",
        9,
    ),
    Action(
        "slower",
        ("left_square_bracket",),
        "screen.slower",
        "Slower",
        "Write half as many characters a second.",
        WRITING,
        "speed",
        5,
    ),
    Action(
        "faster",
        ("right_square_bracket",),
        "screen.faster",
        "Faster",
        "Write twice as many characters a second; the last step is unlimited.",
        WRITING,
        "speed",
        5,
    ),
    Action("up", ("up",), "screen.look('up')", "Line up", "Look back a line.", READING),
    Action("down", ("down",), "screen.look('down')", "Line down", "Look on a line.", READING),
    Action("page-up", ("pageup",), "screen.look('page_up')", "Page up", "Look back a page.", READING),
    Action("page-down", ("pagedown",), "screen.look('page_down')", "Page down", "Look on a page.", READING),
    Action("home", ("home",), "screen.look('home')", "First line", "Look at the oldest text kept.", READING),
    Action(
        "end",
        ("end",),
        "screen.look('end')",
        "Last line",
        "Return to the pen and follow it again.",
        READING,
    ),
    Action(
        "pause-training",
        ("p",),
        "screen.pause_training",
        "Pause or resume training",
        "Hold training between two steps, or let it go on.",
        TRAINING,
        "pause training",
        7,
    ),
    Action(
        "hold",
        ("h",),
        "screen.hold",
        "Hold training for each showing",
        "Let training wait after every epoch until its samples are written.",
        TRAINING,
        "hold",
        11,
    ),
    Action(
        "checkpoint",
        ("k",),
        "screen.save_now",
        "Save a checkpoint now",
        "Save a checkpoint now; others are saved after each epoch and in between anyway.",
        TRAINING,
        "checkpoint",
        10,
    ),
    Action(
        "log-loss",
        ("l",),
        "screen.log_loss",
        "Logarithmic loss",
        "Draw the loss on a logarithmic or a linear scale.",
        TRAINING,
        "log",
        12,
    ),
    Action(
        "copy",
        ("y",),
        "screen.copy_sample",
        "Copy the sample",
        "Copy the sample to the clipboard, where the terminal allows it.",
        SAMPLE,
        "copy",
        8,
    ),
    Action(
        "save",
        ("w",),
        "screen.save_sample",
        "Save the sample",
        "Save the sample to a new file in the run's folder.",
        SAMPLE,
        "save",
        8,
    ),
    Action(
        "theme",
        ("t",),
        "app.toggle_theme",
        "Dark or light",
        "Change between the dark and the light theme.",
        PROGRAM,
        "theme",
        13,
    ),
    Action(
        "palette",
        ("ctrl+p",),
        "app.command_palette",
        "Command palette",
        "Find any of these actions by typing its name.",
        PROGRAM,
    ),
    Action(
        "suspend",
        ("ctrl+z",),
        "app.suspend_process",
        "Suspend",
        "Back to the shell for a while; its command fg returns here.",
        PROGRAM,
    ),
    Action("help", ("question_mark",), "app.help", "Help", "Show the list of keys.", PROGRAM, "help", 0),
    Action(
        "quit",
        ("q", "ctrl+q"),
        "app.quit",
        "Quit",
        "Save what was learned and leave.",
        PROGRAM,
        "quit",
        1,
    ),
)


def bindings() -> list[Binding]:
    """Textual's bindings for the main screen; a digit without a temperature does nothing when pressed."""
    return [
        Binding(",".join(action.keys), action.action, action.title, id=action.id, tooltip=action.help, show=False)
        for action in actions_for(range(1, MOST_TEMPERATURES + 1))
    ]


def as_markdown(actions: Iterable[Action]) -> str:
    """The table for the README."""
    rows = [f"| {_code(action)} | {action.help} |" for action in actions]
    return "\n".join(["| Key | What it does |", "| --- | --- |", *rows]) + "\n"


def _code(action: Action) -> str:
    return " ".join(f"`{shown_key(key)}`" for key in action.keys)
