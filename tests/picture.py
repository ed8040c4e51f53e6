"""Makes the README's pictures from the real program: `uv run python tests/picture.py`.

Trains on Nietzsche for a few epochs. The still one shows four temperatures, one of them lowered in the middle of its
sample; the moving one goes on to what the other keys do.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from model.recipe import FAST
from tests.animation import moving
from tui.app import CharLSTMApp
from tui.engine.local_engine import ThreadEngine
from tui.launch import Launch

FOLDER = Path(__file__).parent.parent / ".github"
STILL, MOVING = FOLDER / "screen.svg", FOLDER / "tour.svg"
SIZE = (120, 36)
EPOCHS = 5
RECIPE = replace(FAST, epochs=24)
"""It learns on until the end of the tour."""
PATIENCE = 600.0
"""Seconds for these epochs."""
FRAME = 0.25
"""Seconds that a frame of the moving picture is shown."""

TOUR = (
    (["tab"], 1.5),  # steer the next stream
    *((["minus"], 0.5) for _ in range(4)),
    (["c"], 3.0),  # colours: surprisal
    (["o"], 3.0),  # the odds of the next character
    (["space"], 1.0),
    *((["left"], 0.25) for _ in range(10)),  # look back through the text
    (["2"], 1.5),  # another character: a branch
    (["space"], 3.0),
    (["o"], 0.5),
    (["c", "c", "c"], 0.5),
    *((["comma"], 1.25) for _ in range(3)),  # back through the epochs
    (["escape"], 2.0),
)
"""Keys, and for how many seconds what follows is shown."""


async def take(runs: Path) -> tuple[str, str]:
    """Run the program; the still picture and the moving one, as SVG."""
    app = CharLSTMApp(ThreadEngine(), Launch(corpus=("nietzsche",), recipe=RECIPE, runs=runs))
    frames: list[tuple[str, float]] = []
    async with app.run_test(size=SIZE) as pilot:
        deadline = time.monotonic() + PATIENCE
        while not (app.main.view.epoch_end and app.main.view.epoch_end.epoch >= EPOCHS):
            if time.monotonic() > deadline:
                raise SystemExit(f"No {EPOCHS} epochs in {PATIENCE:.0f} seconds.")
            await asyncio.sleep(0.1)
        await pilot.press("tab", "tab", "g")
        await asyncio.sleep(3)
        await pilot.press("minus", "minus")
        await asyncio.sleep(2)
        still = app.export_screenshot(title="charlstm-tui")
        await pilot.press("g", "tab", "tab")
        for keys, seconds in (([], 3.0), *TOUR):
            await film(pilot, keys, seconds, frames)
    return still, moving(frames)


async def film(pilot: Pilot[None], keys: list[str], seconds: float, frames: list[tuple[str, float]]) -> None:
    """Press keys and add what the screen shows for so many seconds."""
    await pilot.press(*keys)
    for _ in range(round(seconds / FRAME)):
        await asyncio.sleep(FRAME)
        frames.append((pilot.app.export_screenshot(title=""), FRAME))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        pictures = asyncio.run(take(Path(folder)))
    for path, svg in zip((STILL, MOVING), pictures, strict=True):
        # The exporter names fonts on the network; any monospaced font does.
        path.write_text(re.sub(r"@font-face\s*{[^}]*}", "", svg), encoding="utf-8")
        print(path, f"{path.stat().st_size / 1e6:.2f} MB")
