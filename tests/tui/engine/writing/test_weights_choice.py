"""Writing with the best weights or the newest: the writer, the key and what the screen says of it."""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot

from model.sampling import Sampling
from tests.tui.driving import drive, until, until_said, until_shown, widget_text
from tests.tui.engine.writing.desk import RECIPE, TEMPERATURES, Desk, settled, show, starts
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress, written
from tui.engine.writing.items import SampleEnd, SampleStart, Seed
from tui.engine.writing.writer_commands import TrainingOver
from tui.keys.key_commands import ChooseWeights, Reseed, SetSampling, WriteNow
from tui.widgets.footer import KeyFooter
from tui.widgets.writing.writing_pane import WritingPane

# The writer


def weights(desk: Desk, seconds: float = 15.0) -> list[tuple[int, bool]]:
    """Epoch and quality of the weights of each sample that begins within so many seconds."""
    return [(start.epoch, start.best) for start in starts(desk.watch(seconds))]


def trained() -> Desk:
    """A desk whose first sample is over, with the weights of epoch 5 and the best ones of epoch 3."""
    desk = settled()
    desk.generator.epoch, desk.generator.best_epoch = 5, 3
    return desk


def test_during_training_the_newest_weights_write() -> None:
    desk = trained()
    show(desk, 5)
    assert weights(desk) == [(5, False)] * 4


def test_after_training_the_best_weights_write() -> None:
    desk = trained()
    desk.obey(TrainingOver(), WriteNow())
    assert weights(desk) == [(3, True)]


def test_a_choice_outlasts_the_training() -> None:
    desk = trained()
    desk.obey(ChooseWeights(False), TrainingOver(), WriteNow())
    assert weights(desk) == [(5, False)]


def test_a_choice_takes_effect_on_the_next_sample() -> None:
    desk = trained()
    desk.obey(WriteNow())
    assert weights(desk, 0.5) == [(5, False)]
    desk.obey(ChooseWeights(True))
    assert weights(desk, 3.0) == []
    desk.obey(WriteNow())
    assert weights(desk) == [(3, True)]
    desk.obey(ChooseWeights(False), WriteNow())
    assert weights(desk) == [(5, False)]


def test_what_is_left_of_a_showing_has_the_chosen_weights() -> None:
    desk = trained()
    show(desk, 5)
    assert weights(desk, 3.0) == [(5, False)] * 2
    desk.obey(ChooseWeights(True))
    assert weights(desk) == [(3, True)] * 2


def test_a_showing_keeps_its_weights_when_the_choice_returns_to_them() -> None:
    desk = trained()
    show(desk, 5)
    assert weights(desk, 1.0) == [(5, False)]
    desk.generator.epoch = 6
    desk.obey(ChooseWeights(True), ChooseWeights(False))
    assert weights(desk, 8.0) == [(5, False)] * 3


def test_the_end_of_training_does_not_change_weights_within_a_showing() -> None:
    desk = trained()
    show(desk, 5)
    assert weights(desk, 1.0) == [(5, False)]
    desk.obey(TrainingOver())
    assert weights(desk) == [(5, False)] * 3


def test_a_reseeded_part_of_a_showing_has_the_chosen_weights() -> None:
    desk = trained()
    show(desk, 5)
    assert weights(desk, 0.5) == [(5, False)]
    desk.obey(ChooseWeights(True), Reseed("Once"))
    assert starts(desk.watch(0.5)) == [SampleStart(3, Sampling(TEMPERATURES[0]), 1, 4, best=True)]


def test_other_weights_read_the_end_of_a_chained_sample_anew() -> None:
    desk = Desk(replace(RECIPE, chain_samples=True), epoch=0)
    desk.watch(3.0)
    desk.generator.best_epoch = 0
    show(desk, 1)
    desk.watch(1.0)
    desk.obey(ChooseWeights(True))
    desk.watch(3.0)
    assert desk.generator.seeds[-1] == "opqrst"


def test_the_best_weights_are_shown_after_each_epoch_where_they_are_chosen() -> None:
    desk = trained()
    desk.obey(ChooseWeights(True))
    show(desk, 5)
    assert weights(desk) == [(3, True)] * 4
    show(desk, 6)
    assert weights(desk) == [(3, True)] * 4
    assert desk.idles == 2


def test_where_there_are_no_best_weights_the_newest_serve() -> None:
    desk = settled()
    desk.obey(ChooseWeights(True), WriteNow())
    assert weights(desk) == [(0, False)]


def test_a_steered_sample_is_continued_with_its_own_weights() -> None:
    desk = trained()
    desk.obey(ChooseWeights(True), SetSampling(Sampling(0.5)))
    assert weights(desk, 4.0) == []


# The screen


def writing(pilot: Pilot[None]) -> WritingPane:
    return pilot.app.screen_stack[0].query_one(WritingPane)


def test_b_switches_between_best_and_newest() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9))
        await until_shown(pilot, "epoch 1 of 24")
        await pilot.press("b")
        await until_said(pilot, "From the next sample on, the best weights write; g starts one.")
        await pilot.press("b")
        await until_said(pilot, "From the next sample on, the newest weights write; g starts one.")
        assert engine.commands == [ChooseWeights(True), ChooseWeights(False)]

    drive(scenario)


def test_before_the_first_epoch_the_best_weights_are_not_known() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("b")
        await until_shown(pilot, "The best weights are known")
        assert engine.commands == [ChooseWeights(True)]

    drive(scenario)


def test_the_first_press_after_the_training_is_for_the_newest() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(24, 264), epoch_end(24, 1.5), FINISHED)
        await until_shown(pilot, "Training · finished")
        await until_shown(pilot, "b newest weights", part=pilot.app.screen.query_one(KeyFooter))
        await pilot.press("b")
        await until(pilot, lambda: engine.commands, "a command")
        assert engine.commands == [ChooseWeights(False)]

    drive(scenario, size=(260, 40))


def test_the_pane_says_which_weights_write_and_which_are_next() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(12, 264), epoch_end(12, 1.9))
        engine.write([SampleStart(12, Sampling(0.5), 0, 0), Seed("God", ()), *written("less")])
        await until_shown(pilot, "── epoch 12 ──", "Writing · epoch 12 ─")
        assert "best" not in widget_text(writing(pilot))
        await pilot.press("b")
        await until_shown(pilot, "Writing · next: best weights ─")
        engine.write(
            [SampleEnd(""), SampleStart(12, Sampling(0.5), 1, 4, best=True), Seed("God", ()), *written("less")]
        )
        await until_shown(pilot, "── best, epoch 12 ──", "Writing · best, epoch 12 ─")
        engine.write([SampleEnd("the next epoch")])
        await until_shown(pilot, "Writing · best, epoch 12 · waits for the next epoch ─")
        await pilot.press("b")
        await until_shown(pilot, "Writing · next: newest weights · waits for the next epoch ─")

    drive(scenario)


def test_a_narrow_pane_says_first_what_the_writer_waits_for() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("b")
        engine.write(
            [SampleStart(12, Sampling(0.5), 0, 0, best=True), Seed("God", ()), *written("less"), SampleEnd("a key (g)")]
        )
        await until_shown(pilot, "Writing · waits for a key (g) ─")
        await pilot.resize_terminal(46, 20)
        await until_shown(pilot, "Writing · best, epoch 12 · waits for g ─")

    drive(scenario, size=(40, 20))
