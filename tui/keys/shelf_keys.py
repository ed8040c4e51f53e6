"""The keys of the list of runs. Letters filter the list, so that they are none of them."""

from __future__ import annotations

from tui.keys.action import RUNS, Action

# fmt: off
SHELF_ACTIONS = (
    Action("open", ("enter",), "Open",
           "Open the run: resume it, watch it, or write with it. What is trained here is saved and ended first.",
           RUNS, "open", 0),
    Action("write-only", ("ctrl+o",), "Write only",
           "Open the run without training it: its weights write, and nothing in it is changed.", RUNS, "write only", 4),
    Action("learn-on", ("ctrl+l",), "Learn on", "Let a run that has ended take more epochs.", RUNS, "learn on", 3),
    Action("mark", ("space",), "Mark",
           "Mark or unmark the run: marked runs' curves lie over the chart of the open one.", RUNS, "mark", 3),
    Action("compare", ("ctrl+k",), "Compare",
           "Compare the runs that are marked with the one that is open, or with each other: curves, recipes and texts.",
           RUNS, "compare", 3),
    Action("rename", ("ctrl+r",), "Rename", "Rename the run.", RUNS, "rename", 5),
    Action("delete", ("ctrl+d",), "Delete", "Delete the run for good; you are asked first.", RUNS, "delete", 5),
    Action("export", ("ctrl+e",), "Export", "Write the run into an archive in the current folder.", RUNS, "export", 6),
    Action("new-run", ("ctrl+n",), "New run", "Begin a new run: choose its text and its settings in a form.",
           RUNS, "new run", 2),
    Action("choose-run", ("up", "down", "pageup", "pagedown"), "Choose", "Choose a run; a click does so, too.", RUNS),
    Action("filter", ("a-z",), "Filter",
           "Type letters to see only the runs in whose name, corpus, recipe or state they occur.", RUNS),
    Action("help", ("question_mark",), "Help", "Show this list of keys.", RUNS, "help", 1),
    Action("close", ("escape",), "Close", "Clear the filter, or close the list.", RUNS, "close", 0),
)
# fmt: on
"""In the order of the help. An action's method has its name: `action_write_only`."""
