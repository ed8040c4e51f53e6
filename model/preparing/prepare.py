"""From what was asked for to a trainer ready to run: the text, the run's folder and its lock, the devices.

In two steps, because the first needs no JAX: `open_training`, then `make_trainer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from corpora import Corpus, open_default_corpus
from corpora.catalogue import DEFAULT
from corpora.progress import Tell
from model.options.shell_command import typed
from model.options.training_options import TrainingOptions
from model.preparing.estimating import said_of_a_long_run
from model.preparing.fitting import fit
from model.preparing.measured_speed import Machine
from model.preparing.recipe_text import as_found, open_recipe_text
from model.recipe import Recipe
from model.runs.continuing.begin_from import Origin, read_origin, settled
from model.runs.continuing.missing_past import missing_past
from model.runs.continuing.pinned_seed import pinned_seed
from model.runs.continuing.resuming import Past, open_unfinished, read_past
from model.runs.folder import Run
from model.runs.housekeeping.run_states import epochs
from model.runs.listing import create_run, runs_folder
from model.runs.run_facts import RunError, RunFacts

if TYPE_CHECKING:
    from model.tokens.tokenizer import Tokenizer
    from model.training.events import Baselines, Event
    from model.training.learner import Learner
    from model.training.publishing import Snapshot
    from model.training.trainer import Trainer
    from model.writing.sample_log import SampleLog
    from model.writing.time_lapse import TimeLapse, Written


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A text to train on, and the run that is resumed."""

    options: TrainingOptions
    corpus: Corpus
    recipe: Recipe
    past: Past | None
    """Of the run that is resumed; None for a new one."""
    origin: Origin | None = None
    """Whose weights a new run begins with; None for its own."""
    notes: tuple[str, ...] = ()
    """What of the recipe was fitted to the text, and what a long run takes, a sentence each."""
    fitted: tuple[str, ...] = ()
    """The fields of the recipe that were fitted."""

    @property
    def spec(self) -> tuple[str, ...]:
        """What opens the text; empty for the default one."""
        return self.options.corpus or (self.past.facts.corpus_spec if self.past else ())

    @property
    def tokenizer(self) -> Tokenizer | None:
        """Of the run that is resumed: its weights know these tokens, whatever would be found in the text now."""
        return self.past.newest.manifest.tokenizer if self.past and self.past.newest else None


def open_training(
    options: TrainingOptions,
    held: ExitStack,
    *,
    note: Callable[[str], object] = lambda sentence: None,
    stage: Callable[[str], object] = lambda text: None,
    progress: Tell | None = None,
    stdin: BinaryIO | None = None,
    finished: bool = True,
) -> Opened:
    """Open the text and, where a run is resumed, read it and lock it until `held` is closed.

    Args:
        options: what to train.
        held: closed when the training has ended.
        note: told, in a sentence, of each damaged checkpoint that was passed over.
        stage: told what is being done.
        progress: told how far the text is downloaded and read.
        stdin: read instead of standard input.
        finished: whether a run may be resumed that has trained all of its epochs.

    Raises:
        CharlstmError: the run or the text cannot be opened, or they do not belong together.
    """
    past = _read_past(options, held, note, stage, finished) if options.resume is not None else None
    origin = None
    if options.from_ is not None:
        origin = read_origin(options.from_, options.from_weights, runs_folder(options.runs), note)
        options = settled(options, origin.run, origin.facts)
    stage(f"opening {text_name(options)}")
    if past is not None:
        corpus = past.open_corpus(options.corpus, progress, stdin, options.program)
        return Opened(options, corpus, past.recipe, past)
    corpus = open_text(options.corpus, options.recipe, progress, stdin)
    options = replace(options, recipe=as_found(options.recipe, corpus))
    fitted = fit(corpus, options.recipe, options.fitting)
    look = partial(Machine.looked_at, runs_folder(options.runs))
    long = said_of_a_long_run(corpus, fitted, options.epoch_weights, options.max_seconds, look)
    return Opened(options, corpus, fitted.recipe, None, origin, (*fitted.notes, *long), (*fitted.changes,))


def _read_past(
    options: TrainingOptions,
    held: ExitStack,
    note: Callable[[str], object],
    stage: Callable[[str], object],
    finished: bool,
) -> Past:
    """The past of the run that is resumed, for `open_training`."""
    run = open_unfinished(options.resume or None, runs_folder(options.runs), options.program)
    stage(f"reading the run {run.name}")
    run = held.enter_context(run.lock())
    past = read_past(run, note)
    for sentence in missing_past(run, past.newest.manifest) if past.newest else ():
        note(sentence)
    if options.total_epochs is not None:
        past = past.learning_on(options.total_epochs)
    if past.newest and past.over and not finished:
        done = past.newest.manifest.cursor.epoch  # recipe.toml may say fewer
        raise RunError(
            f"The run {run.name} is complete, after {epochs(done)}. "
            f"Write with it: {typed('charlstm', 'write', run.reference)}, or let it learn on: "
            f"{typed(*options.program, '--resume', run.reference, '--epochs', str(2 * done))}"
        )
    return past


