"""Keys that select a stream, and what they steer then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from model.recipe import FAST, NOTEBOOK, Recipe
from model.sampling import Sampling
from tests.tui.driving import drawn, drive, screen_text, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, STEPS, FakeEngine, epoch_end, progress
from tests.tui.screens.test_epoch_keys import samples, train
from tui.app import CharLSTMApp
from tui.engine.messages import EpochSamples, TextAnswers
from tui.engine.writing.items import Item, SampleStart, SamplingChange, Seed, Written
from tui.keys.key_commands import Command, SelectStream, SetSampling
from tui.launch import Launch
from tui.screens.main import MainScreen
from tui.widgets.writing.stream_grid import StreamGrid
from tui.widgets.writing.stream_panel import StreamPanel
from tui.widgets.writing.writing_pane import WritingPane

TEXTS = ("aaaa", "bbbb", "cccc", "dddd")


def showing() -> list[Item]:
    """Four samples at once."""
    items: list[Item] = []
    for stream, (text, temperature) in enumerate(zip(TEXTS, FAST.temperatures, strict=True)):
        items.append(SampleStart(2.5, Sampling(temperature), stream + 1, 4, stream=stream))
        items.append(Seed("the seed ", (), stream))
        items += [Written(character, 0.5, 1.0, stream) for character in text]
    return items


def header(app: CharLSTMApp, stream: int) -> str:
    panels = app.main.query(StreamPanel)
    return str(panels[stream].header.render())


def selected(app: CharLSTMApp) -> list[int]:
    return [stream for stream in range(4) if header(app, stream).startswith("▸")]


async def sent(pilot: Pilot[None], engine: FakeEngine, *commands: Command) -> None:
    """Wait for these commands, beside those that name the selected stream."""

    def others() -> list[Command]:
        return [command for command in engine.commands if not isinstance(command, SelectStream)]

    await until(pilot, lambda: len(others()) >= len(commands), f"{commands}")
    assert others() == [*commands]
    engine.commands.clear()


def test_tab_and_shift_tab_go_round_the_streams() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        found = []
        for key in ("tab", "tab", "tab", "tab", "shift+tab", "shift+tab"):
            await pilot.press(key)
            found += selected(pilot.app)
        assert found == [1, 2, 3, 0, 3, 2]
        assert engine.commands == [SelectStream(stream) for stream in found]

    drive(scenario)


def test_a_click_on_a_text_selects_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(showing())
        await until_shown(pilot, *TEXTS)
        await pilot.click(pilot.app.main.query(StreamPanel)[2].text)
        await until(pilot, lambda: selected(pilot.app) == [2], "the third stream")

    drive(scenario)


def test_keys_steer_the_selected_stream_alone_and_its_header_shows_it_at_once() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(showing())
        await until_shown(pilot, *TEXTS)
        await pilot.press("tab", "minus")
        await sent(pilot, engine, SetSampling(Sampling(0.45), 1))
        assert header(pilot.app, 1).startswith("▸ 0.45 ━")
        await pilot.press("tab", "1")
        await sent(pilot, engine, SetSampling(Sampling(0.2), 2))
        assert [header(pilot.app, stream)[2:6] for stream in range(4)] == ["0.20", "0.45", "0.20", "1.20"]
        engine.write([SamplingChange(Sampling(0.45), 1), Written("B", 0.5, 1.0, 1)])
        await until_shown(pilot, "bbbb ▸0.45 B")

    drive(scenario)


def test_a_sets_the_selected_sampling_for_all() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("tab", "plus", "a")
        changes = [SetSampling(Sampling(0.55), stream) for stream in (0, 2, 3)]
        await sent(pilot, engine, SetSampling(Sampling(0.55), 1), *changes)
        assert [header(pilot.app, stream)[2:6] for stream in range(4)] == ["0.55"] * 4
        why = "They share seed and noise, so equal settings write equal text."
        await until_said(pilot, f"All streams have this sampling now. {why}")
        await pilot.press("a")
        await until_said(pilot, f"All streams have this sampling already. {why}")
        assert engine.commands == []

    drive(scenario)


def test_z_shows_the_selected_stream_alone_and_all_again() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(showing())
        await until_shown(pilot, *TEXTS)
        await pilot.press("tab", "z")
        await until(pilot, lambda: "cccc" not in screen_text(pilot.app), "one stream")
        await pilot.press("tab")
        assert "bbbb" not in await until_shown(pilot, "cccc")
        await pilot.press("z")
        await until_shown(pilot, *TEXTS)

    drive(scenario)


def test_the_sample_of_the_selected_stream_is_copied_and_scrolled() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([*showing(), *(Written(character, 0.5, 1.0, 3) for character in "\nrow" * 90)])
        await until_shown(pilot, "row")
        await pilot.press("shift+tab", "y")
        await until(pilot, lambda: pilot.app.clipboard, "a copy")
        assert pilot.app.clipboard == "the seed dddd" + "\nrow" * 90
        await pilot.press("home")
        await until_shown(pilot, "dddd")
        assert "End follows" in header(pilot.app, 3)
        assert "End" not in header(pilot.app, 0)

    drive(scenario)


def test_a_stream_without_text_says_so() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([SampleStart(1, Sampling(0.2), 0, 0), Written("x", 0.5, 1.0)])
        await until(pilot, lambda: pilot.app.main.query_one(WritingPane).has_text, "a text")
        await pilot.press("tab", "y")
        await until_shown(pilot, "The selected stream has no text yet.")
        assert pilot.app.clipboard == ""

    drive(scenario)


def test_a_recipe_that_chains_its_samples_writes_one_stream_and_says_so() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for key in ("tab", "shift+tab", "a", "z"):
            pilot.app.clear_notifications()
            await pilot.press(key)
            await until_shown(pilot, "This recipe writes one stream.")
        await until_shown(pilot, "chained: each temperature continues")
        assert "tab" not in screen_text(pilot.app).split("\n")[-1]

    drive(scenario, launch=Launch(ascii=False, recipe=NOTEBOOK))


def test_a_window_for_one_stream_says_why_it_does_not_zoom() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("z")
        await until_shown(pilot, "There is no room")

    drive(scenario, size=(40, 12))


def test_two_temperatures_are_two_streams() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert [panel.display for panel in pilot.app.main.query(StreamPanel)] == [True, True, False, False]
        await pilot.press("tab", "tab")
        assert selected(pilot.app) == [0]

    drive(scenario, launch=Launch(ascii=False, recipe=replace(FAST, temperatures=(0.3, 0.8))))


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (FAST, "This recipe has 4 temperatures: keys 1 to 4 set them."),
        (replace(FAST, temperatures=(0.7,)), "This recipe has one temperature: key 1 sets it."),
    ],
)
def test_a_digit_beyond_the_temperatures_says_which_digits_set_one(recipe: Recipe, sentence: str) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("7")
        await until_said(pilot, sentence)

    drive(scenario, launch=Launch(ascii=False, recipe=recipe))


def test_text_that_answers_a_key_does_not_wait_for_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.main.DRAIN_SECONDS", 1000.0)
    monkeypatch.setattr("tui.screens.main._KEY_SECONDS", 1000.0)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("plus")
        engine.write(showing())
        engine.tell(TextAnswers())
        await until_shown(pilot, *TEXTS)

    drive(scenario)


def test_a_key_that_moves_nothing_lays_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(showing())
        await until_shown(pilot, *TEXTS)
        await pilot.press("plus")  # the first key may bring words into the footer
        laid_out: list[object] = []
        monkeypatch.setattr(MainScreen, "_refresh_layout", lambda *args, **options: laid_out.append(args))
        await pilot.press("plus")
        await until_shown(pilot, "▸ 0.30 ")
        assert laid_out == []

    drive(scenario)


def test_streams_are_drawn_in_their_new_places_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[str] = []
    display = CharLSTMApp._display

    def streams(app: CharLSTMApp) -> str:
        return "".join(widget_text(grid) for grid in app.main.query(StreamGrid) if grid.size)

    def displayed(app: CharLSTMApp, *what: Any) -> None:
        display(app, *what)
        frames.append(streams(app))

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        monkeypatch.setattr(CharLSTMApp, "_display", displayed)
        # Into the time-lapse and out of it, also with the key of the odds, and all that zooms.
        for key in ("comma", "escape", "comma", "o", "comma", "escape", "z", "comma", "z", "escape"):
            before = streams(pilot.app)
            frames.clear()
            await pilot.press(key)
            await drawn(pilot)
            changes = [frame for frame in dict.fromkeys(frames) if frame != before]
            assert len(changes) == 1, f"{key}:\n" + "\n\n".join(changes)

    drive(scenario)


@pytest.mark.parametrize("recipe", [FAST, NOTEBOOK])
def test_tab_goes_on_to_the_texts_of_an_epoch_that_there_was_no_room_for(recipe: Recipe) -> None:
    six = replace(recipe, temperatures=(0.2, 0.5, 0.8, 1.0, 1.5, 2.0))

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, STEPS), epoch_end(1, 1.9))
        first = samples(1)[0]
        texts = [replace(first, sampling=((0, each),), text=f"at {each.temperature}") for each in six.samplings]
        engine.tell(EpochSamples({1: tuple(texts)}))
        await until_shown(pilot, "0:08")
        await pilot.press("comma")
        await until_shown(pilot, "epoch 1 of 24 · texts 1 to 4 of 6 (tab)", "at 0.2", "at 0.5", "at 0.8", "at 1.0")
        for turn in ("tab", "shift+tab"):
            await pilot.press(*[turn] * (six.streams if turn == "tab" else 1))
            shown = await until_shown(pilot, "epoch 1 of 24 · texts 5 to 6 of 6 (tab)", "at 1.5", "at 2.0")
            assert "at 0.2" not in shown
            await pilot.press(*["tab"] * min(2, six.streams))
            await until_shown(pilot, "texts 1 to 4 of 6", "at 0.2")
        await pilot.press("shift+tab", "escape", "comma")
        await until_shown(pilot, "texts 1 to 4 of 6")

    drive(scenario, size=(140, 40), launch=Launch(ascii=False, recipe=six))
