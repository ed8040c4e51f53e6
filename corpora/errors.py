"""CharlstmError: the base of every error whose message is for the user; and what the system says of its own."""

from __future__ import annotations

import errno
from typing import ClassVar

from corpora.safe_text import shown


class CharlstmError(Exception):
    """Something the user can do something about; the message says what happened, where, and what to do."""

    exit_code: ClassVar[int] = 2
    """How a command ends that raises it: 2 where it could not begin, 1 where it failed on the way."""


def system_reason(error: Exception) -> str:
    """Why a file cannot be used, as the system says it, on one line: 'No space left on device'."""
    return shown(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def is_full(error: OSError) -> bool:
    """Whether there is no room, on the disk or for this user."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