def open_text(
    spec: Sequence[str], recipe: Recipe, progress: Tell | None = None, stdin: BinaryIO | None = None
) -> Corpus:
    """The text that these words of a command line name, cleaned as the recipe wants it; the default one for none.

    Raises:
        CorpusError: it cannot be opened.
    """
    if not spec:
        return open_default_corpus(recipe.read_as, progress=progress)
    return open_recipe_text(spec, recipe, progress, stdin)


def text_name(options: TrainingOptions) -> str:
    """The text, as messages name it before it is open."""
    return ", ".join(options.corpus) or ("the run's text" if options.resume is not None else DEFAULT)


def make_trainer(
    opened: Opened,
    held: ExitStack,
    *,
    learner: Callable[[Opened, Tell | None], Learner] | None = None,
    unkept: Callable[[str], object] | None = None,
    progress: Tell | None = None,
) -> tuple[Trainer, Run | None]:
    """Start JAX and make the trainer, and for a new run its folder, locked until `held` is closed.

    A folder whose run has not trained a step by then is deleted.

    Args:
        opened: what to train on.
        held: closed when the training has ended.
        learner: makes the learner, where this process is not alone; told of `progress`, too.
        unkept: told why no folder can be made for a run without a name, which then trains without one; where it is
            not given, that is an error.
        progress: told how far the text is split into words.

    Raises:
        CharlstmError: there are no such devices, the text is too short, or no run can be kept.
    """
    from model.devices.jax_setup import start_jax

    options, past = opened.options, opened.past
    start_jax(options.devices, options.device)
    from model.training.learner import Learner
    from model.training.trainer import Trainer

    learns = (
        learner(opened, progress)
        if learner
        else Learner(opened.corpus, opened.recipe, options.devices, tokenizer=opened.tokenizer, progress=progress)
    )
    learns.notices += opened.notes
    if origin := opened.origin:
        learns.begin_from(*origin.carried_over(learns.tokenizer))
        origin.checkpoint.let_go()
    trainer = Trainer(
        opened.corpus,
        opened.recipe,
        learner=learns,
        max_seconds=options.max_seconds,
        save_seconds=options.save_every,
        log_every=options.log_every,
        resume_from=past.newest if past else None,
        best=past.best if past else None,
        epoch_budget=options.epoch_weights * 1_000_000,
        replay=past.replay if past else (),
    )
    if past:
        learns.notices += past.run.lock_notes
        if past.newest:  # the learner has its own by now; the rollback needs the best
            past.newest.let_go()
        past.run.set_epochs(past.recipe.epochs)
        return trainer, past.run
    try:
        run = _new_run(opened, held)
    except RunError as error:
        if unkept is None or options.name:
            raise
        unkept(str(error))
        return trainer, None
    learns.notices += run.lock_notes
    if origin and (state := learns.capture()):  # so that the run needs the other one no more, whatever happens
        run.save(state)
    return trainer, run


def _new_run(opened: Opened, held: ExitStack) -> Run:
    options, origin = opened.options, opened.origin
    facts = RunFacts(
        corpus=opened.corpus.name,
        corpus_spec=options.corpus,
        recipe_name=options.recipe_name,
        recipe=opened.recipe,
        created=datetime.now().astimezone(),
        begun_from=origin.begun_from if origin else None,
        fitted=opened.fitted,
    )
    run = create_run(runs_folder(options.runs), options.name, facts, options.stem)
    held.callback(run.release)
    held.callback(run.discard_untrained)
    return run


def run_training(
    opened: Opened,
    trainer: Trainer,
    run: Run | None,
    publish: Callable[[Snapshot], None],
    ended: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train to the end. The events are the trainer's, and the baselines of the text, found beside it.

    Args:
        opened: what is trained on.
        trainer: of `make_trainer`.
        run: likewise.
        publish: as `Trainer.run` takes it.
        ended: as `with_baselines` takes it.
    """
    from model.baselines.background import find_baselines, with_baselines

    def find() -> Baselines | None:
        return find_baselines(opened.corpus, trainer.tokenizer, trainer.recipe, run)

    return with_baselines(trainer.run(publish, keep=run), find, ended)


def make_time_lapse(
    opened: Opened,
    trainer: Trainer,
    run: Run | None,
    log: SampleLog,
    written: Written,
    complain: Callable[[str], object],
) -> TimeLapse:
    """What writes every epoch's samples beside this training; its `run` needs a thread.

    Args:
        opened: what is trained on.
        trainer: of `make_trainer`.
        run: likewise.
        log: takes the samples.
        written: told of each epoch.
        complain: told in a sentence of samples that cannot be written.
    """
    from model.writing.epoch_samples import Comparison, usual_seed
    from model.writing.time_lapse import TimeLapse

    past = opened.past.newest if opened.past else None
    seed = trainer.tokenizer.without_cut_word(usual_seed(opened.corpus, opened.recipe))
    comparison = Comparison.of(opened.recipe, seed)
    behind = past.manifest.cursor.epoch if past else 0
    pinned = opened.options.seed_text
    if pinned is None and run is not None:
        pinned = pinned_seed(run)
    return TimeLapse(trainer.language_model(), comparison, run, log, written, complain, behind, pinned)
