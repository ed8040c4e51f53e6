"""Resuming a run: what its folder keeps, and its text, opened again. Nothing here imports JAX."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from corpora import Corpus, CorpusError
from corpora.progress import Tell
from corpora.safe_text import counted, shown
from model.options.shell_command import typed
from model.preparing.recipe_text import open_recipe_text
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint, CheckpointError, MissingCheckpointError
from model.runs.continuing.edited_recipe import as_described, refuse_edits
from model.runs.folder import Run
from model.runs.housekeeping.kept_view import lost_after
from model.runs.kept import epoch_paths, kept_states, passed_over
from model.runs.listing import list_runs, no_run, open_run, typed_in
from model.runs.run_facts import RunError, RunFacts, shown_path
from model.training.steering.history import Change, SteeringHistory

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that resuming needs from a run's folder."""

    run: Run
    facts: RunFacts
    recipe: Recipe
    newest: Checkpoint | None
    """The checkpoint to continue from; None if the run saved nothing. It then begins again."""
    best: Checkpoint | None

    @property
    def over(self) -> bool:
        """Whether all of its epochs are trained."""
        return self.newest is not None and self.newest.manifest.cursor.epoch >= self.recipe.epochs

    def learning_on(self, epochs: int) -> Past:
        """The same with another number of epochs in all.

        Raises:
            RunError: the run has trained as many already.
        """
        done = self.newest.manifest.cursor.epoch if self.newest else 0
        if epochs <= done:
            raise RunError(
                f"The run {shown(self.run.name)} has trained {counted(done, 'epoch')} already; --epochs is their "
                f"number in all: give more than {done}."
            )
        return replace(self, recipe=replace(self.recipe, epochs=epochs))

    @property
    def replay(self) -> list[Change]:
        """The changes of the learning rate that were made since the checkpoint.

        Raises:
            RunError: the run's metrics cannot be read.
        """
        step = self.newest.manifest.step if self.newest else 0
        return SteeringHistory.of(event for event, _ in self.run.events()).changes(step)

    def open_corpus(
        self,
        spec: Sequence[str] = (),
        progress: Tell | None = None,
        stdin: BinaryIO | None = None,
        program: Sequence[str] = ("charlstm", "train"),
    ) -> Corpus:
        """Open the run's text again.

        Args:
            spec: where the text is now; empty if it has not moved.
            progress: as for `corpora.open_corpus`.
            stdin: as for `corpora.open_corpus`.
            program: the command that resumes a run, for error messages.

        Raises:
            CorpusError: the text cannot be opened.
            RunError: it came from standard input, has moved, or is another text.
        """
        name = shown(self.run.name)
        again = typed(*program, "TEXT", "--resume", self.run.reference)
        if not spec and STDIN in self.facts.corpus_spec:
            raise RunError(f"The run {name} was trained on standard input. Give the text again: {again}")
        try:
            corpus = open_recipe_text(spec or self.facts.corpus_spec, self.recipe, progress, stdin)
        except CorpusError as error:
            if spec:
                raise
            raise RunError(f"{error} If the text of the run {name} has moved, say where it is: {again}") from error
        if self.newest is not None and corpus.digest() != self.newest.manifest.corpus.digest:
            was = self.newest.manifest.corpus
            raise RunError(
                f"This is not the text that the run {name} was trained on. That was {shown(was.name)} with "
                f"{was.characters:,} characters; this has {len(corpus):,}. Give the text as it was: {again}"
            )
        return corpus


def read_past(run: Run, note: Callable[[str], object] = lambda sentence: None) -> Past:
    """Read what resuming needs from a run's folder: its newest sound state. Hold the run's lock while it is trained.

    Args:
        run: the run.
        note: called with a sentence for each damaged checkpoint that is skipped, and for what is lost.

    Raises:
        RunError: recipe.toml is missing or wrong, or was edited in what cannot be obeyed.
        CheckpointError: the run has states, but none of them is sound; or it has none but weights of epochs, which
            beginning again would delete.
    """
    facts, skipped = run.facts(), list[str]()
    newest = _load_state(run, skipped.append) if kept_states(run) or epoch_paths(run.folder) else None
    for sentence in [*skipped, *_losses(run, newest, taken_instead=bool(skipped))]:
        note(sentence)
    best = None
    if os.path.exists(run.best_checkpoint):
        try:
            best = run.read(run.best_checkpoint)
        except CheckpointError as error:
            note(passed_over(error))
    if newest is None:
        return Past(run, facts, facts.recipe, newest, best)
    trained = newest.manifest.read_recipe()
    refuse_edits(run, facts, trained)
    recipe = as_described(trained, facts.recipe)
    return Past(run, facts, recipe, newest, best)


def _load_state(run: Run, note: Callable[[str], object]) -> Checkpoint:
    try:
        return run.load("state", note)
    except CheckpointError as error:
        if not epoch_paths(run.folder):
            raise
        name, write = shown(run.name), typed("charlstm", "write", run.reference)
        why = f"The run {name} has no state to resume." if isinstance(error, MissingCheckpointError) else str(error)
        raise CheckpointError(f"{why} The weights that epochs ended with can still write: {write}") from error


def _losses(run: Run, newest: Checkpoint | None, *, taken_instead: bool) -> Iterator[str]:
    """What is resumed, where that is not the newest that was saved; and what of the run is lost, a sentence each."""
    at = newest.manifest if newest else None
    if at and taken_instead:
        yield f"The newest sound state is resumed: epoch {at.cursor.epoch:,}, step {at.step:,}."
    if lost := lost_after(run, at.step if at else None):
        yield f"{lost}: training does {'them' if ' were ' in lost else 'it'} again."


def open_unfinished(reference: str | None, root: Path, program: Sequence[str] = ("charlstm", "train")) -> Run:
    """The run of this name or folder; for None, the unfinished run in `root` that was trained last.

    Args:
        reference: of the run.
        root: the folder of runs.
        program: the command that resumes a run, for error messages.

    Raises:
        RunError: there is none.
    """
    if reference is not None:
        return open_run(reference, root)
    summaries = list_runs(root)
    for summary in summaries:
        if summary.unfinished:
            return Run(summary.folder)
    if summaries:
        write = ("charlstm-tui", "--watch") if program[0] == "charlstm-tui" else ("charlstm", "write")
        raise RunError(
            f"No run in {shown_path(root)} is unfinished. To write with the latest: "
            f"{typed(*write, Run(summaries[0].folder).reference)}. To begin another: {typed_in(root, *program)}"
        )
    raise no_run(root, *program)
