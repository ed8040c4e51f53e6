"""What stands on the screen can be asked: with keys and the mouse, in dialogs too, and the text can be kept open."""

from __future__ import annotations

import pytest
from textual.geometry import Offset, Region, Size
from textual.pilot import Pilot

from model.options.explaining.explanations import explanations
from tests.tui.driving import drawn, drive, until, until_said, until_shown
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.test_snapshots import training
from tui.launch import Launch
from tui.screens.explaining import ExplainScreen, said_of
from tui.text.wrapping import wrap_sentence
from tui.widgets.explaining.asking import places_on
from tui.widgets.explaining.explanation_box import ExplanationBox, placed

ON_THE_SCREEN = {
    *("run", "corpus", "characters", "network", "parameters", "recipe", "batch loss", "epoch mean", "held-out"),
    *("x-axis", "y-axis", "mark", "bits", "time"),
    *("learning rate", "chars/s", "training", "epoch", "best", "seed", "temperature", "stream", "speed", "key:quit"),
}


async def explaining(pilot: Pilot[None], key: str = "x") -> ExplainScreen:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ExplainScreen), "the mode that explains")
    await drawn(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, ExplainScreen)
    return screen


def test_all_that_stands_on_the_screen_has_a_text_and_keys_walk_through_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await training(pilot, engine)
        asked = {place.term for place in places_on(pilot.app.screen)}
        assert asked >= ON_THE_SCREEN
        assert [term for term in asked if said_of(term) is None] == []
        screen = await explaining(pilot)
        first = screen.current
        await pilot.press("down")
        await until(pilot, lambda: screen.current.region.y > first.region.y, "a place below")
        await pilot.press("up", "tab")
        await until(pilot, lambda: screen.current != first, "the next place")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")

    drive(scenario)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_click_keeps_a_text_open_and_escape_closes_it(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await training(pilot, engine)
        screen = await explaining(pilot)
        place = next(place for place in screen._places if place.term == "parameters")
        await pilot.hover(offset=place.region.offset)
        await until(pilot, lambda: screen.current == place, "the place under the mouse")
        await pilot.click(offset=place.region.offset)
        await until_shown(pilot, "esc closes", "for overfitting.")
        assert pilot.app.screen is pilot.app.main
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.query(ExplanationBox), "no text")

    drive(scenario, size=size)


def test_dialogs_and_panels_are_explained_and_a_typed_x_stays_a_letter() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await training(pilot, engine)
        await pilot.press("m")
        assert "top_n_sigma" in {place.term for place in (await explaining(pilot))._places}
        await pilot.press("x")
        await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")
        await pilot.press("m", "e")
        await until_shown(pilot, "esc cancel")
        await pilot.press("x")
        assert not isinstance(pilot.app.screen, ExplainScreen)
        assert "seed" in {place.term for place in (await explaining(pilot, "f1"))._places}

    drive(scenario)


def test_where_nothing_can_be_explained_it_says_so() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("ctrl+p")
        await until_shown(pilot, "Find an action by its name")
        await pilot.press("f1")
        await pilot.press("escape")
        await until_said(pilot, "There is nothing to explain here.")

    drive(scenario, launch=Launch(ascii=False))


def test_every_text_fits_the_smallest_window() -> None:
    too_long = [each.term for each in explanations().values() if len(wrap_sentence(each.text, 38)) > 12]
    assert too_long == []


@pytest.mark.parametrize(
    ("beside", "there"),
    [
        (Region(5, 2, 10, 1), Offset(3, 3)),
        (Region(70, 22, 9, 1), Offset(26, 12)),
        (Region(0, 0, 20, 24), Offset(20, 14)),
        (Region(60, 0, 20, 24), Offset(6, 14)),
    ],
)
def test_the_box_stands_below_above_or_beside_what_it_explains(beside: Region, there: Offset) -> None:
    box = Size(54, 10)
    assert placed(beside, box, Size(80, 24)) == there
    assert not Region.from_offset(there, box).overlaps(beside)
