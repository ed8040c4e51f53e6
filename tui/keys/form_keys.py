"""The keys of the form for a new run. Letters and digits fill its rows, so that they are none of them."""

from __future__ import annotations

from tui.keys.action import RUNS, Action

# fmt: off
FORM_ACTIONS = (
    Action("enter", ("enter",), "Choose", "In the row: choose a text, show more settings, or start.",
           RUNS, "choose", 1),
    Action("choose-row", ("up", "down", "pageup", "pagedown", "home", "end"), "Choose a row",
           "Choose a row; a click does so, too.", RUNS),
    Action("smaller", ("left",), "Change back", "Take the choice before, or a smaller number.",
           RUNS, "change", 2, "screen.change(-1)"),
    Action("larger", ("right", "space"), "Change", "Take the next choice, or a larger number.",
           RUNS, "change", 2, "screen.change(1)"),
    Action("type", ("a-z 0-9",), "Type",
           "Type a text or a value in the place of the one that is there; backspace takes signs away.", RUNS),
    Action("reset", ("delete",), "Reset", "Set the row as the recipe has it.", RUNS, "reset", 6),
    Action("choose-text", ("ctrl+t",), "Choose a text", "Choose a named text, a file, a folder or an address.",
           RUNS, "text", 4),
    Action("follow-advice", ("ctrl+a",), "Follow the advice", "Set the values that help; a click on them does so, too.",
           RUNS, "follow advice", 1),
    Action("copy-command", ("ctrl+y",), "Copy the command", "Copy the command line that begins the same run.",
           RUNS, "copy command", 5),
    Action("start", ("ctrl+s",), "Start", "Begin the run; what is open is saved and ended first.", RUNS, "start", 0),
    Action("help", ("question_mark",), "Help", "Show this list of keys.", RUNS, "help", 3),
    Action("close", ("escape",), "Close", "Close the form; it keeps what you have set.", RUNS, "close", 0),
)
# fmt: on
"""In the order of the help. An action's method has its name: `action_choose_text`."""
