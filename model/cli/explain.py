"""Say what a word on the screen or an option means, why it matters and how to read it; without a term, list them."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from textwrap import wrap

from model.cli.console import complain, say, say_json
from model.options.explaining.explanations import GROUPS, Explanation, explanations, find_explanation, suggestions
from model.options.lessons.lesson import lesson_list, lessons
from model.options.parser import OptionParser
from model.options.shell_command import typed

HELP = "say what a word or an option means, such as perplexity or top-p"
USAGE = "charlstm explain [TERM] [--json]"

_LESSON = "lesson"
"""The term behind which the lessons are listed."""

_COLUMNS = 80
"""Lines are at most that wide: longer ones are hard to read."""


def add_options(parser: OptionParser) -> None:
    """Add this command's options."""
    parser.spare = "term"  # so that an option can be asked for as it is typed: --top-p
    parser.add_argument("term", metavar="TERM", nargs="*", help="a word, or an option with or without its dashes")
    parser.add_argument("--json", action="store_true", help="print one JSON object per term")


def work(options: argparse.Namespace) -> int:
    """Print one text, or the list of terms."""
    name = " ".join(options.term)
    if not name:
        _list(as_json=options.json)
        return 0
    found = next(filter(None, map(find_explanation, (name, *options.term))), None)
    if found is None:
        near = suggestions(name)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        complain(f"There is no text about {name!r}.{hint} '{typed('charlstm', 'explain')}' lists the terms.")
        return 2
    if options.json:
        say_json(_record(found))
        if found.term == _LESSON:
            for each in lessons().values():
                say_json({"event": "lesson", "name": each.name, "purpose": each.purpose, "minutes": each.minutes})
    else:
        for line in (found.term, *wrap(found.text, _COLUMNS, break_on_hyphens=False)):
            say(line)
        if found.also:
            for line in wrap(f"also: {', '.join(found.also)}", _COLUMNS, break_on_hyphens=False):
                say(line)
        if found.term == _LESSON:
            for line in lesson_list():
                say(line)
    return 0


def _list(*, as_json: bool) -> None:
    if as_json:
        for each in explanations().values():
            say_json(_record(each))
        return
    for group in GROUPS:
        say(group)
        terms = ", ".join(each.term for each in explanations().values() if each.group == group)
        for line in wrap(terms, _COLUMNS - 2, break_on_hyphens=False):
            say(f"  {line}")


def _record(explanation: Explanation) -> dict[str, object]:
    return {"event": "explanation"} | asdict(explanation)
