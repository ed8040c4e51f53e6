"""What a new run will cost: its steps, parameters, time, memory and disk, before anything of it is trained.

The work of a step is counted in products of the recurrent kind, and everything else by what it takes beside them. How
fast the machine does that work comes from `measured_speed`. Memory and disk follow from what is kept.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from corpora.corpus import Corpus
from model.networks.network_kinds import parameter_shapes
from model.networks.sight import receptive_field
from model.preparing.estimate import Cost
from model.preparing.text_tokens import TextTokens
from model.recipe import Recipe
from model.runs.folder import KEPT
from model.tokens.batches import open_reader

_CELL, _PARAMETER, _DROPPED = 850.0, 700.0, 400.0
"""Work beside the products, in operations that take as long: of one unit at one character, of the update of one
parameter, and of dropping one recurrent weight. Fitted to the steps in tests/benchmarks/README.md."""

_LOGIT, _FEW_TOKENS = 350.0, 3500
"""Work beside the products for each odds of the output, and the tokens up to which it does not show: the odds of more
do not stay in the caches. Fitted to steps with 100 to 20,000 characters (tests/benchmarks/alphabets.py)."""

_USUAL = 2.3e11
"""Operations a second of two cores, about."""

_EVALUATION = 4.0
"""Held-out text is read in two ways, on one device: about so many times the work of reading it once on all."""
_END_SECONDS = 0.1
"""About, of what else the end of an epoch takes."""

_PROGRAM_BYTES, _LONG_TEXT_BYTES = 450e6, 60e6
"""Of memory: the program with JAX and what it has compiled, between those without and with a screen; and what counting
the baselines of a text takes, unless it is short."""
_SHORT_BYTES, _CHARACTER_BYTES = 90, 9
"""For each character of a short text; and of any text beside its ids, for the index of copies and for counting."""
_COPIES = 56
"""Of the parameters, beside training's own: on each device, good weights to roll back to, the best, those that write,
those on their way to the disk. Fitted, as the numbers above are."""
_CARRIED_COPIES = 6
"""Of what the lanes carry, about: before and after a step, in good states and on its way to the disk."""
_TRACE = 14
"""Numbers that training keeps of a unit at one character, until the gradient is known."""

_SAMPLE_BYTES, _LINE_BYTES = 14, 130
"""On the disk: of a sampled character with its surprisal and entropy, and of a logged step."""


class Work(NamedTuple):
    """What a step does. Two recipes of equal work take equally long on one machine."""

    step: float
    """Of a step, in operations."""
    evaluation: float
    """Of the held-out text at the end of an epoch, in operations."""
    parameters: int


class Speed(NamedTuple):
    """How fast a machine works."""

    operations: float
    """In a second, of the kind that `Work` counts."""
    found: str
    """How it was found, as in Cost."""


def work_of(recipe: Recipe, tokens: int, held_out: int) -> Work:
    """The work of a step and of an evaluation.

    Args:
        recipe: with its kind of network.
        tokens: how many distinct tokens there are.
        held_out: tokens that are held out.
    """
    shapes, more = (parameter_shapes(recipe, count) for count in (tokens, tokens + 1))
    parameters = sum(math.prod(shape) for shape in shapes.values())
    read = recipe.batch * recipe.window
    predicted = read if recipe.reading == "lanes" else recipe.batch
    # A matrix without an axis of tokens is multiplied with at every character.
    inner = sum(math.prod(shape) for name, shape in shapes.items() if len(shape) > 1 and shape == more[name])
    forward = 2 * inner + _CELL / 3 * recipe.layers * recipe.hidden
    output = 2 * recipe.hidden * tokens + _LOGIT * max(0, tokens - _FEW_TOKENS)
    step = 3 * (read * forward + predicted * output) + _PARAMETER * parameters
    if recipe.weight_drop:  # of the recurrent matrix of each layer: all but the first have another as large
        step += _DROPPED * inner * recipe.layers / (2 * recipe.layers - (not recipe.tied))
    return Work(step, _EVALUATION * held_out * (forward + output), parameters)


def usual_seconds(recipe: Recipe, tokens: int, steps: int) -> float:
    """What so many steps take on a usual machine of two cores, about; on any machine the same number."""
    return steps * work_of(recipe, tokens, 0).step / _USUAL


def cost_of(corpus: Corpus, recipe: Recipe, tokens: TextTokens, speed: Speed, epoch_weights: int) -> Cost:
    """What a run on a text will take.

    Args:
        corpus: opened as the recipe wants it.
        recipe: of the run.
        tokens: of the text.
        speed: of the machine.
        epoch_weights: bytes for the weights of all epochs.

    Raises:
        BatchError: the text is too short for the recipe.
    """
    reader = open_reader(tokens.training, recipe)
    work = work_of(recipe, tokens.distinct, tokens.held_out)
    seconds = (reader.steps_per_epoch * work.step + work.evaluation) / speed.operations + _END_SECONDS
    return Cost(
        steps_per_epoch=reader.steps_per_epoch,
        epochs=recipe.epochs,
        parameters=work.parameters,
        epoch_seconds=seconds,
        found=speed.found,
        memory=_memory(corpus, recipe, work.parameters),
        disk=_disk(recipe, work.parameters, reader.steps_per_epoch, epoch_weights),
        sight=recipe.sight,
    )


def _moments(recipe: Recipe) -> int:
    """Numbers that the optimiser keeps for each parameter."""
    return 2 if recipe.optimizer == "adamw" else 1


def _carried(recipe: Recipe) -> int:
    """Numbers that all lanes carry from step to step: two a unit, or what a convolution will look at again."""
    field = receptive_field(recipe)
    return recipe.batch * recipe.hidden * (2 * recipe.layers if field is None else field - 1 + recipe.layers)


def _memory(corpus: Corpus, recipe: Recipe, parameters: int) -> int:
    state = 4 * (parameters * (2 + _moments(recipe) + _COPIES) + _carried(recipe) * _CARRIED_COPIES)
    trace = 4 * _TRACE * recipe.batch * recipe.window * recipe.hidden * recipe.layers
    counting = min(_LONG_TEXT_BYTES, _SHORT_BYTES * len(corpus)) + _CHARACTER_BYTES * len(corpus)
    return round(_PROGRAM_BYTES + state + trace + corpus.ids.nbytes + counting)


def _disk(recipe: Recipe, parameters: int, steps_per_epoch: int, epoch_weights: int) -> int:
    whole = 4 * (parameters * (1 + _moments(recipe)) + _carried(recipe)) * (KEPT + 1)
    alone = 4 * parameters
    epochs = min(recipe.epochs * alone, max(epoch_weights, min(2, recipe.epochs) * alone)) if epoch_weights else 0
    samples = recipe.epochs * len(recipe.temperatures) * recipe.sample_length * _SAMPLE_BYTES
    return whole + epochs + samples + recipe.epochs * (steps_per_epoch // 25 + 2) * _LINE_BYTES
