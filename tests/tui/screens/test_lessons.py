"""A lesson on the screen: its steps, its questions, its runs, and leaving it and going back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from model.options.lessons.lesson import lessons
from model.sampling import Sampling
from model.training.events import RolledBack
from tests.tui.driving import drawn, drive, until, until_said, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress, written
from tests.tui.screens import test_snapshots
from tests.tui.screens.test_snapshots import SIZES, as_kept_at, plain, training
from tests.tui.screens.test_unit_keys import FOUND
from tui.engine.messages import UnitsFound
from tui.engine.runs.lesson_launch import lesson_launch
from tui.engine.writing.items import SampleStart, Seed
from tui.keys.key_commands import PauseTraining, SetSampling, WriteNow
from tui.keys.keymap import BY_ID
from tui.keys.screen_settings import KeptLesson, ScreenSettings
from tui.launch import Launch
from tui.screens.key_actions.lesson_keys import lesson_of
from tui.views.lesson.lesson_state import LessonState
from tui.widgets.explaining.asking import places_on

still = test_snapshots.still


def beginning(name: str, at: int = 0) -> Launch:
    return lesson_launch(Launch(ascii=False), LessonState(lessons()[name], at))


def test_a_whole_lesson_with_its_two_runs() -> None:
    engines: list[FakeEngine] = []

    def another(launch: Launch) -> FakeEngine:
        engines.append(FakeEngine())
        return engines[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert engine.started is not None
        assert (engine.started.stem, engine.started.recipe.guard) == ("lesson-collapse", False)
        await until_shown(pilot, "step 1 of 8", "enter skip")
        engine.tell(CORPUS, COMPILED, progress(1, 264, loss=2.0), epoch_end(1, 2.03))
        await until_shown(pilot, "step 1 of 8 ✓", "enter go on")
        await until(pilot, lambda: engine.commands[-1:] == [PauseTraining(True)], "a pause before the question")
        await pilot.press("enter")
        await until_shown(pilot, "Held-out is 2.0300 nats", "2) the loss jumps up", "1-3 answer")
        await pilot.press("2")
        await until_shown(pilot, "Right. Each step goes downhill")
        before = pilot.app.main.session.samplings.copy()
        await pilot.press("3")
        await until_said(pilot, "This question is answered.")
        assert pilot.app.main.session.samplings == before
        await pilot.press("enter")
        await until_shown(pilot, "step 3 of 8")
        await until(pilot, lambda: engine.commands[-1:] == [PauseTraining(False)], "training that goes on")
        engine.tell(progress(2, 264, loss=9.0), epoch_end(2, 33.0))
        await until_shown(pilot, "step 3 of 8 ✓")
        await pilot.press("enter", "enter")
        await until_shown(pilot, "2.0300 nats at best", "is 33.0000 nats now", "enter begin the next run")
        await pilot.press("enter")
        await until(pilot, lambda: engines and engines[-1].started, "the second run")
        assert engine.stopping.is_set()
        second, launch = engines[-1], engines[-1].started
        assert launch is not None
        assert (launch.recipe, launch.lesson_at) == (replace(engine.started.recipe, guard=True), 4)
        await until_shown(pilot, "step 5 of 8")
        second.tell(CORPUS, COMPILED, progress(2, 100), RolledBack(364, 264, 1, "the loss jumped", 0.5))
        await until_shown(pilot, "step 5 of 8 ✓")
        await pilot.press("enter", "enter", "enter")
        second.tell(epoch_end(2, 1.8), FINISHED)
        await until_shown(pilot, "step 7 of 8 ✓", "had 2.0300 nats", "1.8000 nats.")
        await pilot.press("enter", "enter")
        await until_said(pilot, "This is the end of the lesson.")
        assert not pilot.app.main.lesson_open

    drive(scenario, launch=beginning("collapse"), next_engine=another)


def test_a_lesson_does_not_end_a_pause_of_the_users() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264, loss=2.0))
        await until_shown(pilot, "step 1 of 8", "enter skip")
        await pilot.press("p")
        engine.tell(epoch_end(1, 2.03))
        await until_shown(pilot, "step 1 of 8 ✓")
        await pilot.press("enter", "2", "enter")
        await until_shown(pilot, "step 3 of 8")
        assert [each for each in engine.commands if isinstance(each, PauseTraining)] == [PauseTraining(True)]

    drive(scenario, launch=beginning("collapse"))


def test_keys_work_as_ever_and_those_that_a_step_waits_for_are_noticed() -> None:
    awaited = {step.condition for lesson in lessons().values() for step in lesson.steps if step.condition}
    actions = sorted({condition.action for condition in awaited if condition.kind == "key"})

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await training(pilot, engine)
        main = pilot.app.main
        await until_shown(pilot, "step 1 of 7 ✓")
        asked = {place.term for place in places_on(pilot.app.screen)}
        assert asked >= {"lesson", "temperature"}
        await pilot.press("enter")  # one of the temperatures is not the recipe's
        await until_said(pilot, "The texts begin again, at the lesson's temperatures.")
        assert engine.commands[-2:] == [SetSampling(Sampling(1.0), 2), WriteNow()]
        await until_shown(pilot, "step 2 of 7 ")
        await pilot.press("tab", "a")
        await until_shown(pilot, "step 2 of 7 ✓")
        await pilot.press("enter")
        await until(pilot, lambda: main.session.samplings == [*map(Sampling, (0.2, 0.5, 1.0, 1.2))], "all four")
        await pilot.press("4")  # the question has three choices
        await until(pilot, lambda: engine.commands[-1] == SetSampling(Sampling(1.2), 3), "a temperature")
        assert not main.session.odds
        await pilot.press("enter", "enter", "enter")  # the answer, the step that asks for the odds, the one after
        await until_shown(pilot, "step 5 of 7", "next character")
        await pilot.press("space", "left")
        await until(pilot, lambda: main.session.cursor is not None, "the cursor")
        await pilot.press("escape")
        await until(pilot, lambda: main.session.cursor is None, "no cursor")
        assert main.lesson_open
        for action in actions:
            await pilot.press(BY_ID[action].keys[0])
            if action == "units":
                await until_shown(pilot, "reading the text")
                assert main.lesson
                assert action not in main.lesson.pressed, "nothing is shown yet"
                engine.tell(UnitsFound(FOUND, 3.9))
            await until(pilot, lambda: main.lesson and action in main.lesson.pressed, action)  # noqa: B023

    drive(scenario, launch=beginning("temperature"))


def test_escape_leaves_and_the_palette_goes_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        app, main = pilot.app, pilot.app.main
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        engine.write([SampleStart(1, Sampling(0.5), 2, 4), Seed("seed ", ()), *written("and text")])
        await pilot.press("enter")
        await until_said(pilot, "This step is not done yet")
        await until_shown(pilot, "step 1 of 7")
        await pilot.press("B")
        await until(pilot, lambda: main.session.baseline is not None, "the baseline")
        await pilot.press("escape")
        await until(pilot, lambda: main.session.baseline is None, "no baseline")
        assert main.lesson_open
        await pilot.press("enter", "escape")
        await until_shown(pilot, "step 2 of 7", "esc once more leaves the lesson")
        await pilot.press("c")
        await until_shown(pilot, "esc leaves")
        await pilot.press("escape", "escape")
        await until_said(pilot, "Go on with the lesson")
        assert not main.lesson_open
        await until(pilot, lambda: "step 2" not in plain(app), "no lesson")
        app.clear_notifications()
        await until(pilot, lambda: not app.screen.query(Toast), "no notices")
        await pilot.press("ctrl+p", *"go on with the lesson")
        await until_shown(pilot, "Return to: Temperature.")
        await pilot.press("enter")
        await until_shown(pilot, "step 2 of 7", "esc leaves")

    drive(scenario, launch=beginning("temperature"))


def test_the_palette_lists_the_lessons_and_begins_one() -> None:
    engines: list[FakeEngine] = []

    def another(launch: Launch) -> FakeEngine:
        engines.append(FakeEngine())
        return engines[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert [each.title for each in pilot.app.lesson_commands()] == [
            f"Lesson: {each.title}" for each in lessons().values()
        ]
        await pilot.press("ctrl+p", *"lesson by heart")
        await until_shown(pilot, "Lesson: Learning by heart", "memorising. Saves and ends what runs here.")
        await pilot.press("enter")
        await until(pilot, lambda: engines and engines[-1].started, "the run of the lesson")
        assert engines[-1].started is not None
        assert engines[-1].started.corpus == ("aphorisms",)
        await until_shown(pilot, "Learning by heart: step 1 of 7")

    drive(scenario, next_engine=another)


def test_a_run_that_is_opened_again_goes_on_with_its_lesson_at_the_same_step() -> None:
    kept = KeptLesson("collapse", 4, (("without", 2.03),))
    run = Launch(ascii=False, resume="/runs/lesson", kept=ScreenSettings(lesson=kept))

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(2, 100))
        await until_shown(pilot, "The collapse, and the guard: step 5 of 8")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: engine.kept and engine.kept[-1].lesson == kept._replace(at=5), "the next step")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: engine.kept[-1].lesson is None, "the lesson left")

    drive(scenario, launch=run)


@pytest.mark.parametrize(
    "launch",
    [
        Launch(resume="/runs/x", kept=ScreenSettings(lesson=KeptLesson("another version's", 0))),
        Launch(resume="/runs/x", kept=ScreenSettings(lesson=KeptLesson("collapse", 99))),
        Launch(watch="/runs/x", kept=ScreenSettings(lesson=KeptLesson("collapse", 1))),
    ],
    ids=["unknown", "without such a step", "watched"],
)
def test_what_is_no_lesson_of_this_screen_opens_none(launch: Launch) -> None:
    assert lesson_of(launch) is None


def test_a_question_on_the_screen_is_as_it_was() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await training(pilot, engine)
        await pilot.press("enter", "tab", "enter")
        await until_shown(pilot, "1) at 0.2")
        pilot.app.clear_notifications()
        await drawn(pilot)
        await as_kept_at(SIZES, "lesson", pilot, plain)

    drive(scenario, size=SIZES["80x24"], launch=beginning("temperature"))
