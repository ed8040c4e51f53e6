"""A text of the user's, scored with the weights that write."""

from __future__ import annotations

import math

import pytest

from tests.tui.engine.generating.test_looking_back import make
from tui.engine.writing.items import Seed, Written

pytestmark = pytest.mark.usefixtures("two_devices")


def test_the_mean_is_the_models_score_and_unknown_characters_are_marked() -> None:
    from tui.engine.generating.scoring import score_text

    generator = make(4)
    text = "a text\r\nof two lines\u2603 " * 40
    scored = score_text(generator, text)
    read = generator.language_model.encode(text.replace("\r\n", "\n"))
    shown = "".join(item.character if isinstance(item, Written) else item.text for item in scored.items)
    assert shown == text.replace("\r\n", "\n"), "as it was given"
    assert scored.mean == pytest.approx(generator.language_model.score(read.ids) / math.log(2), rel=1e-3)
    assert scored.replaced == [("\u2603", here) for here in read.text[19::21]]
    seeds = [item for item in scored.items if isinstance(item, Seed)]
    assert [item.replaced for item in seeds] == [()] + [(0,)] * 40, "the first character is not predicted"


@pytest.mark.parametrize("text", ["", "a"])
def test_what_predicts_nothing_has_no_mean(text: str) -> None:
    from tui.engine.generating.scoring import score_text

    assert score_text(make(1), text).mean is None
