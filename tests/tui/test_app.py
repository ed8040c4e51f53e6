"""The program on the screen: every key sends its command and shows it at once, at every size, and it always quits."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import TextArea

from model.events import Compiled
from model.recipe import FAST
from tests.tui.driving import drive, screen_text, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress, written
from tui.app import STOP_SECONDS, CharLSTMApp
from tui.commands import (
    Command,
    HoldForShowing,
    PauseTraining,
    PauseWriting,
    Reseed,
    SetSpeed,
    SetTemperature,
    WriteNow,
    WriteOne,
)
from tui.keymap import actions_for
from tui.launch import Launch
from tui.messages import EngineFailed, Stage
from tui.screens.failure import FailureScreen
from tui.screens.help import HelpScreen
from tui.screens.main import MainScreen
from tui.screens.seed import SeedScreen
from tui.stream import Item, SampleEnd, SampleStart, Seed, TemperatureChange
from tui.widgets.footer import KeyFooter
from tui.widgets.loss_chart import LossChart
from tui.widgets.training_pane import TrainingPane
from tui.widgets.writing_pane import WritingPane

SAMPLE: list[Item] = [SampleStart(1, 0.5, 2, 4), Seed("the seed of it ", ()), *written("and what was written")]
SIZES = [(120, 40), (100, 24), (80, 24), (80, 40), (60, 20), (40, 12)]


@pytest.fixture(autouse=True)
def quick_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.loss_chart.REDRAW_SECONDS", 0.02)


async def settle(pilot: Pilot[None]) -> str:
    """The screen after the next drain of the token buffer."""
    await pilot.pause(0.08)
    return screen_text(pilot.app)


def writing(app: CharLSTMApp) -> WritingPane:
    return app.main.query_one(WritingPane)


def footer(app: CharLSTMApp) -> str:
    return widget_text(app.main.query_one(KeyFooter))


# Keys


KEYS: list[tuple[str, list[Command]]] = [
    ("1", [SetTemperature(0.2)]),
    ("4", [SetTemperature(1.2)]),
    ("5", []),
    ("3 minus", [SetTemperature(1.0), SetTemperature(0.95)]),
    ("3 left left", [SetTemperature(1.0), SetTemperature(0.95), SetTemperature(0.9)]),
    ("3 plus", [SetTemperature(1.0), SetTemperature(1.05)]),
    ("3 equals_sign right", [SetTemperature(1.0), SetTemperature(1.05), SetTemperature(1.1)]),
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
        for keys, commands in KEYS:
            await pilot.press(*keys.split())
            assert engine.commands == commands, keys
            engine.commands.clear()

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_the_temperature_is_on_the_screen_as_soon_as_its_key_is_pressed(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("4")
        assert "1.2" in widget_text(writing(pilot.app))
        await pilot.press("minus")
        assert "1.15" in widget_text(writing(pilot.app))

    drive(scenario, size=size)


def test_the_text_moves_the_shown_temperature_but_never_against_a_key() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        session = pilot.app.main.session
        engine.write(SAMPLE)
        await settle(pilot)
        assert session.temperature == 0.5
        await pilot.press("plus", "plus")
        engine.write([TemperatureChange(0.55), *written("x")])
        await settle(pilot)
        assert session.temperature == 0.6
        engine.write([TemperatureChange(0.6), *written("x"), SampleEnd(""), SampleStart(1, 1.0, 3, 4)])
        await settle(pilot)
        assert session.temperature == 1.0
        assert writing(pilot.app).temperature == 1.0

    drive(scenario)


def test_speed_and_pause_are_shown() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = writing(pilot.app)
        assert pane.speed == 80.0
        await pilot.press("right_square_bracket")
        assert "160" in widget_text(pane)
        await pilot.press("space")
        assert pane.paused
        assert "paused" in widget_text(pane)

    drive(scenario)


def test_the_footer_follows_the_state() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert "space pause" in footer(pilot.app)
        assert "s step" not in footer(pilot.app)
        await pilot.press("space", "p")
        assert "space resume" in footer(pilot.app)
        assert "s step" in footer(pilot.app)
        assert "p resume training" in footer(pilot.app)
        await pilot.press("space", "p")
        assert "space pause" in footer(pilot.app)

    drive(scenario, size=(160, 40))


def test_training_pauses_and_waits_visibly() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = pilot.app.main.query_one(TrainingPane)
        engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9))
        await pilot.press("p")
        assert "Learning · paused" in widget_text(pane)
        await pilot.press("p", "h")
        assert "Learning · waits for the showing" in widget_text(pane)
        engine.tell(progress(2, 8))
        await pilot.pause()
        assert "Learning · epoch 2 of 24 · hold" in widget_text(pane)

    drive(scenario)


def test_training_that_has_ended_cannot_be_paused() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(24, 264), FINISHED)
        await pilot.press("p")
        await pilot.pause(0.2)
        assert "Training has ended." in screen_text(pilot.app)
        assert "p pause training" in footer(pilot.app)

    drive(scenario, size=(160, 40))


def test_l_changes_the_scale_of_the_chart() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await pilot.press("l")
        assert pilot.app.main.query_one(LossChart).logarithmic
        assert "log loss" in screen_text(pilot.app)

    drive(scenario)


def test_t_changes_the_theme_and_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert pilot.app.theme == "charlstm-dark"
        await pilot.press("t")
        assert pilot.app.theme == "charlstm-light"
        await pilot.press("t")
        assert pilot.app.theme == "charlstm-dark"

    drive(scenario)


def test_a_launch_can_ask_for_the_light_theme() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert pilot.app.theme == "charlstm-light"

    drive(scenario, launch=Launch(ascii=False, theme="light"))


# Seeds


def test_e_asks_for_a_seed_and_enter_sends_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("e")
        assert isinstance(pilot.app.screen, SeedScreen)
        await pilot.press(*"God is", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, MainScreen)
        assert engine.commands == [Reseed("God is")]

    drive(scenario)


def test_enter_overtakes_none_of_the_letters_before_it_and_counts_once() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("e")
        for letter in "all at once":
            pilot.app.post_message(Key("space" if letter == " " else letter, letter))
        pilot.app.post_message(Key("enter", "\r"))
        pilot.app.post_message(Key("enter", "\r"))
        await pilot.pause(0.2)
        assert engine.commands == [Reseed("all at once")]

    drive(scenario)


def test_a_pasted_seed_keeps_its_lines() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("e")
        pilot.app.screen.query_one(TextArea).insert("one\ntwo " * 50)
        await pilot.press("enter")
        await pilot.pause()
        assert engine.commands == [Reseed("one\ntwo " * 50)]

    drive(scenario)


def test_an_empty_seed_is_a_seed_and_escape_is_none() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("e", "escape")
        await pilot.pause()
        assert engine.commands == []
        await pilot.press("e", "enter")
        await pilot.pause()
        assert engine.commands == [Reseed("")]

    drive(scenario)


def test_characters_of_a_seed_that_the_model_does_not_know_are_announced() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([SampleStart(1, 0.5, 0, 0), Seed("na?ve", (2,)), *written("te")])
        await pilot.pause(0.2)
        assert "never seen: 1." in screen_text(pilot.app)

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
def test_the_seed_dialog_fits(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("e", *"abc")
        text = screen_text(pilot.app)
        assert "abc" in text
        assert "esc cancel" in text

    drive(scenario, size=size)


# The text


def test_text_streams_into_the_pane() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(SAMPLE)
        assert "the seed of it and what was written" in await settle(pilot)
        engine.write(written(" and more"))
        assert "written and more" in await settle(pilot)

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
        assert pilot.app.clipboard == ""
        assert "Nothing is written yet." in await settle(pilot)
        engine.write(SAMPLE)
        await settle(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == "the seed of it and what was written"
        assert "Copied 35 characters." in await settle(pilot)

    drive(scenario)


def test_w_saves_the_sample_into_the_folder_of_the_run(tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, compiled_into(tmp_path))
        engine.write(SAMPLE)
        await settle(pilot)
        await pilot.press("w", "w")
        await pilot.app.workers.wait_for_complete()
        files = list((tmp_path / "saved").iterdir())
        assert len(files) == 2
        assert {file.read_text() for file in files} == {"the seed of it and what was written\n"}
        assert "Saved to" in await settle(pilot)

    drive(scenario)


def test_a_sample_that_cannot_be_saved_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "saved").write_text("in the way")

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, compiled_into(tmp_path))
        engine.write(SAMPLE)
        await settle(pilot)
        await pilot.press("w")
        await pilot.app.workers.wait_for_complete()
        text = await settle(pilot)
        assert "Not saved: File exists." in text
        assert "Traceback" not in text

    drive(scenario)


def compiled_into(folder: Path) -> Compiled:
    return replace(COMPILED, run=str(folder))


# Sizes, signs and colours


@pytest.mark.parametrize("size", SIZES)
def test_every_size_shows_both_panes_and_the_footer(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(replace(CORPUS, notes=()), COMPILED, progress(1, 264, loss=1.6234), epoch_end(1, 1.9))
        await pilot.pause()
        engine.write(SAMPLE)
        text = await settle(pilot)
        assert "Learning" in text
        assert "1.6234" in text
        assert "what was written" in " ".join(re.split(r"[\s│▏▎▍▌▋▊▉█]+", text))
        assert "? help" in text
        assert writing(pilot.app).region.height >= size[1] / 2 - 1

    drive(scenario, size=size)


def test_at_eighty_by_twenty_four_writing_has_most_of_the_room() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9))
        await pilot.pause()
        assert writing(pilot.app).region.height >= 15

    drive(scenario, size=(80, 24))


def test_a_screen_that_is_too_small_says_so_kindly_and_comes_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(SAMPLE)
        engine.tell(CORPUS, COMPILED, progress(1, 264))
        for size in ((39, 12), (80, 11), (39, 11), (10, 3), (1, 1)):
            await pilot.resize_terminal(*size)
            text = await settle(pilot)
            assert "Learning" not in text
        await pilot.resize_terminal(39, 11)
        text = await settle(pilot)
        assert "needed: 40 columns, 12 rows" in text
        assert "here: 39 columns, 11 rows" in text
        await pilot.press("4")
        assert engine.commands[-1] == SetTemperature(1.2)
        for size in ((80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            text = await settle(pilot)
            assert "Learning · epoch 1 of 24" in text
            assert "what was written" in text
            assert "needed" not in text

    drive(scenario)


def test_panes_stand_side_by_side_from_a_hundred_columns_on() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for width, beside in ((99, False), (100, True), (200, True), (80, False)):
            await pilot.resize_terminal(width, 30)
            await pilot.pause()
            training, pane = pilot.app.main.query_one(TrainingPane).region, writing(pilot.app).region
            assert (training.right <= pane.x) is beside
            assert (training.bottom <= pane.y) is not beside

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
def test_ascii_screens_are_ascii(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8), progress(1, 264), epoch_end(1, 1.9))
        engine.write([*SAMPLE, TemperatureChange(1.2), *written("x " * 2000)])
        await settle(pilot)
        for keys in (["home"], ["y"], ["question_mark"], ["escape", "e"], ["escape", "ctrl+p"]):
            await pilot.press(*keys)
            text = await settle(pilot)
            assert text.isascii(), (keys, sorted({character for character in text if not character.isascii()}))

    drive(scenario, size=size, launch=Launch(ascii=True))


def test_a_locale_without_utf8_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "ISO-8859-1")
    assert CharLSTMApp(FakeEngine(), Launch()).ascii_only


def test_without_color_everything_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8), progress(1, 264), epoch_end(1, 1.9), FINISHED)
        engine.write(SAMPLE)
        await pilot.pause(0.15)
        assert "what was written" in screen_text(pilot.app)
        colors = re.findall(r"fill: #([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", pilot.app.export_screenshot().lower())
        assert all(len(set(parts)) == 1 for parts in colors if "".join(parts) not in ("c5c8c6",))
        for key in ("question_mark", "escape", "e", "escape", "ctrl+p", "escape", "y", "t"):
            await pilot.press(key)

    drive(scenario)


# Help, palette and mouse


@pytest.mark.parametrize("size", [(120, 50), (60, 20)])
def test_help_lists_every_action(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        listed = "\n".join(str(widget.render()) for widget in pilot.app.screen.query(".help-text"))
        for action in actions_for(FAST.temperatures):
            assert action.help in listed
        assert "very next character" in screen_text(pilot.app)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, MainScreen)

    drive(scenario, size=size)


def test_the_palette_lists_every_action_and_runs_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        app = pilot.app
        titles = [command.title for command in app.get_system_commands(app.main)]
        assert titles == [action.title for action in actions_for(FAST.temperatures) if action.id != "palette"]
        await pilot.press("ctrl+p")
        assert CommandPalette.is_open(app)
        await pilot.press(*"reseed")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert engine.commands == [Reseed()]

    drive(scenario)


def test_keys_in_the_footer_can_be_clicked() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = footer(pilot.app)
        for key in ("4", "r", "g"):
            await pilot.click(KeyFooter, offset=(re.search(rf"\b{key}\b", text).start(), 0))
        await pilot.click(KeyFooter, offset=(text.index("pause"), 0))
        assert engine.commands == [SetTemperature(1.2), Reseed(), WriteNow(), PauseWriting(True)]

    drive(scenario)


def test_clicks_leave_the_keys_where_they_were() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264))
        engine.write(SAMPLE)
        await pilot.pause(0.15)
        for widget in (WritingPane, TrainingPane, LossChart):
            await pilot.click(widget)
        await pilot.press("tab", "right", "minus")
        assert [type(command) for command in engine.commands] == [SetTemperature, SetTemperature]

    drive(scenario)


# The engine


def test_the_engine_starts_after_the_first_frame_and_stops_in_time() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert engine.post is not None
        assert engine.stops == []
        assert "Learning" in screen_text(pilot.app)

    _, engine = drive(scenario)
    assert engine.stops == [STOP_SECONDS]
    assert STOP_SECONDS < 1


def test_messages_may_come_from_any_thread() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        thread = threading.Thread(target=engine.tell, args=(CORPUS, COMPILED, progress(1, 8, loss=1.5432)))
        thread.start()
        thread.join()
        assert "1.5432" in await settle(pilot)

    drive(scenario)


@pytest.mark.parametrize("keys", [["q"], ["ctrl+q"], ["question_mark", "q"], ["e", "ctrl+q"]], ids=str)
def test_quitting_asks_nothing(keys: list[str]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await pilot.press(*keys)

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
        await settle(pilot)
        engine.tell(EngineFailed("The disk is full [really].", "Traceback (most recent call last)"))
        text = await settle(pilot)
        assert isinstance(pilot.app.screen, FailureScreen)
        assert "The disk is full [really]." in text
        assert "Traceback" not in text
        assert "Learning · failed" in text
        await pilot.press("escape", "y")
        assert pilot.app.clipboard.endswith("what was written")
        await pilot.press("q")

    app, _ = drive(scenario)
    assert app.return_code == 1
    assert app.failure is not None


def test_q_quits_from_the_failure_itself() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(Stage("opening nothing.txt"), EngineFailed("There is no file nothing.txt.", ""))
        text = await settle(pilot)
        assert "There is no file nothing.txt." in text
        assert "could not begin" in text
        await pilot.press("q")

    app, _ = drive(scenario, size=(80, 24))
    assert app.return_code == 1


def test_a_run_that_is_over_is_no_failure() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(24, 264), FINISHED)
        assert "Learning · finished" in await settle(pilot)
        await pilot.press("q")

    assert drive(scenario)[0].return_code == 0


# Start-up


def test_the_first_paint_waits_for_nothing_heavy() -> None:
    heavy = {"numpy", "jax", "textual_plot", "textual.widgets._text_area", "textual.widgets._markdown", "pooch"}
    probe = "import sys, tui.app; print(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert not heavy & set(result.stdout.split())


def test_a_recipe_with_other_temperatures_has_other_digit_keys() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert footer(pilot.app).lstrip().startswith("1 2 - + temperature")
        await pilot.press("2", "3")
        assert engine.commands == [SetTemperature(0.7)]

    drive(scenario, launch=Launch(ascii=False, recipe=replace(FAST, temperatures=(0.3, 0.7))))
