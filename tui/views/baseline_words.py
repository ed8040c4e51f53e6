"""What the screen says of a baseline, in the unit that losses are shown in. Pure."""

from __future__ import annotations

from model.baselines.names import counting, label_of, ladder_of
from model.training.events import Baselines
from tui.views import quantities
from tui.views.quantities import Unit

ORDERS = range(6)
"""Those whose writing can be shown."""


def baseline_titles(order: int, found: Baselines | None, unit: Unit) -> tuple[str, ...]:
    """What the baseline of an order is and how good it is, in ever fewer words.

    >>> baseline_titles(3, Baselines(4.0, (2.9, 2.4, 2.0, 1.5812), 9), "nats")[0]
    'order 3: counting 3 characters back, 1.58 nats'

    Args:
        order: tokens back that are looked at.
        found: the losses; None where they are not known.
        unit: of them.
    """
    known = {each.order: each for each in ladder_of(found)} if found else {}
    words = counting(order, found.token if found else "character")
    if order not in known:
        return f"{label_of(order)}: {words}", label_of(order)
    loss = quantities.loss_words(known[order].loss, unit, decimals=2)
    return f"{label_of(order)}: {words}, {loss}", f"{label_of(order)}, {loss}", label_of(order)
