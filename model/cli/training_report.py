"""The progress of a training, printed: a bar, a line for each epoch, and on a terminal a sample."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from tqdm import tqdm  # type: ignore[import-untyped]

from corpora import Corpus
from model.cli.console import complain, say
from model.events import Compiled, CorpusReady, EpochEnd, Event, Finished, Progress, Resumed, RolledBack, SaveFailed
from model.options.shell_command import typed
from model.recipe import Recipe
from model.runs.folder import Run
from model.runs.json_lines import plain
from model.runs.run_facts import RunError
from model.runs.run_view import END_REASONS
from model.writing.provenance import Sample, to_record

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel

_SAMPLE_LENGTH = 200
_SAMPLE_TEMPERATURE = 0.5
"""A sample is written at the recipe's temperature nearest to this."""


class TrainingReport:
    """Shows events; a context manager, because the bar must be removed at the end.

    Args:
        corpus: where the samples' seeds come from.
        recipe: of the training.
        run: where samples are kept.
        language_model: gives the network with its present weights.
    """

    def __init__(self, corpus: Corpus, recipe: Recipe, run: Run, language_model: Callable[[], LanguageModel]) -> None:
        self._corpus, self._recipe, self._run, self._language_model = corpus, recipe, run, language_model
        self._samples = sys.stdout.isatty()
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
        """Print one event."""
        match event:
            case Progress():
                self._show_progress(event)
                return
            case CorpusReady() | Resumed() | Compiled() | EpochEnd() | RolledBack() | Finished():
                self._bar.clear()
                self._say(event)
            case SaveFailed(reason):
                self._bar.clear()
                complain(reason)

    def _show_progress(self, event: Progress) -> None:
        if event.step_in_epoch < self._bar.n or self._bar.total != event.steps_per_epoch:
            self._bar.reset(total=event.steps_per_epoch)
        self._bar.set_description_str(f"epoch {event.epoch}/{self._recipe.epochs}", refresh=False)
        speed = f"{event.characters_per_second:,.0f} characters/s"
        self._bar.set_postfix_str(f"loss {event.epoch_loss:.4f}, {speed}", refresh=False)
        self._bar.update(event.step_in_epoch - self._bar.n)

    def _say(self, event: CorpusReady | Resumed | Compiled | EpochEnd | RolledBack | Finished) -> None:
        match event:
            case CorpusReady():
                say(f"{event.title}: {event.characters:,} characters, {event.distinct} distinct")
                for note in event.notes:
                    say(note)
            case Resumed():
                say(f"resuming after {_count(event.epoch, 'epoch')} and {event.step:,} steps")
                for notice in event.notices:
                    complain(notice)
            case RolledBack():
                say(
                    f"{event.reason} at step {event.step:,}: rolled back to the weights of step {event.to_step:,}, "
                    f"with {event.rate_scale:g} times the learning rate"
                )
            case Compiled():
                say(f"{event.parameters:,} parameters on {event.work_shared}; saved in {event.run}")
            case EpochEnd():
                self._say_epoch(event)
                if self._samples:
                    self._say_sample(event)
            case Finished():
                self._say_end(event)

    def _say_epoch(self, event: EpochEnd) -> None:
        judged = ""
        if event.held_out is not None and event.bpc is not None:
            judged = f"  held-out {event.held_out:.4f} ({event.bpc:.3f} bits a character)"
        say(
            f"epoch {event.epoch}/{self._recipe.epochs}  loss {event.loss:.4f}{judged}  "
            f"after {event.seconds:.1f} s  {event.characters_per_second:,.0f} characters/s"
        )
        if event.drifts:
            say(f"carrying the state along drifts: held-out {event.windowed:.4f} in short stretches")

    def _say_sample(self, event: EpochEnd) -> None:
        """Write a sample with the epoch's weights, and store it in the run, once even if the epoch ends again."""
        recipe, corpus = self._recipe, self._corpus
        places = random.Random(f"{recipe.random_seed} {event.epoch}")
        start = places.randrange(max(1, len(corpus) - recipe.seed_length))
        seed = corpus.text(start, start + recipe.seed_length)
        sampling = min(recipe.samplings, key=lambda each: abs(each.temperature - _SAMPLE_TEMPERATURE))
        noise_seed = places.getrandbits(32)
        length = min(recipe.sample_length, _SAMPLE_LENGTH)
        text = "".join(self._language_model().write(seed, length, sampling, noise_seed))
        say(_labelled("seed", seed))
        say(_labelled(f"{sampling.temperature:g}", text))
        sample = Sample(
            id=f"{places.getrandbits(48):012x}",
            kind="showing",
            epoch=event.epoch,
            step=event.step,
            seed=seed,
            noise_seed=noise_seed,
            sampling=((0, sampling),),
            text=text,
        )
        record = to_record(sample)
        try:
            if plain(record) not in self._run.samples():
                self._run.append_sample(record)
        except RunError as error:
            complain(str(error))

    def _say_end(self, event: Finished) -> None:
        ended = f"{END_REASONS[event.reason]}: {_count(event.epoch, 'epoch')} in {event.seconds:.1f} s"
        if event.best_held_out is not None:
            bits = event.best_held_out / math.log(2)
            ended += f"; best held-out {event.best_held_out:.4f} ({bits:.3f} bits a character)"
            ended += f", epoch {event.best_epoch}"
        say(ended)
        if event.reason == "diverged":
            say("The best weights are kept. A lower --rate may do better.")
        if not event.step:
            say("No step was trained, so nothing of this start is kept.")
            return
        run = self._run.reference
        if event.reason in ("stopped", "time") and event.epoch < self._recipe.epochs:
            say(f"to resume it: {typed('charlstm', 'train', '--resume', run)}")
        say(f"to write with it: {typed('charlstm', 'write', run)}")


def _labelled(label: str, text: str) -> str:
    """A label before the text's first line; further lines are indented alike."""
    return f"  {label:<6}" + text.replace("\n", "\n" + " " * 8)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
