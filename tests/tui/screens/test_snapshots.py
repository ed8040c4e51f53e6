"""The main states of the screen, character for character, as they are kept in `tests/data/screens`.

`RENEW_SCREENS=1 uv run pytest tests/tui/screens/test_snapshots.py` keeps what the program shows now; look at the
difference before you commit it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from model.recipe import NOTEBOOK
from model.sampling import Sampling
from model.training.events import Baselines
from tests.patience import PATIENCE
from tests.tui.driving import drawn, drive, resized, screen_text, until, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress
from tui.app import CharLSTMApp
from tui.engine.messages import CountedText, EngineFailed
from tui.engine.writing.branching.odds import Likeliest, Odds, OddsRow
from tui.engine.writing.items import Item, Rewrite, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.keys.key_commands import WriteByCounts
from tui.launch import Launch
from tui.screens.main import MainScreen
from tui.widgets.training.loss_chart import LossChart

FOLDER = Path(__file__).parents[2] / "data" / "screens"
RENEW = "RENEW_SCREENS" in os.environ
SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}

SEED = "the contest might seem sufficiently great to inspire sympath"
TEXTS = (
    "y in the sense of the stand of the spirit and the sense of the same stand of the spirit and the present",
    "y of the present and such a soul that the more the man is the power of\nthe spirit, and the better of it",
    "y--and the higher man, when he is at last the most great thing of the morals of his heart, as a man who",
    'y. "Dnathing?--apolexs of ruth, beforwing; in upon thee dogmatist! its ver-ageded, and "Goethe" flunges',
)

State = Callable[[Pilot[None], FakeEngine], Awaitable[None]]


def letters(text: str, stream: int) -> list[Item]:
    return [Written(character, 0.5, 1.25, stream) for character in text]


def showing(epoch: float, length: int) -> list[Item]:
    """Four samples as far as they are written."""
    items: list[Item] = []
    for stream, (text, temperature) in enumerate(zip(TEXTS, (0.2, 0.5, 1.0, 1.2), strict=True)):
        items += [SampleStart(epoch, Sampling(temperature), stream + 1, 4, stream=stream), Seed(SEED, (), stream)]
        items += letters((text * 4)[:length], stream)
    return items


async def training(pilot: Pilot[None], engine: FakeEngine) -> None:
    """Two epochs are over; the third stream was selected, and is a little cooler since."""
    engine.tell(replace(CORPUS, notes=()), COMPILED, progress(1, 264, loss=2.0), epoch_end(1, 1.9))
    engine.tell(progress(2, 264, loss=1.7), epoch_end(2, 1.6), progress(3, 100, loss=1.55))
    engine.write([*showing(1.0, 400), *(SampleEnd("", stream) for stream in range(4)), *showing(2.9, 150)])
    await pilot.press("tab", "tab")
    await until(pilot, lambda: not len(engine.buffer), "an empty buffer")
    await pilot.press("minus")
    engine.write([SamplingChange(Sampling(0.95), 2), *(item for s in range(4) for item in letters(" and so on", s))])
    await until(pilot, lambda: not len(engine.buffer), "an empty buffer")
    await charted(pilot, epochs=2, steps=100)


async def charted(pilot: Pilot[None], *, epochs: int, steps: int) -> None:
    """Wait until so many epochs and so many steps of the next one stand in the chart, which is drawn by the clock."""
    assert isinstance(pilot.app, CharLSTMApp)
    view, chart = pilot.app.main.view, pilot.app.main.query_one(LossChart)

    def told() -> bool:
        progress = view.progress
        return len(view.epoch_ends) == epochs and progress is not None and progress.step_in_epoch == steps

    await until(pilot, told, f"the news of {epochs} epochs and {steps} steps")
    await until(pilot, lambda: not (chart._changed and chart.size), "a chart of them")
    await drawn(pilot)


async def zoomed(pilot: Pilot[None], engine: FakeEngine) -> None:
    await training(pilot, engine)
    await pilot.press("z")


async def paused_and_scrolled_back(pilot: Pilot[None], engine: FakeEngine) -> None:
    await training(pilot, engine)
    await pilot.press("space", "home")


def odds(offset: int) -> Odds:
    rows = [(" ", 0.41, 0.47, ""), ("e", 0.12, 0.13, ""), (",", 0.08, 0.07, ""), ("\n", 0.03, 0.02, "")]
    rows += [(letter, 0.009 - place / 1000, 0.0, "min-p") for place, letter in enumerate("tsi-.q")]
    return Odds(2, offset, None, Likeliest(tuple(OddsRow(n, *row) for n, row in enumerate(rows)), 2.1))


async def odds_listed(pilot: Pilot[None], engine: FakeEngine) -> None:
    await training(pilot, engine)
    engine.buffer.odds = odds(160)
    await pilot.press("o")
    await until_shown(pilot, "about 4 ways")


async def branched(pilot: Pilot[None], engine: FakeEngine) -> None:
    """A character was chosen in the coloured, paused text, and the cursor is where it goes on."""
    await training(pilot, engine)
    engine.buffer.odds = odds(40)
    await pilot.press("space", "left", "c")
    likely = [Written(letter, p, 1.0, 2) for letter, p in zip(TEXTS[2], [0.9, 0.4, 0.1, 0.01] * 9, strict=False)]
    chosen = Written("e", 0.1, 2.0, 2, chosen=True)
    start = SampleStart(2.9, Sampling(1.0), 3, 4, stream=2)
    engine.write([Rewrite((start, Seed(SEED, (), 2), *likely, chosen), 2, undo=True)])
    main = pilot.app.screen
    assert isinstance(main, MainScreen)
    written = len(likely) + 1
    await until(pilot, lambda: main.session.cursor == written, "the cursor behind what was chosen")
    await until_shown(pilot, "at the cursor", "surprisal")
    await pilot.press("down")


async def complete(pilot: Pilot[None], engine: FakeEngine) -> None:
    """The seed is pinned, too."""
    await training(pilot, engine)
    engine.write([*(SampleEnd("", stream) for stream in range(3)), SampleEnd("a key (g)", 3)])
    engine.tell(progress(24, 264, loss=1.4), epoch_end(24, 1.4987), FINISHED)
    await until_shown(pilot, "finished")
    await pilot.press("i")
    pilot.app.clear_notifications()


async def chained(pilot: Pilot[None], engine: FakeEngine) -> None:
    engine.tell(replace(CORPUS, notes=()), COMPILED, progress(1, 264), epoch_end(1, 1.9))
    first = [SampleStart(1, Sampling(0.2), 1, 4), Seed(SEED, ()), *letters(TEXTS[0], 0), SampleEnd("")]
    engine.write([*first, SampleStart(1, Sampling(0.5), 2, 4), Seed(TEXTS[0][-60:], ()), *letters(" of it", 0)])
    await until_shown(pilot, "of it")


async def seed_dialog(pilot: Pilot[None], engine: FakeEngine) -> None:
    await training(pilot, engine)
    await pilot.press("e")
    await until_shown(pilot, "esc cancel")
    await pilot.press(*"the will to", "tab")


async def explained(pilot: Pilot[None], engine: FakeEngine) -> None:
    await training(pilot, engine)
    await pilot.press("x")
    await until_shown(pilot, "esc leaves")
    await pilot.press("down", "down", "down")


async def beside_counting(pilot: Pilot[None], engine: FakeEngine) -> None:
    """The baselines are lines, one of them writes, and the panel of the chart is open."""
    engine.tell(Baselines(4.04, (2.9, 2.4, 2.0, 1.66, 1.434, 1.47), 540_803))
    await training(pilot, engine)
    await pilot.press(*"BBBB", "l", *["down"] * 4)
    await until_shown(pilot, "The text is being counted.")
    (asked,) = (each for each in engine.commands[-1:] if isinstance(each, WriteByCounts))
    text = "the mosses of a spireness the ord of mankin to the ingst, which is not en of the soulf " * 4
    engine.tell(CountedText(asked, [Written(character, 0.5, 1.0) for character in text]))
    await until_shown(pilot, "the ord of mankin")


async def failed(pilot: Pilot[None], engine: FakeEngine) -> None:
    engine.tell(EngineFailed("There is no file nothing.txt.", ""))
    await until_shown(pilot, "There is no file")


STATES = training, zoomed, paused_and_scrolled_back, complete


async def as_kept(name: str, shown: Callable[[], str]) -> None:
    """Wait until the screen is as it is kept, or keep it when it has come to rest."""
    file = FOLDER / f"{name}.txt"
    if RENEW:
        text = ""
        while text != shown():
            text = shown()
            await asyncio.sleep(1.0)
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return
    kept, end = file.read_text(encoding="utf-8"), time.monotonic() + PATIENCE / 2
    while shown() != kept and time.monotonic() < end:
        await asyncio.sleep(0.02)
    assert shown() == kept, "RENEW_SCREENS=1 keeps what is shown now, if that is wanted"


async def as_kept_at(sizes: Iterable[str], name: str, pilot: Pilot[None], shown: Callable[[CharLSTMApp], str]) -> None:
    """Look at an app in these sizes, one after the other."""
    for size in sizes:
        await resized(pilot, *SIZES[size])
        await as_kept(f"{name}-{size}", lambda: shown(pilot.app))


def plain(app: CharLSTMApp) -> str:
    return "\n".join(line.rstrip() for line in screen_text(app).split("\n")) + "\n"


def with_marks(app: CharLSTMApp) -> str:
    """The screen, and below it the letters of bold, dim, italic, underlined and reversed characters in their places."""
    screen_text(app)  # sees to what a dialog dims
    marks = []
    for strip in app.screen._compositor.render_strips():
        row = ""
        for text, style, _ in strip:
            styles = {"b": "bold", "d": "dim", "i": "italic", "u": "underline", "r": "reverse"}
            row += next((mark for mark, name in styles.items() if style and getattr(style, name)), " ") * len(text)
        marks.append(row.rstrip())
    return plain(app) + "\n".join(marks) + "\n"


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured, and the chart is drawn at once."""
    monkeypatch.setattr("tui.screens.main.monotonic", lambda: 0.0)
    monkeypatch.setattr("tui.widgets.training.loss_chart.REDRAW_SECONDS", 0.02)


