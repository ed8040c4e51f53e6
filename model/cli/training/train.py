"""Train on a text and keep the run. Each epoch prints a line, and what it writes at every temperature.

Ctrl+C stops training and saves it; --resume continues it.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from corpora.errors import system_reason
from model.cli.console import complain, say_json, text_bar
from model.cli.exit_codes import stopping
from model.cli.writing.idle_settings import report_idle
from model.options.training_options import TrainingOptions, add_corpus, add_run_options, chosen_training
from model.preparing.prepare import make_time_lapse, make_trainer, open_training, run_training
from model.runs.continuing.pinned_seed import pin_seed
from model.runs.files.json_lines import event_record
from model.runs.run_facts import RunError
from model.runs.run_view import RunView
from model.training.events import Event, Finished, SampleAsked
from model.training.steering.training_commands import Stop

if TYPE_CHECKING:
    from model.cli.training.multiprocess_training import Leader
    from model.preparing.prepare import Opened
    from model.runs.folder import Run
    from model.writing.language_model import LanguageModel
    from model.writing.sample_log import SampleLog

_LOOK_SECONDS = 0.2
"""Between two looks at whether a signal ends the wait for the last samples."""

HELP = "train on a text, and keep the run"
USAGE = (
    "charlstm train [CORPUS ...] [OPTION ...]\n       charlstm train [CORPUS ...] --resume [RUN] [OPTION ...]\n"
    "       charlstm train [CORPUS ...] --from RUN [OPTION ...]"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_corpus(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object per event, without samples")
    parser.add_argument(
        "--estimate",
        action="store_true",
        help="train nothing: say how long it would take, with how much memory, and what would help",
    )
    add_run_options(parser)


def work(namespace: argparse.Namespace) -> int:
    """Train to the end, or until a signal stops it."""
    options = TrainingOptions(**chosen_training(namespace.parser, namespace))
    if namespace.estimate:
        if options.resume is not None:
            namespace.parser.error("--estimate is for a new run: leave out --resume")
        if options.group:
            refused = "--cluster" if options.group.cluster else "--coordinator, --processes and --process"
            namespace.parser.error(f"--estimate is for a run of one process: leave out {refused}")
        from model.cli.training.estimate_report import print_estimate

        return print_estimate(options, json=namespace.json)
    if options.group:
        from model.cli.training.multiprocess_training import train_in_group

        return train_in_group(
            options, options.group, lambda leader: _train(options, namespace.json, leader), quiet=namespace.json
        )
    return _train(options, namespace.json)


def _train(options: TrainingOptions, json: bool, leader: Leader | None = None) -> int:
    """Prepare a training and follow it to its end. Returns the exit code."""
    with ExitStack() as held:
        with text_bar() as progress:
            opened = open_training(options, held, note=complain, progress=progress, finished=False)
        with text_bar() as progress:
            trainer, run = make_trainer(opened, held, learner=leader.learner if leader else None, progress=progress)
        assert run is not None
        if leader:
            leader.leads(trainer, run)
        if options.seed_text is not None:
            _keep_pinned(run, options.seed_text)
        from model.cli.training.training_report import TrainingReport
        from model.writing.sample_log import SampleLog

        if not json:
            report_idle(trainer.recipe.samplings)
        log = SampleLog(run, complain)
        report = held.enter_context(TrainingReport(trainer.recipe, run))
        show = (lambda *_: None) if json else report.take_samples
        time_lapse = make_time_lapse(opened, trainer, run, log, show, complain)
        threading.Thread(target=time_lapse.run, name="time-lapse", daemon=True).start()
        held.callback(time_lapse.wait)  # Python would crash if it ended while a thread compiles
        held.callback(time_lapse.stop)

        def stop() -> None:
            trainer.send(Stop())

        with stopping(stop) as received:

            def show(event: Event) -> None:
                time_lapse.hear(event)
                if isinstance(event, SampleAsked):
                    work = partial(_write_asked, trainer.language_model(), opened, event, log)
                    asked = threading.Thread(target=work, name="asked samples", daemon=True)
                    asked.start()
                    held.callback(asked.join)
                while isinstance(event, Finished) and not time_lapse.wait(_LOOK_SECONDS) and not received:
                    pass  # a signal has the samples that are left written when the run is resumed
                if json:
                    say_json(event_record(event))
                else:
                    report.show(event)

            sound = _follow(run_training(opened, trainer, run, time_lapse.take), show, stop)
    if received:
        return 128 + received[0]
    return 0 if sound else 1


def _keep_pinned(run: Run, seed: str) -> None:
    """Keep the seed that was given for whatever goes on with the run, the screen too."""
    try:
        pin_seed(run, seed)
    except (OSError, RunError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else str(error).rstrip(".")
        complain(f"The seed is pinned for this start only, for it cannot be kept: {reason}.")


def _write_asked(model: LanguageModel, opened: Opened, asked: SampleAsked, log: SampleLog) -> None:
    """Write samples that another program has asked for, in a thread of their own."""
    from model.writing.epoch_samples import write_asked
    from model.writing.provenance import to_record

    with suppress(RuntimeError):  # the program ends
        log.add(*map(to_record, write_asked(model, opened.corpus, opened.recipe, asked.epoch, asked.step)))


def _follow(events: Iterable[Event], show: Callable[[Event], None], stop: Callable[[], None]) -> bool:
    """Show events as they come. Returns whether training did not diverge and the last save succeeded.

    If an event cannot be shown, training stops and is saved before the error is raised.

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
