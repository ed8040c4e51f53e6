"""The keys of the screen on which runs are compared."""

from __future__ import annotations

from tui.keys.action import PROGRAM, READING, TEMPERATURE, WRITING, Action

# fmt: off
COMPARE_ACTIONS = (
    Action("cooler", ("minus",), "Cooler", "Lower the temperature of all texts by 0.05, and write them again.",
           TEMPERATURE, "temperature", 0, "screen.step(-1)"),
    Action("warmer", ("plus", "equals_sign"), "Warmer",
           "Raise the temperature of all texts by 0.05, and write them again.",
           TEMPERATURE, "temperature", 0, "screen.step(1)"),
    Action("temperatures", tuple("123456789"), "Temperatures", "Set one of the recipe's temperatures for all texts.",
           TEMPERATURE, action="screen.temperature"),
    Action("noise", ("r",), "Other noise", "Write all texts again with other noise.", WRITING, "other noise", 3),
    Action("seed", ("e",), "Type a seed", "Type or paste a seed for all runs to continue.", WRITING, "seed", 2),
    Action("unit", ("n",), "Unit of losses", "Show losses in nats or bits per character, or as perplexity.",
           READING, "unit", 4),
    Action("up", ("up",), "Up", "Scroll the table up.", READING, "table", 6, "screen.look('up')"),
    Action("down", ("down",), "Down", "Scroll the table down.", READING, "table", 6, "screen.look('down')"),
    Action("page-up", ("pageup",), "Page up", "Scroll the texts up.", READING, "texts", 6, "screen.look('page_up')"),
    Action("page-down", ("pagedown",), "Page down", "Scroll the texts down.",
           READING, "texts", 6, "screen.look('page_down')"),
    Action("explain", ("x", "f1"), "Explain", "Explain what the screen shows.", PROGRAM, "explain", 5, "app.explain"),
    Action("help", ("question_mark",), "Help", "Show this list of keys.", PROGRAM, "help", 1),
    Action("close", ("escape",), "Close", "Leave the comparison; the curves stay over the chart.",
           PROGRAM, "close", 0),
)
# fmt: on
"""In the order of the help. An action's method has its name."""
