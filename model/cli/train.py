"""Train on a text and keep the run. Ctrl+C stops training and saves it; --resume continues it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from model.cli.console import complain, download_bar, say_json
from model.cli.exit_codes import stopping
from model.events import Event
from model.options.training_options import TrainingOptions, add_corpus, add_run_options, chosen_training
from model.prepare import make_trainer, open_training
from model.runs.json_lines import event_record
from model.runs.run_view import RunView
from model.training_commands import Stop

if TYPE_CHECKING:
    from model.cli.multiprocess_training import Leader

HELP = "train on a text, and keep the run"
USAGE = "charlstm train [CORPUS ...] [OPTION ...]\n       charlstm train [CORPUS ...] --resume [RUN] [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_corpus(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object per event")
    add_run_options(parser)


def work(namespace: argparse.Namespace) -> int:
    """Train to the end, or until a signal comes."""
    options = TrainingOptions(**chosen_training(namespace.parser, namespace))
    if options.group:
        from model.cli.multiprocess_training import train_in_group

        return train_in_group(
            options, options.group, lambda leader: _train(options, namespace.json, leader), quiet=namespace.json
        )
    return _train(options, namespace.json)


def _train(options: TrainingOptions, json: bool, leader: Leader | None = None) -> int:
    """Prepare a training and follow it to its end; the exit code."""
    with ExitStack() as held:
        with download_bar() as progress:
            opened = open_training(options, held, note=complain, progress=progress, finished=False)
        trainer, run = make_trainer(opened, held, learner=leader.learner if leader else None)
        assert run is not None
        if leader:
            leader.leads(trainer, run)
        from model.cli.training_report import TrainingReport

        def stop() -> None:
            trainer.send(Stop())

        with stopping(stop) as received:
            if json:
                sound = _follow(trainer.run(keep=run), lambda event: say_json(event_record(event)), stop)
            else:
                with TrainingReport(opened.corpus, trainer.recipe, run, trainer.language_model) as report:
                    sound = _follow(trainer.run(keep=run), report.show, stop)
    if received:
        return 128 + received[0]
    return 0 if sound else 1


def _follow(events: Iterable[Event], show: Callable[[Event], None], stop: Callable[[], None]) -> bool:
    """Show events as they come; whether training did not diverge and the last save succeeded.

    Where an event cannot be shown, training is stopped, and saved before the error is raised.

    Raises:
        OSError: an event could not be shown.
    """
    view, failure = RunView(), None
    for event in events:
        view.apply(event)
        if failure:
            continue
        try:
            show(event)
        except OSError as error:
            failure = error
            stop()
    if failure:
        raise failure
    return view.save_failure is None and not (view.finished and view.finished.reason == "diverged")
