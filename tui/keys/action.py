"""Action: one thing that a key does, as the keymap lists it."""

from __future__ import annotations

from dataclasses import dataclass

TEMPERATURE, STREAMS, WRITING, EPOCHS, ODDS, READING, TRAINING, SAMPLE, RUNS, PROGRAM = (
    "Sampling",
    "Streams",
    "Writing",
    "Epochs",
    "Odds",
    "Scrolling",
    "Training",
    "The sample",
    "Runs",
    "Program",
)
GROUPS = (TEMPERATURE, STREAMS, WRITING, EPOCHS, ODDS, READING, TRAINING, SAMPLE, RUNS, PROGRAM)
"""In the order of the help screen."""

_SHOWN = {
    "comma": ",",
    "full_stop": ".",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "escape": "esc",
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
    """Textual's names; the footer shows the first."""
    title: str
    """For the command palette."""
    help: str
    """What happens, in one sentence."""
    group: str
    label: str = ""
    """For the footer; neighbours with the same label share it. Empty: never in the footer."""
    rank: int = 99
    """The lower, the longer it stays in a footer that gets narrow."""
    action: str = ""
    """What Textual runs, with its namespace; by default the screen's method of the same name as `id`."""

    def __post_init__(self) -> None:
        if not self.action:
            object.__setattr__(self, "action", f"screen.{self.id.replace('-', '_')}")

    @property
    def shown(self) -> str:
        """The keys as they are printed on the keyboard: '+ = right'."""
        return " ".join(shown_key(key) for key in self.keys)


def shown_key(key: str) -> str:
    """A Textual key name as it is printed on the keyboard."""
    return _SHOWN.get(key, key)
