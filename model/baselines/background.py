"""The baselines of a training, found beside it: by a thread of low priority, once, and then kept in the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from corpora.corpus import Corpus
from model.baselines.baseline_file import TextIdentity, read_baselines, write_baselines
from model.baselines.ladder import BaselineError, count_text, measure
from model.devices.priority import BACKGROUND, lower_priority
from model.recipe import Recipe
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.tokens.tokenizer import Tokenizer
from model.training.events import Baselines, Compiled, Event, Finished

_PATIENCE = 5.0
"""Seconds that the end of a training waits for baselines that are nearly there."""

_LOOK_SECONDS = 0.1


def find_baselines(corpus: Corpus, tokenizer: Tokenizer, recipe: Recipe, run: Run | None) -> Baselines | None:
    """The baselines that the run keeps, or measured ones, which it keeps from now on.

    None where nothing is held out, or there is no memory to count in. A run that cannot be written to says so itself.
    """
    text = TextIdentity.of(corpus, recipe)
    if run and (kept := read_baselines(run.folder, text)):
        return kept
    try:
        found = measure(count_text(corpus, tokenizer, recipe), corpus, tokenizer, recipe)
    except (BaselineError, MemoryError):
        return None
    if run:
        with suppress(OSError, RunError):
            write_baselines(run.place, text, found)
    return found


def with_baselines(
    events: Iterable[Event], find: Callable[[], Baselines | None], ended: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """The events of a training, and among them the baselines as soon as they are found.

    They are looked for once the first step is done, so that nothing at the start waits for them.

    Args:
        events: of the training.
        find: looks for them, in a thread.
        ended: asked now and then whether the program ends, which does not wait for those of a finished run.
    """
    found: list[Baselines] = []

    def work() -> None:
        lower_priority(BACKGROUND)
        if baselines := find():
            found.append(baselines)

    search = threading.Thread(target=work, name="baselines", daemon=True)
    stopped = False
    for event in events:
        stopped = isinstance(event, Finished) and event.reason == "stopped"
        if isinstance(event, Finished) and not stopped and search.ident is not None:
            search.join(_PATIENCE)
        if found:
            yield found.pop()
        yield event
        if isinstance(event, Compiled):
            search.start()
    if search.ident is None and not stopped:  # a run that is only opened again after its end
        search.start()
        while search.is_alive() and not ended():
            search.join(_LOOK_SECONDS)
        yield from found
