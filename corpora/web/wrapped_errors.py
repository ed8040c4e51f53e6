"""The errors of sockets and of TLS, which requests and urllib3 wrap in their own."""

from __future__ import annotations

from typing import TypeVar

_Error = TypeVar("_Error", bound=BaseException)


def wrapped(error: BaseException | None, kind: type[_Error]) -> _Error | None:
    """The first error of this kind among an error and those that led to it; None if there is none."""
    while error is not None:
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
    return None
