"""Whatever texts, names and errors say, the screen shows it, keeps its shape, and no terminal is commanded by it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.events import Paste
from textual.pilot import Pilot

from corpora.safe_text import as_read
from model.sampling import Sampling
from model.training.events import RolledBack, Saved, SaveFailed
from tests.hostile import ODDITIES, SEQUENCES, obeyed, texts
from tests.tui.driving import drawn, drive, until, until_said, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress, written
from tui.engine.messages import EngineFailed, Stage
from tui.engine.writing.items import SampleStart, Seed
from tui.keys.key_commands import Reseed
from tui.launch import Launch
from tui.terminal.descriptors import say
from tui.text.wrapping import harmless
from tui.views.runs.exit_summary import summary
from tui.views.training_view import TrainingView
from tui.widgets.writing.writing_pane import WritingPane

EVIL = "".join(SEQUENCES + ODDITIES)
SIZES = [(120, 40), (60, 20)]
LEFT_TO_RIGHT = "\u200e"
"""The mark around rows that keeps right-to-left letters within their pane."""
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
_JOINS_NOTHING = re.compile(r"\u200d(?=[ \u2500-\u257f])")
"""A joiner that Textual's text area left at the end of a row: Rich takes the space or border after it as joined."""


def assert_harmless(app: App[None]) -> None:
    """No row of the screen is obeyed by a terminal, and each is as wide as the screen."""
    for strip in app.screen._compositor.render_strips():
        assert obeyed(strip.text) <= {LEFT_TO_RIGHT}, ascii(strip.text)
        assert "\n" not in strip.text
        assert "\t" not in strip.text
        assert cell_len(_JOINS_NOTHING.sub("", strip.text)) == app.size.width, ascii(strip.text)


async def settle(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: not len(pilot.app.engine.buffer), "an empty buffer")
    await drawn(pilot)
    assert_harmless(pilot.app)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_nothing_that_an_engine_says_commands_the_terminal(size: tuple[int, int], ascii_only: bool) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for evil in (EVIL, *SEQUENCES, *ODDITIES):
            engine.tell(Stage(f"opening {evil}"))
        await settle(pilot)
        engine.tell(replace(CORPUS, name=EVIL, title=EVIL, notes=(EVIL, *SEQUENCES, *ODDITIES)))
        engine.tell(replace(COMPILED, run=f"/runs/{EVIL}"), progress(1, 8))
        await settle(pilot)
        engine.tell(epoch_end(1, 1.5), Saved(EVIL, 8), SaveFailed(EVIL), RolledBack(9, 8, 1, EVIL, 0.5))
        await settle(pilot)
        engine.tell(replace(FINISHED, run=f"/runs/{EVIL}", reason=EVIL))
        await settle(pilot)
        engine.tell(EngineFailed(EVIL, ""))
        await settle(pilot)

    drive(scenario, size=size, launch=Launch(ascii=ascii_only))


@settings(max_examples=10, phases=(Phase.explicit, Phase.generate))
@given(st.lists(st.tuples(texts(6), texts(6)), min_size=6, max_size=9), st.sampled_from(SIZES), st.booleans())
def test_no_seed_and_nothing_written_commands_the_terminal(
    samples: list[tuple[str, str]], size: tuple[int, int], ascii_only: bool
) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for seed, text in samples:
            engine.write(
                [SampleStart(1, Sampling(0.5), 1, 4), Seed(seed, tuple(range(0, len(seed), 3))), *written(text)]
            )
        await settle(pilot)
        assert pilot.app.main.query_one(WritingPane).sample_text == "".join(samples[-1])

    drive(scenario, size=size, launch=Launch(ascii=ascii_only))


@pytest.mark.slow
@settings(max_examples=10, phases=(Phase.explicit, Phase.generate))
@given(st.lists(texts(6), min_size=6, max_size=9))
@example([FAMILY, "x" * 57, "x" * 59, FAMILY])  # wrapped within the second family
def test_no_seed_that_is_pasted_commands_the_terminal(seeds: list[str]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("e")
        await until_shown(pilot, "esc cancel")
        for seed in seeds:
            pilot.app.post_message(Paste(seed))
        await settle(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: engine.commands, "the seed")
        (command,) = engine.commands
        assert isinstance(command, Reseed)
        assert command.text == as_read("".join(harmless(seed) for seed in seeds))
        assert not obeyed(command.text)

    drive(scenario)


def test_no_folder_that_a_sample_is_saved_in_commands_the_terminal(tmp_path: Path) -> None:
    folder = str(tmp_path / "a\x1b[2J\u202eb[red]\x9b")
    Path(folder).mkdir()

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.folder = Path(folder)
        engine.tell(CORPUS, replace(COMPILED, run=folder), progress(1, 8))
        engine.write([SampleStart(1, Sampling(0.5), 1, 4), Seed("seed", ()), *written("text")])
        await settle(pilot)
        await pilot.press("w")
        await until_said(pilot, "Saved to ")
        await settle(pilot)
        assert len(list(Path(folder, "saved").iterdir())) == 1
        Path(folder, "saved").rename(tmp_path / "saved")
        Path(folder, "saved").write_text("in the way")
        await pilot.press("w")
        await until_said(pilot, "Not saved: ")
        await settle(pilot)

    drive(scenario)


@pytest.mark.parametrize("evil", [EVIL, *SEQUENCES, *ODDITIES])
def test_no_last_word_on_the_shell_commands_the_terminal(evil: str, capfd: pytest.CaptureFixture[str]) -> None:
    view = TrainingView(Launch().recipe, "fast")
    failed = SaveFailed(f"The disk is full: {evil}")
    for event in (replace(CORPUS, name=evil), replace(COMPILED, run=f"/runs/{evil}"), progress(1, 8), failed):
        view.apply(event)
    view.kept = 8
    lines = summary(view, f"/runs/{evil}")
    for line in lines:
        say(line)
    say(f"It failed: {evil}", error=True)
    told = capfd.readouterr()
    assert not obeyed(told.out + told.err)
    assert told.out.count("\n") == len(lines)
    assert told.err.count("\n") == 1
