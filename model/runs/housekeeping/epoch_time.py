"""How long a run's epochs take, for estimates. Nothing here imports JAX."""

from __future__ import annotations

from model.runs.run_view import RunView


def seconds_an_epoch(view: RunView) -> float | None:
    """Training time an epoch, without the compiler's; None before it is known.

    It is the median epoch's, as one may have been slow. Before the first end, the present epoch's pace so far decides.
    """
    paces = [end.characters_per_second for end in view.epoch_ends]
    if not paces and view.progress:
        paces = [view.progress.characters_per_second]
    paces = sorted(pace for pace in paces if pace > 0)
    return view.corpus.training_characters / paces[len(paces) // 2] if view.corpus and paces else None
