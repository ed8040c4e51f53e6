"""`charlstm-tui`, and `python -m tui`: the screen, which an interrupt ends quietly even while it is imported."""

from __future__ import annotations

import sys

from model.options.process_start import interruptible


def main() -> int:
    """See `tui.cli.main`."""
    return interruptible(_main)


def _main() -> int:
    from tui.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
