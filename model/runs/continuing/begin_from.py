"""Beginning a run with another run's weights, on another text or in another way. Nothing here imports JAX.

The network's size comes from that run, every other setting from its recipe, from a preset or from options; what was
fitted to its text is fitted to the new one. Characters that the new text lacks are left out, and new ones are added: a
run knows those of its own text.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from corpora.safe_text import shown
from model.networks.other_tokens import for_other_tokens
from model.options.field_types import spelled_out
from model.options.fields import option_of
from model.options.recipe_options import with_changes
from model.options.shell_command import typed
from model.options.training_options import TrainingOptions
from model.recipe import RecipeError, preset
from model.runs.checkpoint import NETWORK, Checkpoint
from model.runs.continuing.begun_from import BegunFrom
from model.runs.continuing.edited_recipe import refuse_edits
from model.runs.folder import Run
from model.runs.listing import open_run
from model.runs.run_facts import RunError, RunFacts
from model.tokens.tokenizer import Tokenizer, known_before

Options = TypeVar("Options", bound=TrainingOptions)


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The run whose weights another one begins with."""

    run: Run
    facts: RunFacts
    weights: Literal["best", "newest"]
    checkpoint: Checkpoint

    @property
    def begun_from(self) -> BegunFrom:
        """What the new run keeps of it."""
        manifest = self.checkpoint.manifest
        return BegunFrom(self.run.name, self.weights, manifest.cursor.epoch, manifest.step)

    def carried_over(self, tokenizer: Tokenizer) -> tuple[dict[str, np.ndarray], BegunFrom]:
        """The parameters for the tokens of another text, and what became of the tokens.

        Args:
            tokenizer: of that text.
        """
        manifest = self.checkpoint.manifest
        before, known = manifest.tokenizer, known_before(manifest.tokenizer, tokenizer)
        parameters = for_other_tokens(self.checkpoint.arrays, manifest.read_recipe(), known)
        dropped = sorted({*range(len(before))}.difference(known.tolist()))
        return parameters, replace(
            self.begun_from,
            new=tuple(tokenizer.text_of(int(token)) for token in np.flatnonzero(known < 0)),
            dropped=tuple(map(before.text_of, dropped)),
            tokens=self.facts.recipe.tokens,
        )


def read_origin(
    reference: str,
    weights: Literal["best", "newest"],
    root: Path,
    note: Callable[[str], object] = lambda sentence: None,
) -> Origin:
    """The run of this name or folder, with its weights. It is only read: it may be in training.

    Args:
        reference: of the run.
        weights: which; the newest where there are no best ones, or where those are damaged.
        root: the folder of runs.
        note: called with a sentence for each damaged checkpoint that is skipped.

    Raises:
        RunError: there is no such run, or its recipe.toml describes another network than its weights have.
        CheckpointError: it has no sound checkpoint.
    """
    run = open_run(reference, root)
    facts, skipped = run.facts(), list[str]()
    checkpoint = run.load(weights, skipped.append)
    refuse_edits(run, facts, checkpoint.manifest.read_recipe(), NETWORK)
    for sentence in skipped:
        note(sentence)
    return Origin(run, facts, weights if os.path.exists(run.best_checkpoint) and not skipped else "newest", checkpoint)


def settled(options: Options, run: Run, facts: RunFacts) -> Options:
    """The options with the recipe and the text that they and the other run decide.

    Args:
        options: with `from_`; a recipe that is settled already stays.
        run: the one that the new run begins from.
        facts: of that run.

    Raises:
        RecipeError: an option asks for another network than the weights are of, or means nothing to this one.
        RunError: no text is given, and that run was trained on standard input.
    """
    again = typed(*options.program, "TEXT", "--from", run.reference)
    if not options.corpus and "-" in facts.corpus_spec:
        raise RunError(f"The run {shown(run.name)} was trained on standard input. Give a text: {again}")
    its_encoding = "" if options.corpus else facts.recipe.encoding
    options = replace(options, corpus=options.corpus or facts.corpus_spec)
    if options.changes is None:
        return options
    kept = {name: getattr(facts.recipe, name) for name in NETWORK}
    for name, value in kept.items():
        if (wanted := options.changes.get(name, value)) != value:
            raise RecipeError(
                f"{option_of(name)} is {spelled_out(wanted)}, but the weights of the run {shown(run.name)} need "
                f"{spelled_out(value)}: leave out {option_of(name)}, or --from."
            )
    base, name = replace(facts.unfitted, encoding=its_encoding), facts.recipe_name
    free = options.free.intersection(facts.fitted)
    if options.recipe_name:
        base, name = preset(options.recipe_name, facts.recipe.network, facts.recipe.tokens), options.recipe_name
        free = options.free
    recipe = with_changes(replace(base, **kept), options.changes)
    return replace(options, recipe=recipe, recipe_name=name, free=free, changes=None)
