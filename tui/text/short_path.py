"""Paths as there is room to show them."""

from __future__ import annotations

import os
from pathlib import Path


def short_path(path: Path | str) -> str:
    """A path as a shell takes it too, with '~' for the home folder: there is little room to show it."""
    whole, home = str(path), os.path.expanduser("~")
    return "~" + whole[len(home) :] if whole.startswith(home + os.sep) else whole
