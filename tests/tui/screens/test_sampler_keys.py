"""The panel of samplers on the main screen: it sets the selected stream's sampling, and the text stays in sight."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from model.recipe import FAST, NOTEBOOK
from model.sampling import Sampling
from tests.tui.driving import drawn, drive, resized, screen_text, until, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, progress
from tui.engine.writing.items import Item, SampleStart, Seed, Written
from tui.keys.key_commands import Command, SetSampling
from tui.launch import Launch
from tui.widgets.panels.sampler_panel import SamplerPanel
from tui.widgets.panels.sampler_rows import SamplerRows
from tui.widgets.training.training_pane import TrainingPane
from tui.widgets.writing.writing_pane import WritingPane

SIZES = [(80, 24), (120, 40), (100, 30), (200, 60)]
TEXTS = ("aaaa", "bbbb", "cccc", "dddd")


def written(text: str, stream: int) -> list[Item]:
    return [Written(character, 0.5, 1.0, stream) for character in text]


def showing() -> list[Item]:
    items: list[Item] = []
    for stream, (text, temperature) in enumerate(zip(TEXTS, FAST.temperatures, strict=True)):
        items += [SampleStart(2.5, Sampling(temperature), stream + 1, 4, stream=stream), Seed("seed ", (), stream)]
        items += written(text, stream)
    return items


async def sent(pilot: Pilot[None], engine: FakeEngine, *commands: Command) -> None:
    """What changes samplings, in order."""

    def changes() -> list[Command]:
        return [command for command in engine.commands if isinstance(command, SetSampling)]

    await until(pilot, lambda: len(changes()) >= len(commands), f"{commands}")
    assert changes() == [*commands]
    engine.commands.clear()


def covered(pilot: Pilot[None]) -> bool:
    """Whether a notice covers the panel or the text."""
    notices = [notice.region for notice in pilot.app.screen.query(Toast)]
    parts = [pilot.app.main.query_one(part).region for part in (SamplerPanel, WritingPane)]
    return any(part.overlaps(notice) for part in parts for notice in notices)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_text_streams_in_sight_while_the_panel_is_open(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        engine.write(showing())
        await until_shown(pilot, *TEXTS)
        await pilot.press("tab", "m")
        await until_shown(pilot, "Samplers · stream 2", "min-p", "esc close")
        engine.write(written("bBbB", 1))
        shown = await until_shown(pilot, "bbbbbBbB")
        assert all(name.replace("_", "-") in shown for name in Sampling().order)
        assert ("Training ·" in shown) == (size[0] >= 100)
        await until_shown(pilot, "0 takes the likeliest token")
        pilot.app.notify("a notice")
        await until_shown(pilot, "a notice")
        await until(pilot, lambda: not covered(pilot), "the panel and the text in sight beside the notice")
        await pilot.press("m")
        await until_shown(pilot, "Training ·")
        await until(pilot, lambda: "Samplers ·" not in screen_text(pilot.app), "no panel")

    drive(scenario, size=size)


@pytest.mark.parametrize("close", ["m", "escape"])
def test_keys_of_the_panel_end_with_it(close: str) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([*showing(), *written("\nrow" * 90, 0)])
        await until_shown(pilot, "row")
        await pilot.press("m", "right", "enter", close)
        await sent(pilot, engine, SetSampling(Sampling(0.25), 0), SetSampling(Sampling(0.0), 0))
        await until(pilot, lambda: not pilot.app.main.query_one(SamplerPanel).display, "no panel")
        await pilot.press("enter", "up")
        await until_shown(pilot, "End follows")
        assert engine.commands == []

    drive(scenario)


def test_samplers_are_set_for_the_selected_stream_and_a_sets_them_for_all() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(showing())
        await until_shown(pilot, *TEXTS)
        await pilot.press("tab", "m", "down", "down", "enter", "left")
        await sent(pilot, engine, SetSampling(Sampling(0.5, top_k=5), 1), SetSampling(Sampling(0.5, top_k=4), 1))
        await until_shown(pilot, "▸ 0.50, top-k 4")
        await pilot.press("tab")
        await until_shown(pilot, "Samplers · stream 3", "top-k        ◂  off")
        await pilot.press("shift+tab", "a")
        await sent(pilot, engine, *(SetSampling(Sampling(0.5, top_k=4), stream) for stream in (0, 2, 3)))
        await pilot.press("3")
        await sent(pilot, engine, SetSampling(Sampling(1.0, top_k=4), 1))
        assert "1.00" in widget_text(pilot.app.main.query_one(SamplerRows))

    drive(scenario)


def test_the_order_is_switched_while_the_text_streams() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("m", *["down"] * 7)
        await until_shown(pilot, "temperature first", "first: the changed ones")
        await pilot.press("enter")
        await sent(pilot, engine, SetSampling(Sampling(0.2, temperature_last=True), 0))
        shown = await until_shown(pilot, "temperature last")
        assert shown.index("mirostat") < shown.index("temperature     0.20")

    drive(scenario)


def test_the_mouse_sets_a_sampler() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("m")
        await drawn(pilot)
        await pilot.click(SamplerRows, offset=(2, 5))
        await sent(pilot, engine, SetSampling(Sampling(0.2, min_p=0.05), 0))

    drive(scenario)


def test_one_stream_has_no_number() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("m")
        assert "stream 1" not in await until_shown(pilot, "─ Samplers · applied from top to bottom ─", "esc close")
        assert "a to all" not in screen_text(pilot.app)

    drive(scenario, launch=Launch(ascii=False, recipe=NOTEBOOK))


def test_plain_signs_and_the_smallest_window() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(showing())
        await pilot.press("m", "down", "down", "enter")
        shown = await until_shown(pilot, "> * top-k", "aaaa")
        assert shown.isascii()
        for width, height in ((120, 20), (80, 24), (200, 60)):
            await resized(pilot, width, height)
            assert (await until_shown(pilot, "> * top-k", "aaaa")).isascii()

    drive(scenario, size=(40, 12), launch=Launch(ascii=True))


def test_without_colour_the_panel_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("m", "down", "down", "enter")
        await until_shown(pilot, "▸ ● top-k", "○ top-p")

    drive(scenario)


def test_the_training_pane_keeps_its_numbers_beside_the_panel() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await until_shown(pilot, "chars/s")
        await pilot.press("m")
        await until_shown(pilot, "Samplers", "chars/s", part=pilot.app.main.query_one("#side"))
        assert pilot.app.main.query_one(TrainingPane).display

    drive(scenario, size=(120, 40))
