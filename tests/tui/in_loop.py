"""Tests that are coroutines: each runs in an event loop of its own, and may start an app."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import ParamSpec

from tests.tui.driving import run_in_loop

Parameters = ParamSpec("Parameters")


def in_loop(test: Callable[Parameters, Coroutine[None, None, None]]) -> Callable[Parameters, None]:
    """A plain function that runs the coroutine to its end."""

    @wraps(test)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        run_in_loop(test(*args, **kwargs))

    return run
