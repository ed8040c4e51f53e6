"""`charlstm`, and `python -m model`: the command line, which an interrupt ends quietly even while it is imported."""

from __future__ import annotations

import sys

from model.options.process_start import run_program


def main() -> int:
    """See `model.cli.main`."""
    return run_program("model.cli")


if __name__ == "__main__":
    sys.exit(main())