def check(
    state: State,
    launch: Launch,
    name: str,
    shown: Callable[[CharLSTMApp], str] = plain,
    sizes: Sequence[str] = tuple(SIZES),
) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await state(pilot, engine)
        await as_kept_at(sizes, name, pilot, shown)

    drive(scenario, size=SIZES[sizes[0]], launch=launch)


@pytest.mark.parametrize(
    "state", [training, zoomed, complete, odds_listed, branched, beside_counting], ids=lambda each: each.__name__
)
def test_the_screen_is_as_it_was(state: State) -> None:
    check(state, Launch(ascii=False), state.__name__)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", [paused_and_scrolled_back, explained], ids=lambda each: each.__name__)
def test_the_screen_is_as_it_was_whose_looks_depend_on_the_size_it_came_about_in(state: State, size: str) -> None:
    check(state, Launch(ascii=False), state.__name__, sizes=[size])


@pytest.mark.parametrize("state", [chained, seed_dialog, failed], ids=lambda each: each.__name__)
def test_smaller_states_are_as_they_were(state: State) -> None:
    recipe = NOTEBOOK if state is chained else Launch().recipe
    check(state, Launch(ascii=False, recipe=recipe), state.__name__, sizes=["80x24"])


@pytest.mark.parametrize(("state", "name"), [(training, "ascii"), (branched, "ascii-branched")])
def test_the_plain_screen_is_as_it_was(state: State, name: str) -> None:
    check(state, Launch(ascii=True), name)
    assert all((FOLDER / f"{name}-{size}.txt").read_text(encoding="utf-8").isascii() for size in SIZES)


@pytest.mark.parametrize(("state", "name"), [(training, "no-color"), (branched, "no-color-branched")])
def test_the_screen_without_colours_is_as_it_was(state: State, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    check(state, Launch(ascii=False), name, with_marks)
