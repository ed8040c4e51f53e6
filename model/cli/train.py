"""Learn a text and keep the run. Ctrl+C stops cleanly and keeps what was learned; --resume goes on with it."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING

from corpora import Corpus, open_corpus, open_default_corpus
from model.cli.console import complain, download_bar, say_json
from model.cli.run_argument import runs_folder
from model.events import Event, Finished, Saved, SaveFailed
from model.options.options import (
    add_corpus,
    add_process_options,
    add_recipe_options,
    add_run_options,
    check_process_options,
    chosen_recipe,
    refuse_what_a_resumed_run_decides,
)
from model.recipe import Recipe, RecipeError
from model.runs.folder import Run, RunError
from model.runs.json_lines import event_record
from model.runs.listing import create_run
from model.runs.resuming import Past, open_unfinished, recall
from model.training_commands import Stop

if TYPE_CHECKING:
    from model.cli.multiprocess_training import Leader
    from model.training.trainer import Trainer

HELP = "learn a text, and keep the run"
USAGE = "charlstm train [CORPUS ...] [OPTION ...]\n       charlstm train --resume [RUN] [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_corpus(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object an event")
    add_run_options(parser)
    add_process_options(parser)
    add_recipe_options(parser)


def work(options: argparse.Namespace) -> int:
    """Train to the end, or until a signal comes."""
    if check_process_options(options.parser, options):
        from model.cli.multiprocess_training import train_together

        return train_together(options, lambda leader: _train_run(options, leader))
    return _train_run(options)


def _train_run(options: argparse.Namespace, leader: Leader | None = None) -> int:
    return _begin(options, leader) if options.resume is None else _go_on(options, leader)


def _begin(options: argparse.Namespace, leader: Leader | None) -> int:
    """A new run."""
    recipe = chosen_recipe(options.parser, options)
    corpus = open_text(options.corpus, recipe)
    trainer = _trainer(options, corpus, recipe, leader)
    now = datetime.now().astimezone()
    run = create_run(runs_folder(options), options.name, corpus.name, options.recipe, recipe, now, options.corpus)
    with run.lock():
        return _train(options, corpus, trainer, run, leader)


def _go_on(options: argparse.Namespace, leader: Leader | None) -> int:
    """A run that was stopped, by whatever."""
    refuse_what_a_resumed_run_decides(options.parser, options)
    run = open_unfinished(options.resume or None, runs_folder(options))
    with run.lock():
        past = recall(run, complain)
        if past.over:
            raise RunError(
                f"The run {run.name} has learned all of its {past.recipe.epochs} epochs. Write with it "
                "(charlstm write), or begin another with more --epochs."
            )
        with download_bar() as progress:
            corpus = past.open_corpus(options.corpus, progress)
        return _train(options, corpus, _trainer(options, corpus, past.recipe, leader, past), run, leader)


def _trainer(
    options: argparse.Namespace, corpus: Corpus, recipe: Recipe, leader: Leader | None, past: Past | None = None
) -> Trainer:
    from model.devices import local_devices
    from model.tokens.batches import BatchError, DeviceError

    local_devices.start(options.devices, options.device)
    from model.training.trainer import Trainer

    try:
        local_devices.check_device(options.device)
        spec = options.corpus or (past.facts.corpus_spec if past else ())
        return Trainer(
            corpus,
            recipe,
            learner=leader.learner(corpus, recipe, spec) if leader else None,
            devices=options.devices,
            max_seconds=options.max_seconds,
            save_seconds=options.save_every,
            log_every=options.log_every,
            going_on=past.newest if past else None,
            best=past.best if past else None,
        )
    except (BatchError, DeviceError) as error:
        raise RecipeError(str(error)) from error


def _train(
    options: argparse.Namespace, corpus: Corpus, trainer: Trainer, run: Run, leader: Leader | None = None
) -> int:
    """Follow a training to its end; the exit code."""
    from model.cli.training_report import TrainingReport

    if leader:
        leader.leads(trainer, run)

    def stop() -> None:
        trainer.send(Stop())

    with stopping(stop) as received:
        if options.json:
            sound = _follow(trainer.run(keep=run), lambda event: say_json(event_record(event)), stop)
        else:
            with TrainingReport(corpus, trainer.recipe, run, trainer.language_model) as report:
                sound = _follow(trainer.run(keep=run), report.show, stop)
    if received:
        return 128 + received[0]
    return 0 if sound else 1


def open_text(spec: Sequence[str], recipe: Recipe) -> Corpus:
    """The text of these words of a command line, cleaned as the recipe wants it."""
    with download_bar() as progress:
        if not spec:
            return open_default_corpus(lowercase=recipe.lowercase, min_count=recipe.min_count, progress=progress)
        return open_corpus(spec, lowercase=recipe.lowercase, min_count=recipe.min_count, progress=progress)


def _follow(events: Iterable[Event], show: Callable[[Event], None], stop: Callable[[], None]) -> bool:
    """Show events as they come; whether all went well and the last thing that was to be saved was saved.

    Where they can be shown no longer, training is stopped, and its end is awaited so that it is saved.

    Raises:
        OSError: they could be shown no longer.
    """
    saved, converged, failure = True, True, None
    for event in events:
        match event:
            case Saved() | SaveFailed():
                saved = isinstance(event, Saved)
            case Finished():
                converged = event.reason != "diverged"
        if failure:
            continue
        try:
            show(event)
        except OSError as error:
            failure = error
            stop()
    if failure:
        raise failure
    return saved and converged


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Have signals that would end the process call `stop` instead; a second one is not to be denied.

    Yields:
        The signals that have come.
    """
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        stop()

    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Whoever starts a program by nohup wants it to survive the terminal's end.
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            before[number] = signal.signal(number, receive)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
