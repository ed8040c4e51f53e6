"""The progress of a training, printed: a line for each epoch and its samples, and on a terminal a bar."""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from tqdm import tqdm  # type: ignore[import-untyped]

from corpora.safe_text import counted, enumerated, shown
from model.baselines.names import best_of
from model.cli.console import complain, say, say_wrapped
from model.options.shell_command import typed
from model.recipe import Recipe
from model.runs.continuing.begun_from import BegunFrom
from model.runs.folder import Run
from model.runs.housekeeping.run_states import END_REASONS, best_epoch, epoch_of, gone_on, trained
from model.runs.housekeeping.spelled_times import duration
from model.runs.housekeeping.unkept import after_the_end, unkept
from model.runs.kept import kept_step
from model.runs.run_facts import RunError
from model.runs.run_view import RunView
from model.training.events import (
    Baselines,
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    Progress,
    RateScaled,
    Resumed,
    RolledBack,
    SaveFailed,
    StopPlanned,
)
from model.writing.provenance import Sample

_SHORT_LINE = 30
"""Characters of a line, at most, that is shown in a row with others."""


class TrainingReport:
    """Prints events. It is a context manager, because the bar must be removed at the end.

    Args:
        recipe: of the training.
        run: where it is kept.
    """

    def __init__(self, recipe: Recipe, run: Run) -> None:
        self._recipe, self._run = recipe, run
        self._view = RunView()
        self._epoch = self._heading = 0
        """The newest that has a line, and the one whose line or heading was printed last."""
        self._samples: deque[tuple[int, Sequence[Sample]]] = deque()
        self._bar = tqdm(
            bar_format="{desc} {percentage:3.0f}%|{bar}| {remaining} left{postfix}",
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
            leave=False,
        )

    def __enter__(self) -> TrainingReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def show(self, event: Event) -> None:
        """Print one event, and the samples of the epochs before it."""
        if isinstance(event, Resumed):  # what was noticed before is not said again
            with suppress(RunError):
                self._view.apply_all(self._run.events())
            self._view.run = str(self._run.folder)  # where it is now: it may be a copy
        before = self._view.run
        self._view.apply(event)
        if before and self._view.run != before:
            self._bar.clear()
            complain(f"The run's folder was moved. It is saved in {shown(str(self._view.run), 1000)} now.")
        if isinstance(event, EpochEnd):
            self._epoch = self._heading = event.epoch
        else:
            self._say_samples()
        match event:
            case Progress():
                self._show_progress(event)
                return
            case BegunFrom(sentences=sentences):
                self._bar.clear()
                for sentence in sentences:
                    say(sentence)
            case CorpusReady() | Resumed() | Compiled() | Baselines() | EpochEnd() | RolledBack() | Finished():
                self._bar.clear()
                self._say(event)
            case Paused(showing=False):
                self._bar.clear()
                say(f"training is paused at step {event.step:,}")
            case RateScaled() | StopPlanned():
                self._bar.clear()
                say(event.words)
            case SaveFailed(reason):
                self._bar.clear()
                complain(reason)

    def take_samples(self, epoch: int, samples: Sequence[Sample], of_pinned: Sequence[Sample]) -> None:
        """Have an epoch's samples printed below its line, those of a pinned seed if there are; from any thread."""
        self._samples.append((epoch, of_pinned or samples))

    def _show_progress(self, event: Progress) -> None:
        if event.step_in_epoch < self._bar.n or self._bar.total != event.steps_per_epoch:
            self._bar.reset(total=event.steps_per_epoch)
        self._bar.set_description_str(f"epoch {event.epoch}/{self._recipe.epochs}", refresh=False)
        speed = f"{event.characters_per_second:,.0f} characters/s"
        self._bar.set_postfix_str(f"loss {event.epoch_loss:.4f}, {speed}", refresh=False)
        self._bar.update(event.step_in_epoch - self._bar.n)

    def _say(self, event: CorpusReady | Resumed | Compiled | Baselines | EpochEnd | RolledBack | Finished) -> None:
        match event:
            case CorpusReady():
                known = f"; {event.vocabulary:,} tokens: {enumerated(event.parts)}" if event.parts else ""
                say(f"{event.title}: {event.characters:,} characters, {event.distinct} distinct{known}")
                for note in event.notes:
                    say(note)
            case Resumed():
                say(f"resuming {gone_on(event, self._view.steps_per_epoch or 0)}")
                if event.total_epochs:
                    say(event.learning_on)
                for notice in event.notices:
                    complain(notice)
            case RolledBack():
                say(
                    f"{event.reason} at step {event.step:,}: rolled back to the weights of step {event.to_step:,}, at "
                    f"half the rate that went well: {event.rate_scale:.3g} times the recipe's"
                )
            case Compiled():
                if sight := self._recipe.sight:
                    say(f"{self._recipe.network} of {counted(self._recipe.layers, 'layer')}, {sight}")
                say(f"{event.parameters:,} parameters on {event.work_shared}; saved in {event.run}")
            case EpochEnd():
                self._say_epoch(event)
                self._say_overtaken()
            case Baselines():
                if self._view.overtaking.arrived:
                    best = best_of(event)
                    say(f"{best.reaches(f'{best.loss:.3f}')}.")
                self._say_overtaken()
            case Finished():
                self._say_end(event)

    def _say_epoch(self, event: EpochEnd) -> None:
        judged = ""
        if event.held_out is not None and event.bpc is not None:
            judged = f"  held-out {event.held_out:.4f} ({event.bpc:.3f} bits a character)"
        say(
            f"{epoch_of(event)}/{self._recipe.epochs}  loss {event.loss:.4f}{judged}  "
            f"after {duration(event.seconds)}  {event.characters_per_second:,.0f} characters/s"
        )
        if (found := self._view.overfitting) and found.noticed is event:
            say(found.words(*(f"{loss:.4f}" for loss in found.losses)))
        if event.drifts:
            say(f"carrying the state along drifts: held-out {event.windowed:.4f} in short stretches")

    def _say_overtaken(self) -> None:
        if newest := self._view.overtaking.newest:
            say(f"{self._view.overtaking.words(f'{newest.loss:.3f}')}.")

    def _say_samples(self) -> None:
        while self._samples and self._samples[0][0] <= self._epoch:
            epoch, samples = self._samples.popleft()
            self._bar.clear()
            if epoch != self._heading:
                say(f"samples of epoch {epoch}:")
                self._heading = epoch
            if samples[0].seed or not self._recipe.lines:
                say_wrapped("seed", samples[0].seed)
            for sample in samples:
                say_wrapped(sample.sampling[0][1].short, self._shown(sample))

    def _shown(self, sample: Sample) -> str:
        """What was written; short lines of a list go in a row."""
        if not self._recipe.lines:
            return sample.text
        lines = (sample.seed + sample.text).removesuffix("\n").split("\n")
        return (", " if max(map(len, lines)) <= _SHORT_LINE else "\n").join(lines)

    def _say_end(self, event: Finished) -> None:
        ended = f"{END_REASONS[event.reason]}: {trained(event, self._view.epochs_done)} in {duration(event.seconds)}"
        if self._view.save_failure:  # the folder may have been removed, or be another run's
            self._view.kept = kept_step(self._run)
        kept, lost = self._view.kept or 0, unkept(self._view, self._view.kept)
        if event.best_held_out is not None:
            bits = event.best_held_out / math.log(2)
            ended += f"; best held-out {event.best_held_out:.4f} ({bits:.3f} bits a character)"
            ended += f" {best_epoch(event)}"
            if lost and self._view.best and self._view.best.step > kept:
                ended += ", not kept"
        say(ended)
        if lost:
            complain(f"{lost}. {after_the_end(self._view.save_failure or '')}".rstrip())
        if event.reason == "diverged":
            say(f"{'' if lost else 'The best weights are kept. '}A lower --rate may do better.")
        if not event.step:
            say("No step was trained, so nothing of this start is kept.")
            return
        run = self._run.reference
        if lost and not kept:
            again = f" To begin it again: {typed('charlstm', 'train', '--resume', run)}" if self._run.is_there else ""
            say(f"Nothing of it is on the disk.{again}")
            return
        if lost:
            say(f"to resume it from step {kept:,}: {typed('charlstm', 'train', '--resume', run)}")
        elif event.reason in ("stopped", "time") and event.epoch < self._recipe.epochs:
            say(f"to resume it: {typed('charlstm', 'train', '--resume', run)}")
        elif event.reason == "epochs":
            say(f"to let it learn on: {typed('charlstm', 'train', '--resume', run, '--epochs', str(2 * event.epoch))}")
        weights = f"the weights of step {kept:,}" if lost else "it"
        lines = ("--count", "20", "--temperature", "0.8") if self._recipe.lines else ()
        say(f"to write with {weights}: {typed('charlstm', 'write', run, *lines)}")
