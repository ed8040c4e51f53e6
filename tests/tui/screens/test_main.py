"""The program on the screen: every key sends its command and shows it at once, at every size, and it always quits."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandList, CommandPalette
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import TextArea
from textual.widgets._toast import Toast

from model.recipe import FAST
from model.sampling import Sampling
from model.training.events import Step
from tests.tui.driving import drive, leave, resized, screen_text, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress, written
from tui.app import STOP_SECONDS, CharLSTMApp
from tui.engine.messages import EngineFailed, Stage
from tui.engine.writing.items import Item, SampleEnd, SampleStart, SamplingChange, Seed
from tui.keys.key_commands import (
    Command,
    HoldForShowing,
    PauseTraining,
    PauseWriting,
    Reseed,
    SetSampling,
    SetSpeed,
    WriteNow,
    WriteOne,
)
from tui.keys.keymap import actions_for
from tui.launch import Launch
from tui.screens.failure import FailureScreen
from tui.screens.help import HelpScreen
from tui.screens.main import MainScreen
from tui.screens.seed import SeedScreen
from tui.widgets.footer import KeyFooter
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.loss_chart import LossChart
from tui.widgets.training.training_pane import TrainingPane
from tui.widgets.writing.writing_pane import WritingPane

SAMPLE: list[Item] = [
    SampleStart(1, Sampling(0.5), 2, 4),
    Seed("the seed of it ", ()),
    *written("and what was written"),
]
SIZES = [(120, 40), (100, 24), (80, 24), (80, 40), (60, 20), (40, 12)]


@pytest.fixture(autouse=True)
def quick_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.training.loss_chart.REDRAW_SECONDS", 0.02)


async def taken(pilot: Pilot[None], engine: FakeEngine) -> None:
    """Until the screen has taken in all that was written."""
    await until(pilot, lambda: not len(engine.buffer), "an empty buffer")


async def opened(pilot: Pilot[None], kind: type[Screen[Any]], *keys: str) -> None:
    """Press keys and wait for the screen that they lead to, so that the next keys find it."""
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.is_mounted, kind.__name__)
    if kind is SeedScreen:
        await until(pilot, lambda: isinstance(pilot.app.focused, TextArea), "a place for the letters")


async def asked(pilot: Pilot[None], engine: FakeEngine, *commands: Command) -> None:
    """Until the engine has been asked for `commands`, and for nothing else."""
    await until(pilot, lambda: len(engine.commands) >= len(commands), f"{commands} asked for")
    assert engine.commands == [*commands]


def writing(app: CharLSTMApp) -> WritingPane:
    return app.main.query_one(WritingPane)


def footer(app: CharLSTMApp) -> str:
    return widget_text(app.main.query_one(KeyFooter))


# Keys


KEYS: list[tuple[str, list[Command]]] = [
    ("1", [SetSampling(Sampling(0.2), 0)]),
    ("4", [SetSampling(Sampling(1.2), 0)]),
    ("5", []),
    ("3 minus", [SetSampling(Sampling(1.0), 0), SetSampling(Sampling(0.95), 0)]),
    ("3 plus", [SetSampling(Sampling(1.0), 0), SetSampling(Sampling(1.05), 0)]),
    ("3 equals_sign", [SetSampling(Sampling(1.0), 0), SetSampling(Sampling(1.05), 0)]),
    ("space space", [PauseWriting(True), PauseWriting(False)]),
    ("s", []),
    ("space s space", [PauseWriting(True), WriteOne(), PauseWriting(False)]),
    ("r", [Reseed()]),
    ("g", [WriteNow()]),
    ("left_square_bracket", [SetSpeed(40)]),
    ("right_square_bracket right_square_bracket", [SetSpeed(80), SetSpeed(160)]),
    ("p p", [PauseTraining(True), PauseTraining(False)]),
    ("h h", [HoldForShowing(True), HoldForShowing(False)]),
]


def test_every_key_sends_its_command() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(SAMPLE)
        await until_shown(pilot, "what was written")
        for keys, commands in KEYS:
            await pilot.press(*keys.split(), "g")
            await asked(pilot, engine, *commands, WriteNow())
            engine.commands.clear()

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_the_temperature_is_on_the_screen_as_soon_as_its_key_is_pressed(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("4")
        await until_shown(pilot, "1.2", part=writing(pilot.app))
        await pilot.press("minus")
        await until_shown(pilot, "1.15", part=writing(pilot.app))

    drive(scenario, size=size)


def test_the_text_moves_the_shown_temperature_but_never_against_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.main.monotonic", lambda: 1000.0)
    monkeypatch.setattr(
        "tui.screens.key_actions.sampling_keys.monotonic", lambda: 1000.0
    )  # the text answers within a moment

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        session = pilot.app.main.session
        engine.write(SAMPLE)
        await taken(pilot, engine)
        assert session.sampling.temperature == 0.5
        await pilot.press("plus", "plus")
        await asked(pilot, engine, SetSampling(Sampling(0.55), 0), SetSampling(Sampling(0.6), 0))
        engine.write([SamplingChange(Sampling(0.55)), *written("x")])
        await taken(pilot, engine)
        assert session.sampling.temperature == 0.6
        engine.write([SamplingChange(Sampling(0.6)), *written("x"), SampleEnd(""), SampleStart(1, Sampling(1.0), 3, 4)])
        await taken(pilot, engine)
        assert session.sampling.temperature == 1.0
        assert writing(pilot.app).samplings[0].temperature == 1.0

    drive(scenario)


def test_speed_and_pause_are_shown() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = writing(pilot.app)
        assert pane.speed == "auto"
        await pilot.press("right_square_bracket")
        await until_shown(pilot, "160", part=pane)
        await pilot.press("space")
        await until_shown(pilot, "paused", part=pane)
        assert pane.paused

    drive(scenario)


def test_the_footer_follows_the_state() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        row = pilot.app.main.query_one(KeyFooter)
        engine.write(SAMPLE)
        assert "s step" not in await until_shown(pilot, "space pause", part=row)
        await pilot.press("space", "p")
        await until_shown(pilot, "space resume", "s step", "p resume training", part=row)
        await pilot.press("space", "p")
        await until_shown(pilot, "space pause", part=row)

    drive(scenario, size=(160, 40))


def test_training_pauses_and_waits_visibly() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = pilot.app.main.query_one(TrainingPane)
        engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9))
        await pilot.press("p")
        await until_shown(pilot, "Training · paused", part=pane)
        await pilot.press("p", "h")
        await until_shown(pilot, "Training · waits for the samples", part=pane)
        engine.tell(progress(2, 8))
        await until_shown(pilot, "Training · epoch 2 of 24 · hold", part=pane)

    drive(scenario)


def test_a_writer_without_text_says_that_the_user_has_paused_training() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264))
        engine.write([SampleStart(1, Sampling(0.5), 0, 0), Seed("God", ()), *written("s"), SampleEnd("the next epoch")])
        await until_shown(pilot, "waits for the next epoch")
        await pilot.press("p")
        await until_shown(pilot, "Writing · epoch 1 · training is paused: p resumes it, g writes now")
        await pilot.press("p")
        await until_shown(pilot, "waits for the next epoch")

    drive(scenario, size=(160, 40))


@pytest.mark.parametrize("keys", [("h", "space"), ("space", "h")])
def test_training_and_writing_that_wait_for_each_other_say_what_to_press(keys: tuple[str, str]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = pilot.app.main.query_one(TrainingPane)
        engine.tell(CORPUS, COMPILED, progress(1, 264))
        await pilot.press(*keys)
        await until_said(pilot, "wait at the end of the epoch until")
        engine.tell(epoch_end(1, 1.9))
        await until_shown(pilot, "Training · waits: resume writing (space)", part=pane)
        await pilot.press("space")
        await until_shown(pilot, "Training · waits for the samples", part=pane)

    drive(scenario)


def test_training_that_has_ended_cannot_be_paused() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(24, 264), FINISHED)
        await until_shown(pilot, "Training · finished")
        await pilot.press("p")
        await until_shown(pilot, "Training is complete.")
        assert "training" not in footer(pilot.app)

    drive(scenario, size=(160, 40))


def test_t_changes_the_theme_and_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert pilot.app.theme == "charlstm-dark"
        for theme in ("charlstm-light", "charlstm-dark"):
            await pilot.press("t")
            await until(pilot, lambda theme=theme: pilot.app.theme == theme, theme)

    drive(scenario)


def test_a_launch_can_ask_for_the_light_theme() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert pilot.app.theme == "charlstm-light"

    drive(scenario, launch=Launch(ascii=False, theme="light"))


# Seeds


def test_e_asks_for_a_seed_and_enter_sends_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, SeedScreen, "e")
        await opened(pilot, MainScreen, *"God is", "enter")
        await asked(pilot, engine, Reseed("God is"))

    drive(scenario)


def test_enter_overtakes_none_of_the_letters_before_it_and_counts_once() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, SeedScreen, "e")
        for letter in "all at once":
            pilot.app.post_message(Key("space" if letter == " " else letter, letter))
        pilot.app.post_message(Key("enter", "\r"))
        pilot.app.post_message(Key("enter", "\r"))
        await opened(pilot, MainScreen)
        await pilot.press("g")
        await asked(pilot, engine, Reseed("all at once"), WriteNow())

    drive(scenario)


def test_a_pasted_seed_keeps_its_lines() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, SeedScreen, "e")
        pilot.app.screen.query_one(TextArea).insert("one\ntwo " * 50)
        await pilot.press("enter")
        await asked(pilot, engine, Reseed("one\ntwo " * 50))

    drive(scenario)


def test_an_empty_seed_is_a_seed_and_escape_is_none() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, SeedScreen, "e")
        await opened(pilot, MainScreen, "escape")
        await opened(pilot, SeedScreen, "e")
        assert engine.commands == []
        await pilot.press("enter")
        await asked(pilot, engine, Reseed(""))

    drive(scenario)


def test_characters_of_a_seed_that_the_model_does_not_know_are_announced() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([SampleStart(1, Sampling(0.5), 0, 0), Seed("na?ve", (2,)), *written("te")])
        await until_shown(pilot, "does not know: 1.")

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
def test_the_seed_dialog_fits(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, SeedScreen, "e")
        await pilot.press(*"abc")
        await until_shown(pilot, "abc", "esc cancel")

    drive(scenario, size=size)


# The text


def test_text_streams_into_the_pane() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(SAMPLE)
        await until_shown(pilot, "seed  the seed of it", "and what was written")
        engine.write(written(" and more"))
        await until_shown(pilot, "written and more")

    drive(scenario)


def test_a_flood_of_text_is_taken_in_bites() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([*SAMPLE, *written("x" * 5000)])
        pilot.app.main._drain()
        assert len(engine.buffer) > 4000

    drive(scenario)


def test_y_copies_the_sample() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("y")
        await until_shown(pilot, "There is no text yet.")
        assert pilot.app.clipboard == ""
        engine.write(SAMPLE)
        await taken(pilot, engine)
        await pilot.press("y")
        await until_shown(pilot, "Copied 35 characters.")
        assert pilot.app.clipboard == "the seed of it and what was written"

    drive(scenario)


@pytest.mark.parametrize("size", SIZES)
def test_a_notice_leaves_the_text_and_the_log_in_sight(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        engine.write([SampleStart(1, Sampling(0.5), 2, 4), *written("long ago\n" * 40 + "newest")])
        await until_shown(pilot, "newest")
        await pilot.press("y")
        await until_shown(pilot, "Copied", "newest", "▸ 0.50")
        pane = writing(pilot.app)
        for part in (pane, pilot.app.screen.query_one(EventLog)):
            covering = [toast for toast in pilot.app.screen.query(Toast) if toast.region.overlaps(part.region)]
            assert not covering or size[1] < 20
        notice, side = (pilot.app.screen.query_one(part).region for part in (Toast, "#side"))
        assert (notice.x, notice.right) == (side.x + 1, side.right - 1) or size[1] < 20, "whole lines"

    drive(scenario, size=size)


def test_w_saves_the_sample_into_the_folder_of_the_run(tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.folder = tmp_path
        engine.write(SAMPLE)
        await until_shown(pilot, "what was written")
        await pilot.press("w", "w")
        await until_shown(pilot, "Saved to")
        whole = ["the seed of it and what was written\n"] * 2
        await until(pilot, lambda: [file.read_text() for file in (tmp_path / "saved").iterdir()] == whole, "two files")

    drive(scenario)


def test_a_sample_that_cannot_be_saved_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "saved").write_text("in the way")

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.folder = tmp_path
        engine.write(SAMPLE)
        await until_shown(pilot, "what was written")
        await pilot.press("w")
        assert "Traceback" not in await until_shown(pilot, "Not saved: Not a directory.")

    drive(scenario)


# Sizes, signs and colours


@pytest.mark.parametrize("size", SIZES)
def test_every_size_shows_both_panes_and_the_footer(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(replace(CORPUS, notes=()), COMPILED, progress(1, 264, loss=1.6234), epoch_end(1, 1.9))
        engine.write(SAMPLE)
        await until_shown(pilot, "Training", "1.6234", "? help", "q quit")

        def words() -> str:
            return " ".join(re.split(r"[\s│▏▎▍▌▋▊▉█]+", screen_text(pilot.app)))

        await until(pilot, lambda: "what was written" in words(), "the sample")
        assert writing(pilot.app).region.height >= size[1] / 2 - 1

    drive(scenario, size=size)


def test_at_eighty_by_twenty_four_writing_has_most_of_the_room() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9))
        await until_shown(pilot, "epoch 1 of 24", "held-out 1.9000")
        assert writing(pilot.app).region.height >= 13

    drive(scenario, size=(80, 24))


@pytest.mark.parametrize("size", [(80, 24), (120, 20), (120, 40), (200, 60)])
def test_where_there_is_room_there_is_a_chart_and_lines_of_text_are_not_too_long(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, Step(1, 25, 3.0, 0.01, 3.1, 3.1), Step(1, 200, 2.5, 0.01, 2.6, 2.9))
        engine.write([*SAMPLE, *written(" and so on" * 40)])
        text = await until_shown(pilot, "training", "held-out", "┤", "└", "and so on")
        assert max(len(line) for line in re.findall(r"│ ((?:\S+ )*and so on.*?) +│", text)) <= 90
        chart = pilot.app.main.query_one(LossChart).region
        assert chart.height >= 6
        assert chart.width >= size[0] * 3 // 8
        await pilot.press("l", "right")
        await until_shown(pilot, "logarithmic", "log nats/char" if size[0] > 80 else "log ")

    drive(scenario, size=size)


def test_l_says_where_there_is_no_room_for_the_chart() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await until_shown(pilot, "epoch 1")
        await pilot.press("l")
        await until_shown(pilot, "There is no room")

    drive(scenario, size=(120, 16))


def test_ctrl_c_quits_where_nothing_is_selected() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, SeedScreen, "e")
        await leave(pilot, "ctrl+c")

    assert drive(scenario)[0].return_code == 0


def test_ctrl_c_copies_what_is_selected_instead_of_quitting() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(SAMPLE)
        await until_shown(pilot, "what was written")
        await pilot.mouse_down(writing(pilot.app), offset=(4, 3))
        await pilot.hover(writing(pilot.app), offset=(12, 3))
        await pilot.mouse_up(writing(pilot.app), offset=(12, 3))
        await until(pilot, lambda: pilot.app.screen.get_selected_text(), "a selection")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: pilot.app.clipboard, "a copy")
        assert pilot.app.return_code is None

    drive(scenario)


@pytest.mark.parametrize("leaves_at_once", [True, False])
def test_q_waits_for_the_save_and_says_so_and_leaves_at_once_when_asked_again(
    leaves_at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = threading.Event()

    def stop(engine: FakeEngine, timeout: float) -> bool:
        engine.stops.append(timeout)
        engine.stopping.set()
        return saved.wait(min(timeout, 30))

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await until_shown(pilot, "epoch 1")
        await pilot.press("q")
        await until_shown(pilot, "Saving the last steps", "quit without waiting")
        assert pilot.app.return_code is None
        if leaves_at_once:
            await leave(pilot, "q")
        else:
            saved.set()
            await until(pilot, lambda: pilot.app.return_code is not None, "the end")

    monkeypatch.setattr(FakeEngine, "stop", stop)
    assert drive(scenario)[0].return_code == 0
    saved.set()


def test_a_screen_that_is_too_small_says_so_kindly_and_comes_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(SAMPLE)
        engine.tell(CORPUS, COMPILED, progress(1, 264))
        await until_shown(pilot, "epoch 1 of 24", "what was written")
        too_small = pilot.app.main.query_one("#too-small")
        for size in ((39, 12), (80, 11), (39, 11), (10, 3), (1, 1)):
            await resized(pilot, *size)
            await until(pilot, lambda size=size: too_small.size == size, "nothing but the sentence")
            assert "Training" not in screen_text(pilot.app)
        await resized(pilot, 39, 11)
        await until_shown(pilot, "needed: 40 columns, 12 rows", "here: 39 columns, 11 rows")
        await pilot.press("4")
        await asked(pilot, engine, SetSampling(Sampling(1.2), 0))
        for size in ((80, 24), (120, 40)):
            await resized(pilot, *size)
            assert "needed" not in await until_shown(pilot, "Training · epoch 1 of 24", "what was written")

    drive(scenario)


def test_panes_stand_side_by_side_from_a_hundred_columns_on() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for width, beside in ((99, False), (100, True), (200, True), (80, False)):
            await resized(pilot, width, 30)
            training, pane = pilot.app.main.query_one(TrainingPane), writing(pilot.app)
            await until(pilot, lambda width=width, pane=pane: pane.region.right == width, f"{width} columns in use")
            assert (training.region.right <= pane.region.x) is beside
            assert (training.region.bottom <= pane.region.y) is not beside

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
def test_ascii_screens_are_ascii(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8), progress(1, 264), epoch_end(1, 1.9))
        engine.write([*SAMPLE, SamplingChange(Sampling(1.2)), *written("x " * 2000)])
        await taken(pilot, engine)

        async def assert_ascii(*texts: str) -> None:
            text = await until_shown(pilot, *texts)
            assert text.isascii(), (texts, sorted({character for character in text if not character.isascii()}))

        await pilot.press("home")
        await assert_ascii("and what was", "End")
        await pilot.press("y")
        await assert_ascii("Copied")
        await opened(pilot, HelpScreen, "question_mark")
        await assert_ascii("esc close")
        await opened(pilot, MainScreen, "escape")
        await opened(pilot, SeedScreen, "e")
        await assert_ascii("esc cancel")
        await opened(pilot, MainScreen, "escape")
        await opened(pilot, CommandPalette, "ctrl+p")
        await assert_ascii("Find an action", "Best or newest")

    drive(scenario, size=size, launch=Launch(ascii=True))


def test_a_locale_without_utf8_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "ISO-8859-1")
    assert CharLSTMApp(FakeEngine(), Launch()).has_class("-ascii")


def test_without_color_everything_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8), progress(1, 264), epoch_end(1, 1.9), FINISHED)
        engine.write(SAMPLE)
        await until_shown(pilot, "what was written", "Training · finished", "┤")
        colors = re.findall(r"fill: #([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", pilot.app.export_screenshot().lower())
        assert all(len(set(parts)) == 1 for parts in colors if "".join(parts) not in ("c5c8c6",))
        for key, kind in (("question_mark", HelpScreen), ("e", SeedScreen), ("ctrl+p", CommandPalette)):
            await opened(pilot, kind, key)
            await opened(pilot, MainScreen, "escape")
        await pilot.press("y", "t")
        await until(pilot, lambda: pilot.app.theme == "charlstm-light", "the light theme")
        await until_shown(pilot, "Copied")

    drive(scenario)


# Help, palette and mouse


@pytest.mark.parametrize("size", [(120, 50), (60, 20)])
def test_help_lists_every_action(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, HelpScreen, "question_mark")
        listed = "\n".join(str(widget.render()) for widget in pilot.app.screen.query(".help-text"))
        for action in actions_for(FAST.temperatures):
            assert action.help in listed
        await until_shown(pilot, "Set temperature 0.2")
        await opened(pilot, MainScreen, "escape")

    drive(scenario, size=size)


def test_the_palette_lists_every_action_and_runs_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        app = pilot.app
        titles = [command.title for command in app.get_system_commands(app.main)]
        keys = [action.title for action in actions_for(FAST.temperatures) if action.id != "palette"]
        assert titles[: len(keys)] == keys
        assert titles[len(keys)] == "Compare with another run"
        assert all(title.startswith("Lesson") for title in titles[len(keys) + 1 :])
        await opened(pilot, CommandPalette, "ctrl+p")
        assert CommandPalette.is_open(app)
        await until_shown(pilot, "Best or newest")
        await pilot.press(*"reseed")
        found = app.screen.query_one(CommandList)
        await until(pilot, lambda: found.option_count == 1 and found.highlighted == 0, "the one action found")
        await pilot.press("enter")
        await asked(pilot, engine, Reseed())

    drive(scenario)


def test_keys_in_the_footer_can_be_clicked() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = footer(pilot.app)
        for key in ("4", "r", "g"):
            await pilot.click(KeyFooter, offset=(re.search(rf"\b{key}\b", text).start(), 0))
        await pilot.click(KeyFooter, offset=(text.index("pause"), 0))
        await asked(pilot, engine, SetSampling(Sampling(1.2), 0), Reseed(), WriteNow(), PauseWriting(True))

    drive(scenario, size=(160, 40))  # wide enough for all of these keys


def test_clicks_leave_the_keys_where_they_were() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264))
        engine.write(SAMPLE)
        await until_shown(pilot, "what was written", "epoch 1 of 24")
        await until(pilot, lambda: pilot.app.main.query_one(LossChart).region.height, "the chart")
        for widget in (WritingPane, TrainingPane, LossChart):
            await pilot.click(widget)
        await pilot.press("plus", "minus", "g")
        await until(pilot, lambda: WriteNow() in engine.commands, "the last key's command")
        assert [type(command) for command in engine.commands] == [SetSampling, SetSampling, WriteNow]

    drive(scenario)


# The engine


def test_the_engine_starts_after_the_first_frame_and_stops_in_time() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert engine.post is not None
        assert engine.stops == []
        assert "Training" in screen_text(pilot.app)

    _, engine = drive(scenario)
    assert engine.stops == [STOP_SECONDS]
    assert STOP_SECONDS < 1


def test_messages_may_come_from_any_thread() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        thread = threading.Thread(target=engine.tell, args=(CORPUS, COMPILED, progress(1, 8, loss=1.5432)))
        thread.start()
        thread.join()
        await until_shown(pilot, "1.5432")

    drive(scenario)


@pytest.mark.parametrize("keys", [["q"], ["ctrl+q"], ["question_mark", "ctrl+q"], ["e", "ctrl+q"]], ids=str)
def test_quitting_asks_nothing(keys: list[str]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        for key in keys[:-1]:
            await opened(pilot, HelpScreen if key == "question_mark" else SeedScreen, key)
        await leave(pilot, keys[-1])

    app, engine = drive(scenario)
    assert not app.is_running
    assert app.return_code == 0
    assert engine.stops


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.02, 0.03, 0.05, 0.08])
def test_quitting_is_clean_in_the_middle_of_everything(delay: float) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        def chatter() -> None:
            step = 0
            while not engine.stopping.is_set():
                step += 1
                engine.tell(progress(1 + step // 264, step % 264), epoch_end(step, 1.9))
                engine.write(written("more "))
                engine.stopping.wait(0.001)

        engine.tell(CORPUS, COMPILED)
        engine.write(SAMPLE)
        thread = threading.Thread(target=chatter, daemon=True)
        thread.start()
        await pilot.pause(delay)
        pilot.app.exit()

    app, _ = drive(scenario)
    assert not app.return_code


def test_a_failure_is_told_in_a_sentence_and_the_text_stays() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        engine.write(SAMPLE)
        await until_shown(pilot, "epoch 1 of 24", "what was written")
        engine.tell(EngineFailed("The disk is full [really].", "Traceback (most recent call last)"))
        text = await until_shown(pilot, "The disk is full [really].", "Training · failed")
        assert isinstance(pilot.app.screen, FailureScreen)
        assert "Traceback" not in text
        await opened(pilot, MainScreen, "escape")
        await until_shown(pilot, "The disk is full [really].")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard.endswith("what was written"), "a copy of the sample")
        await leave(pilot, "q")

    app, _ = drive(scenario)
    assert app.return_code == 1
    assert app.failure is not None


def test_q_quits_from_the_failure_itself() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(Stage("opening nothing.txt"), EngineFailed("There is no file nothing.txt.", ""))
        text = await until_shown(pilot, "There is no file nothing.txt.", "could not start")
        assert text.count("There is no file nothing.txt.") == 1
        await leave(pilot, "q")

    app, _ = drive(scenario)
    assert app.return_code == 1


def test_a_run_that_is_over_is_no_failure() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(24, 264), FINISHED)
        await until_shown(pilot, "Training · finished")
        await leave(pilot, "q")

    assert drive(scenario)[0].return_code == 0


# Start-up


def test_the_first_paint_waits_for_nothing_heavy() -> None:
    heavy = {"numpy", "jax", "textual.widgets._text_area", "textual.widgets._markdown", "requests"}
    probe = "import sys, tui.app; print(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert not heavy & set(result.stdout.split())


def test_a_recipe_with_other_temperatures_has_other_digit_keys() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert footer(pilot.app).lstrip().startswith("1 2 - + temperature")
        await pilot.press("2", "3", "g")
        await asked(pilot, engine, SetSampling(Sampling(0.7), 0), WriteNow())

    drive(scenario, launch=Launch(ascii=False, recipe=replace(FAST, temperatures=(0.3, 0.7))))
