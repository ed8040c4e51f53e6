"""Runs that are marked in the list, over the chart and beside each other."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.training.events import EpochEnd
from tests.model.runs.made_runs import keep
from tests.patience import PATIENCE
from tests.tui.driving import drive, resized, screen_text, until, until_said, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, epoch_end, progress
from tests.tui.screens.test_shelf import choose, launch, opened
from tests.tui.screens.test_snapshots import SIZES, as_kept, plain, with_marks
from tui.engine.messages import WrittenBeside
from tui.engine.runs.side_by_side import SideBySide, Task
from tui.engine.writing.items import SampleEnd, Seed, Written
from tui.launch import Launch
from tui.screens.main import MainScreen
from tui.screens.shelf.compare_screen import CompareScreen, Comparison
from tui.widgets.training.loss_chart import LossChart

__all__ = ["launch"]


def test_the_curves_of_marked_runs_are_laid_over_the_chart_until_they_are_no_longer_marked(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9), progress(2, 8))
        await opened(pilot)
        await choose(pilot, "damaged")
        await pilot.press("space")
        await until_said(pilot, "This run cannot be compared.")
        pilot.app.clear_notifications()  # here it would stand over the list for longer than a user sees it
        await pilot.press("escape")
        await choose(pilot, "complete")
        await pilot.press("space")
        await until_shown(pilot, "▸•complete", "ctrl+k compare", "1 run is marked; space on it takes the mark away")
        await pilot.press("escape", "escape")
        await until_shown(pilot, " complete ", part=pilot.app.main.query_one(LossChart))
        await opened(pilot)
        await pilot.press(*"complete")
        await until_shown(pilot, "▸•complete")
        await pilot.press("space", "escape", "escape")
        await until(pilot, lambda: not pilot.app.main.view.overlays, "a chart without other runs")
        await opened(pilot)
        await choose(pilot, "complete")
        await pilot.press("space", "ctrl+d")
        await until_shown(pilot, "Delete the run for good?", "y delete")
        await pilot.press("y")
        await until_said(pilot, "Deleted complete: ")
        await until(pilot, lambda: not pilot.app.others.folders, "no mark of what is deleted")

    drive(scenario, size=(80, 24), launch=launch)


def test_news_of_marked_runs_that_comes_while_a_run_is_opened_is_shown_when_it_is_open(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        app, before = pilot.app, pilot.app.main
        await opened(pilot)
        await choose(pilot, "complete")
        await pilot.press("space")
        await until(pilot, lambda: app._others_read.runs, "the marked run")
        make_main = app.make_main

        def make_while_news_come() -> MainScreen:
            main = make_main()
            app._lay_over(app._others_read)
            return main

        app.make_main = make_while_news_come  # type: ignore[method-assign]
        await app.run_worker(app._open(launch)).wait()
        assert app.main is not before
        assert len(app.main.view.overlays) == 1

    drive(scenario, launch=launch)


class Wrote(SideBySide):
    """Writes at once what it was asked for."""

    def start(self) -> None:
        """There is no thread."""

    def join(self) -> None:
        """Likewise."""

    def write(self, task: Task) -> int:
        number = super().write(task)
        for run in range(len(self._folders)):
            text = f"{task.sampling.temperature:g} of noise {task.random_seed}: " + "the same words again " * 9
            items = [Seed(task.seed or "the will to ", ()), *(Written(each, 0.5, 1.0) for each in text), SampleEnd("")]
            self._post(WrittenBeside(run, number, items, begins=True))
        return number


@pytest.fixture(autouse=True)
def wrote(monkeypatch: pytest.MonkeyPatch) -> list[SideBySide]:
    made: list[SideBySide] = []

    def make(*args: object, **options: object) -> Wrote:
        made.append(Wrote(*args, **options))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr("tui.screens.shelf.compare_screen.SideBySide", make)
    return made


async def compared(pilot: Pilot[None], engine: FakeEngine, folder: str) -> None:
    """The screen on which the open run is compared with another."""
    run = replace(COMPILED, run=folder)
    engine.tell(CORPUS, run, progress(1, 264), epoch_end(1, 1.9), progress(2, 8))
    await until_shown(pilot, "epoch 2 of 24")
    await opened(pilot)
    await choose(pilot, "complete")
    await pilot.press("ctrl+k")
    await until_shown(pilot, "Compare", "1 complete", "What differs", "of noise 1: the same")


def test_keys_steer_all_texts_and_escape_frees_what_wrote_them(
    launch: Launch, wrote: list[SideBySide], tmp_path: Path
) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await compared(pilot, engine, str(tmp_path / "left-off"))
        await pilot.press("9")
        await until_said(pilot, "Keys 1 to 4 set the temperatures of the recipe.")
        await pilot.press("2")
        assert (await until_shown(pilot, "temperature 0.5 ")).count("0.5 of noise 1: the same") == 2
        await pilot.press("plus")
        await until_shown(pilot, "0.55 of noise 1: the same")
        await pilot.press("r")
        await until(pilot, lambda: "of noise 1:" not in screen_text(pilot.app), "other noise")
        await pilot.press("n")
        await until_shown(pilot, "bits/char")
        await pilot.press("e")
        await until_shown(pilot, "enter write")
        await pilot.press(*"jane", "enter")
        await until_shown(pilot, "seed jane", "jane0.55 of noise")
        await pilot.press("x")
        await until_shown(pilot, "esc leaves")
        await pilot.press("escape")
        await resized(pilot, 80, 18)
        head, table = pilot.app.screen.query_one("#compare-head"), pilot.app.screen.query_one("#compare-table")
        await until(pilot, lambda: table.max_scroll_y, "a table that is too long")
        await pilot.press("down")
        await until(pilot, lambda: table.scroll_offset.y, "a table that is scrolled")
        await until_shown(pilot, "1 complete", part=head)  # it stays in its place
        await pilot.press("escape")
        await until_shown(pilot, "Runs · 1 of 3")
        await until(pilot, lambda: wrote[0]._stopped, "the end of what writes")
        assert engine.commands == []

    drive(scenario, launch=launch)


def test_another_run_is_not_opened_below_the_comparison_and_ends_what_writes_for_it(
    launch: Launch, wrote: list[SideBySide], tmp_path: Path
) -> None:
    after: list[FakeEngine] = []

    def next_engine(launch: Launch) -> FakeEngine:
        assert wrote[0]._stopped, "the writer for the comparison has been stopped"
        after.append(FakeEngine())
        return after[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        app = pilot.app
        everything = {command.title for command in app.get_system_commands(app.main)}
        await compared(pilot, engine, str(tmp_path / "left-off"))
        shelf, comparison = app.screen_stack[-2:]
        assert isinstance(comparison, CompareScreen)
        lessons = {command.title for command in app.lesson_commands()}
        opening = {"Runs", "New run", "Learn on", "Compare with another run"}
        assert opening | lessons < everything
        assert {command.title for command in app.get_system_commands(shelf)} == everything - opening
        assert {command.title for command in app.get_system_commands(comparison)} == everything - opening - lessons
        app.run_worker(app._open(launch))
        await until(pilot, lambda: after and after[0].started, "the other engine")

    drive(scenario, launch=launch, next_engine=next_engine)


def test_while_the_comparison_ends_for_one_run_no_other_run_and_no_comparison_opens(launch: Launch) -> None:
    after: list[FakeEngine] = []
    joined, go_on = threading.Event(), threading.Event()

    class Slow(Wrote):
        def join(self) -> None:
            joined.set()
            go_on.wait(PATIENCE)

    def next_engine(launch: Launch) -> FakeEngine:
        after.append(FakeEngine())
        return after[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        app = pilot.app
        app._beside = Slow((), print)
        first = app.run_worker(app._open(launch))
        await until(pilot, joined.is_set, "the wait for what writes")
        second = app.run_worker(app._open(launch))
        app.action_compare()
        await until(pilot, lambda: second.is_finished, "the end of the second choice")
        go_on.set()
        await until(pilot, lambda: first.is_finished, "the other engine")
        assert len(after) == 1
        assert app.screen is app.main
        await opened(pilot)  # this is possible again

    drive(scenario, launch=launch, next_engine=next_engine)


def test_the_palette_says_what_to_mark_where_nothing_is_marked(launch: Launch, tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pilot.app.action_compare()
        await until_said(pilot, "Runs can be compared as soon as training has begun.")
        engine.tell(CORPUS, replace(COMPILED, run=str(tmp_path / "left-off")), progress(1, 264))
        await until_shown(pilot, "epoch 1 of 24")
        pilot.app.action_compare()
        await until_said(pilot, "Mark one or more runs with the space bar")
        await until_shown(pilot, "Runs · 3")
        notice, shelf = pilot.app.screen.query_one(Toast).region, pilot.app.screen.query("#shelf-head, #shelf-advice")
        assert [each for each in shelf if notice.overlaps(each.region)] == [], "what it is about stays in sight"

    drive(scenario, launch=launch, size=(80, 24))


@pytest.mark.parametrize(
    "name", ["compare-80x24", "compare-120x40", "compare-200x60", "no-color-compare-80x24", "ascii-compare-80x24"]
)
def test_the_comparison_is_as_it_was(
    name: str, launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.startswith("no-color"):
        monkeypatch.setenv("NO_COLOR", "1")
    shown = with_marks if name.startswith("no-color") else plain
    folders = [tmp_path / "left-off", tmp_path / "complete"]
    for epoch, loss in ((6, 1.45), (7, 1.41)):
        Run(folders[0]).append_metrics(event_record(EpochEnd(epoch, 10 * epoch, 1.5, loss, 2.2, 61.0, 100.0)))
        keep(Run(folders[0]), 10 * epoch, best=True, epoch=epoch, recipe=Run(folders[0]).facts().recipe)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        comparison = Comparison(tuple(map(str, folders)), seed="the will to ")
        pilot.app.push_screen(CompareScreen(comparison, pilot.app._glyphs))
        await until_shown(pilot, "What differs", "of noise 1")
        await as_kept(name, lambda: shown(pilot.app))

    drive(scenario, size=SIZES[name.rpartition("-")[2]], launch=replace(launch, ascii=name.startswith("ascii")))
