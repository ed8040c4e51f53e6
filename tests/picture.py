"""Makes the README's picture from the real program: `uv run python tests/picture.py`.

Trains on Nietzsche for a few epochs, lets four temperatures write, selects the third, lowers it in the middle of its
sample and keeps what the screen shows then.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from pathlib import Path

from tui.app import CharLSTMApp
from tui.engine.local_engine import ThreadEngine
from tui.launch import Launch

PICTURE = Path(__file__).parent.parent / ".github" / "screen.svg"
SIZE = (120, 36)
EPOCHS = 5
PATIENCE = 600.0
"""Seconds."""


async def take(runs: Path) -> str:
    """Run the program and return its screen as SVG."""
    launch = Launch(corpus=("nietzsche",), runs=runs)
    app = CharLSTMApp(ThreadEngine(), launch)
    async with app.run_test(size=SIZE) as pilot:
        deadline = time.monotonic() + PATIENCE
        while not (app.main.view.epoch_end and app.main.view.epoch_end.epoch >= EPOCHS):
            if time.monotonic() > deadline:
                sys.exit(f"No {EPOCHS} epochs in {PATIENCE:.0f} seconds.")
            await asyncio.sleep(0.1)
        await pilot.press("tab", "tab", "g")
        await asyncio.sleep(3)
        await pilot.press("minus", "minus")
        await asyncio.sleep(2)
        return app.export_screenshot(title="charlstm-tui")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        svg = asyncio.run(take(Path(folder)))
    # The exporter names fonts on the network; any monospaced font does.
    PICTURE.write_text(re.sub(r"@font-face\s*{[^}]*}", "", svg), encoding="utf-8")
    print(PICTURE)
