"""What the screen says of a baseline."""

from __future__ import annotations

from model.training.events import Baselines
from tui.views.baseline_words import ORDERS, baseline_titles
from tui.widgets.panels.baseline_panel import BaselinePanel

FOUND = Baselines(4.0, (2.9, 2.4, 2.0, 1.5812, 1.43, 1.5), 500)


def test_a_title_says_order_and_loss_in_the_unit_that_is_set_and_gets_shorter() -> None:
    long = "order 3: counting 3 characters back, "
    assert baseline_titles(3, FOUND, "nats") == (f"{long}1.58 nats", "order 3, 1.58 nats", "order 3")
    assert baseline_titles(3, FOUND, "bits")[0] == f"{long}2.28 bits"
    assert baseline_titles(3, FOUND, "perplexity")[0] == f"{long}perplexity 4.86"
    assert baseline_titles(0, None, "nats") == ("order 0: counting characters alone", "order 0")
    assert {baseline_titles(order, FOUND, "nats")[-1] for order in ORDERS} == {f"order {order}" for order in range(6)}


def test_it_takes_a_third_of_the_room_and_none_of_too_little() -> None:
    panel = BaselinePanel()
    for room, fits, rows in ((8, False, 4), (9, True, 4), (18, True, 6), (60, True, 9)):
        panel.fit(room)
        assert (panel.fits, panel.styles.height.cells) == (fits, rows)
