"""The training pane: what it says at each moment of a run, wide and narrow."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from model.recipe import FAST, NOTEBOOK, PRESETS
from model.training.events import Saved, SaveFailed
from tests.tui.driving import drawn, drive, screen_text, until, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress
from tui.engine.messages import Note, Stage, TrainingEvent
from tui.launch import Launch
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.numbers import Numbers
from tui.widgets.training.training_pane import TrainingPane

WIDE, NARROW = (120, 40), (80, 24)


async def shown(pilot: Pilot[None], engine: FakeEngine, *messages: object) -> str:
    """The pane after the engine has said something."""
    engine.tell(*messages)
    await drawn(pilot)
    return widget_text(pilot.app.query_one(TrainingPane))


def test_before_the_first_step_there_is_a_calm_line_and_no_empty_instruments() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, Stage("compiling the training step"))
        assert "compiling the training step …" in text
        assert "held-out" not in text
        assert "LSTM 1\u00d7128 · fast" in text

    drive(scenario)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_corpus_and_model_are_told_in_a_line(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        quiet = replace(
            CORPUS, notes=(), vocabulary=659, parts=("300 words", "302 beginnings of words", "57 characters")
        )
        # A notice stands over the facts while it lasts.
        text = await shown(pilot, engine, quiet, COMPILED, progress(1, 8))
        for fact in (
            "600,893 characters",
            "57 distinct",
            "659 tokens",
            "302 beginnings of words",
            "103,481 parameters",
        ):
            assert fact in text
        if size == NARROW:
            assert "nietzsche · 600,893 characters" in text
            assert "LSTM 1\u00d7128 · 103,481 parameters · fast" in text

    drive(scenario, size=size)


@pytest.mark.parametrize(("recipe", "counted"), [("fast", False), ("best", False), ("notebook", True)])
def test_sequences_are_counted_only_where_the_recipe_reads_any(recipe: str, counted: bool) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, CORPUS, COMPILED, progress(1, 8))
        assert ("200,278 sequences" in text) is counted

    drive(scenario, launch=Launch(ascii=False, recipe=PRESETS[recipe], recipe_name=recipe))


def test_of_an_earlier_versions_run_the_words_are_counted() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, replace(CORPUS, notes=(), vocabulary=200), COMPILED, progress(1, 8))
        assert "200 words" in text
        assert "tokens" not in text

    drive(scenario, launch=Launch(ascii=False, recipe=replace(FAST, tokens="words")))


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_loss_of_the_newest_batch_is_told_from_the_mean_of_the_epoch(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await shown(pilot, engine, CORPUS, COMPILED, progress(2, 40, loss=1.5123))
        text = widget_text(pilot.app.screen.query_one(Numbers))
        if size == WIDE:
            head, numbers, *_ = text.splitlines()
            assert head.split("  ")[:2] == ["batch loss", "epoch mean"]
            assert numbers.split()[:2] == ["1.5123", "1.8125"]
        else:
            assert "batch 1.5123" in text
            assert "mean 1.8125" in text

    drive(scenario, size=size)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_losses_speed_and_progress_are_shown(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(
            pilot,
            engine,
            CORPUS,
            COMPILED,
            progress(1, 264),
            epoch_end(1, 1.6254),
            progress(2, 40, loss=1.5123, seconds=2.0),
            progress(2, 48, loss=1.6234, seconds=3.0),
        )
        meaning = "2.34 bits: about 5 likely characters"  # where the pane is low, in place of mean and speed
        for number in ("1.6234", "1.6254", meaning, "2/24", "48/264"):
            assert number in text
        assert "epoch 2 of 24" in text
        assert "0:09" in text  # 216 steps at 24 a second
        if size == WIDE:
            assert all(number in text for number in ("0.00981", "1.8125", "2.345", "163,842"))

    drive(scenario, size=size)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_speed_of_a_fast_machine_is_shown_in_millions(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        fast = replace(progress(1, 264), characters_per_second=12_345_678.0)
        assert "12.35 M" in await shown(pilot, engine, CORPUS, COMPILED, fast)

    drive(scenario, size=size)


def test_a_log_that_is_too_low_shows_the_beginning_of_its_last_sentence() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await shown(pilot, engine, CORPUS, COMPILED, progress(1, 8))
        log = pilot.app.screen.query_one(EventLog)
        await shown(pilot, engine, Note("The first words of this sentence are here, " + "more follows, " * 9 + "end."))
        assert widget_text(log).startswith("The first words of this sentence are here, ")
        assert widget_text(log).rstrip().endswith("\u2026")
        rows = log.virtual_size.height
        await shown(pilot, engine, Note("Short."))
        assert widget_text(log).strip() == "Short."
        assert log.virtual_size.height > rows + 1, "for whoever scrolls back, all of it is there"

    drive(scenario, size=NARROW)


def test_changing_digits_move_nothing() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await shown(pilot, engine, CORPUS, COMPILED, progress(1, 8))
        columns = set()
        for loss in (0.5, 9.8765, 123.4, 1e9, float("inf"), float("nan")):
            text = await shown(pilot, engine, progress(1, 8, loss=loss))
            line = next(line for line in text.split("\n") if "1.8125" in line)
            columns.add(line.index("1.8125"))
        assert len(columns) == 1

    drive(scenario)


def test_each_epoch_adds_a_row_and_only_the_best_is_marked() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await shown(pilot, engine, CORPUS, COMPILED)
        for epoch, held_out in enumerate((1.9, 1.7, 1.8), start=1):
            text = await shown(pilot, engine, progress(epoch, 264), epoch_end(epoch, held_out))
        rows = {match[1]: match[0] for match in re.finditer(r" +(\d) +1\.7021 .*", text)}
        assert list(rows) == ["1", "2", "3"]
        assert ["best" in row for row in rows.values()] == [False, True, False]
        assert "0:08" in rows["1"]

    drive(scenario)


def test_a_state_that_drifts_is_said_and_is_not_the_best() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        drifted = replace(epoch_end(2, 1.8), windowed=1.4321)
        ends = [replace(epoch_end(1, 1.9), windowed=1.91), drifted, replace(epoch_end(3, 1.7), windowed=1.95)]
        text = await shown(pilot, engine, CORPUS, COMPILED)
        for end in ends:
            text = await shown(pilot, engine, progress(end.epoch, 264), end)
        assert " ".join(re.split(r"[\s│]+", text)).count("carrying the state along drifts") == 1
        assert "1.4321" in text
        rows = {match[1]: match[0] for match in re.finditer(r" +(\d) +1\.7021 .*", text)}
        assert ["best" in row for row in rows.values()] == [False, True, False]

    drive(scenario)


def test_a_narrow_strip_tells_the_epoch_in_words() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9))
        assert "epoch 1: loss 1.7021, held-out 1.9000, 2.741 bits, after 0:08  best" in text

    drive(scenario, size=NARROW)


def test_notes_of_the_corpus_are_shown() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, CORPUS)
        assert "no network: reading the Python manual instead" in " ".join(re.split(r"[\s│]+", text))

    drive(scenario)


@pytest.mark.parametrize("size", [NARROW, (60, 20)])
def test_notes_stay_readable_where_the_log_has_a_single_line(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        note = re.compile(r"no network: reading .*Python manual .*instead")

        def words() -> str:
            return " ".join(re.split(r"[\s│╭╮╰╯─]+", screen_text(pilot.app)))

        await until(pilot, lambda: note.search(words()), "the note")

    drive(scenario, size=size)


def test_nothing_in_a_name_or_a_note_reaches_the_terminal_as_a_command() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        evil = replace(CORPUS, name="\x1b[2Jevil[bold]\u202e", notes=("\x1b]0;title\x07[red]note",))
        text = await shown(pilot, engine, evil)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "evil[bold]" in text
        assert "[red]note" in text

    drive(scenario)


def test_a_finished_run_says_so_and_where_it_is_kept() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, CORPUS, COMPILED, progress(24, 264), epoch_end(24, 1.5), FINISHED)
        assert "Training · finished" in text
        assert "best held-out 1.4987 nats after epoch 22" in text
        assert "saved in /runs/nietzsche" in text
        bars = [line for line in text.split("\n") if "/24" in line or "264/264" in line]
        assert len(bars) == 2
        assert all("─" not in line for line in bars)

    drive(scenario)


def test_where_the_log_has_one_row_the_result_stays_in_sight_whatever_is_noted_after_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        result = "best held-out 1.4987 nats after epoch 22; all epochs done: 24 epochs in 1:23"
        engine.tell(CORPUS, COMPILED, progress(24, 264), epoch_end(24, 1.5), FINISHED, Note("A note.", warning=False))
        await until_shown(pilot, "finished", result)
        engine.tell(Note("A warning.", warning=True))
        await until(pilot, lambda: "A warning." in widget_text(pilot.app.screen.query_one(EventLog)), "the warning")

    drive(scenario, size=NARROW)


def test_saving_and_not_saving_are_said() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, CORPUS, COMPILED, progress(1, 264), Saved("/runs/x", 1320))
        assert "saved at step 1,320" in text
        text = await shown(pilot, engine, SaveFailed("The disk is full."))
        assert "not saved" in text
        assert "The disk is full." in text

    drive(scenario)


def test_where_the_log_is_low_a_failure_to_save_is_shown_whole_and_once() -> None:
    reason = "No run can be made in /proc/x: No such file or directory. Choose another folder with --runs."

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await shown(pilot, engine, CORPUS, COMPILED, progress(1, 264))
        for _ in range(2):  # as at every epoch
            await shown(pilot, engine, SaveFailed(reason))
        toasts = [toast.message for toast in pilot.app._notifications if toast.severity == "error"]
        assert toasts == [reason]

    drive(scenario, size=NARROW)


def test_without_held_out_text_there_are_dashes() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await shown(pilot, engine, CORPUS, COMPILED, progress(1, 264), epoch_end(1, None))
        row = next(line for line in text.split("\n") if "0:08" in line)
        assert re.search(r"1\.7021 +- +- +0:08", row)
        assert "best" not in row

    drive(scenario)


def test_the_recipe_is_named() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert "LSTM 1\u00d7128 · notebook" in await shown(pilot, engine, CORPUS)

    drive(scenario, launch=Launch(ascii=False, recipe=NOTEBOOK, recipe_name="notebook"))


def test_only_the_latest_of_many_progress_messages_is_worked_on() -> None:
    older, newer = TrainingEvent(progress(1, 8)), TrainingEvent(progress(1, 16))
    assert older.can_replace(newer)
    assert not older.can_replace(TrainingEvent(epoch_end(1, 1.9)))
    assert not TrainingEvent(epoch_end(1, 1.9)).can_replace(newer)
    assert Stage("downloading 1%").can_replace(Stage("downloading 2%"))
