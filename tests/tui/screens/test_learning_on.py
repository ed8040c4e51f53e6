"""Key L: a run that has ended takes more epochs, unless another program has it open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from tests.tui.driving import drive, until, until_said, until_shown
from tests.tui.engine.runs.test_launch_runs import make
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, STEPS, FakeEngine, epoch_end, progress
from tui.launch import Launch
from tui.screens.explaining import ExplainScreen
from tui.screens.shelf.learn_on import LearnOnScreen


def test_a_run_that_has_ended_learns_on(tmp_path: Path) -> None:
    after: list[FakeEngine] = []
    folder = str(make(tmp_path, "complete", epochs=3).folder)

    def next_engine(tmp_path: Path) -> FakeEngine:
        after.append(FakeEngine())
        return after[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        compiled = replace(COMPILED, run=folder, epochs=3)
        engine.tell(CORPUS, compiled, progress(3, 264, seconds=30.0), replace(epoch_end(3, 1.5), step=3 * STEPS))
        await until_shown(pilot, "epoch 3 of 3")
        await pilot.press("L")
        await until_said(pilot, "When training has ended, L lets it learn on.")
        engine.tell(replace(FINISHED, run=folder, epoch=3))
        await until_shown(pilot, "finished · L learn on", "L learn on")
        await pilot.press("L")
        await until_shown(
            pilot, "complete has trained all of its 3 epochs", "3 more epochs: about 0:10 at the pace", "rises again"
        )
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplainScreen), "the explanation")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, LearnOnScreen), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: after and after[0].started, "the start of the other engine")
        assert engine.stops
        assert after[0].started is not None
        assert after[0].started.total_epochs == 6

    drive(scenario, size=(120, 40), launch=Launch(ascii=False, runs=tmp_path), next_engine=next_engine)


def test_while_another_program_has_it_open_a_watched_run_that_has_ended_asks_nothing(tmp_path: Path) -> None:
    run = make(tmp_path, "complete", epochs=3)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, replace(COMPILED, run=str(run.folder)), progress(3, 264), FINISHED)
        await until_shown(pilot, "saved in")
        await pilot.press("L")
        await until_said(pilot, "Another program has this run open.")
        assert pilot.app.screen is pilot.app.main

    with run.lock():
        drive(scenario, launch=Launch(ascii=False, runs=tmp_path, watch=str(run.folder)))
