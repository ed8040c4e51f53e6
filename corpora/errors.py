"""CharlstmError: the base of every error whose message is for the user."""

from __future__ import annotations

from typing import ClassVar


class CharlstmError(Exception):
    """Something the user can do something about; the message says what happened, where, and what to do."""

    exit_code: ClassVar[int] = 2
    """How a command ends that raises it: 2 where it could not begin, 1 where it failed on the way."""
