"""`charlstm-tui`, and `python -m tui`: the screen, which an interrupt ends quietly even while it is imported."""

from __future__ import annotations

import sys

from model.options.process_start import run_program


def main() -> int:
    """See `tui.cli.main`."""
    return run_program("tui.cli")


if __name__ == "__main__":
    sys.exit(main())
