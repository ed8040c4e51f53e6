"""A home of its own for programs on a real terminal."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own for runs and logs; shared, so that a recipe is compiled once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def environment(home: Path) -> dict[str, str]:
    """Exports the size of another terminal, too, as `docker exec -e` may.

    The program draws less often than it could: it draws faster than a busy machine can decode it.
    """
    folders = ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    fixed = {"HOME": str(home), "COLUMNS": "300", "LINES": "9", "TEXTUAL_FPS": "20"}
    return {**fixed, **{name: str(home / name.lower()) for name in folders}}
