"""What a user does in a real terminal to see the odds, to branch, and to look at earlier epochs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from tests.tui.terminal.driver import Watched


def after_the_mark(screen: str) -> str:
    """What stands behind the mark of a branch, in its row of the writing pane and in the next."""
    return "".join(row.rpartition("││")[2] for row in screen.partition("↳")[2].split("\n")[:2])


def look_back_and_branch(terminal: Watched, send: Callable[[str], None]) -> None:
    """Colour the text, open the odds, go back in it, choose another character, undo and redo."""
    send("c")
    terminal.wait_for("surprisal  under 1 bit")
    send("o")
    listed = re.compile(r"next character of ▸ 0\.50 .* entropy \d\.\d bits, about \d+ way")
    terminal.wait_until(lambda: listed.search(terminal.screen) and "%" in terminal.screen, what="the odds")
    send(" ")
    terminal.wait_for("paused")
    for _ in range(3):
        send("\x1b[D")
    at_cursor = re.compile(r"at the cursor in ▸ 0\.50 .* entropy")
    terminal.wait_until(lambda: at_cursor.search(terminal.screen), what="the cursor")
    letters = re.findall(r"\b([1-9]) [a-z] [█-▏]", terminal.screen)  # a space or a new line could not be seen
    send(letters[0])
    refused = "That stands there"
    terminal.wait_until(lambda: re.search(f"↳|{refused}", terminal.screen), what="the branch, or why there is none")
    if refused in terminal.screen:  # the list was still that of the place before: another one does not stand there
        send(letters[1])
    terminal.wait_for("↳")
    send("u")
    terminal.wait_until(lambda: "↳" not in terminal.screen, what="the text before the branch")
    terminal.wait_until(lambda: at_cursor.search(terminal.screen), what="the cursor where the choice was")
    send("U")
    terminal.wait_for("↳")
    chosen = after_the_mark(terminal.screen)
    for _ in range(3):  # one character each: at full speed, the mark would soon be out of sight
        send("s")
    terminal.wait_until(lambda: after_the_mark(terminal.screen) not in ("", chosen), what="text after the branch")
    send(" ")
    terminal.wait_until(lambda: "paused" not in terminal.screen, what="the branch being written")


def walk_two_epochs_back(terminal: Watched, send: Callable[[str], None]) -> None:
    """To what earlier epochs wrote, and back to the live text."""
    seen: list[int] = []

    def further_back() -> bool:
        shown = re.search(r"Time-lapse, epoch (\d+)", terminal.screen)
        if shown and int(shown[1]) < (seen or [sys.maxsize])[-1]:
            seen.append(int(shown[1]))
            return True
        return False

    for _ in range(3):
        send(",")
        terminal.wait_until(further_back, what=f"an epoch before {seen}")
    assert seen[0] - seen[2] == 2
    send("\x1b")
    terminal.wait_until(lambda: "Time-lapse" not in terminal.screen, what="the live text")
