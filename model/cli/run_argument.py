"""The run of a command: the options that name it, and the weights that they select."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from model.cli.console import complain
from model.options.parser import between, folder, whole_number
from model.options.training_options import RUNS_HELP
from model.runs.checkpoint import Checkpoint
from model.runs.continuing.edited_recipe import with_writing_settings
from model.runs.epoch_weights import load_epoch
from model.runs.folder import Run
from model.runs.housekeeping.kept_view import lost_after
from model.runs.kept import newest_weights
from model.runs.listing import open_run, runs_folder

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel

RUN_HELP = "a run listed by 'charlstm runs', its folder, or 'latest'"


def add_runs_folder(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add `--runs`, a path or None.

    Args:
        parser: of a command.
        default: argparse.SUPPRESS where the option may also be given before the command's name.
    """
    parser.add_argument("--runs", metavar="DIR", type=folder, default=default, help=RUNS_HELP)


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the run, which weights of it, and `--runs`; `open_weights` reads them back."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--weights",
        choices=("best", "newest"),
        default="best",
        help="the weights that are best on the held-out text, or the newest (default: best)",
    )
    which.add_argument(
        "--epoch",
        type=between(whole_number, 1),
        metavar="N",
        help="the weights at the end of epoch N, if they were kept",
    )
    add_runs_folder(parser)


def open_weights(options: argparse.Namespace) -> tuple[Run, Checkpoint]:
    """The run and its checkpoint; damaged files are reported, what is used instead, and what was not kept.

    Raises:
        RunError: there is no such run.
        CheckpointError: it has no sound checkpoint, or no weights of the epoch that is asked for.
    """
    run = open_run(options.run, runs_folder(options.runs))
    if options.epoch is not None:
        checkpoint = load_epoch(run, options.epoch, complain)
        if checkpoint.manifest.cursor.epoch < options.epoch:
            step = checkpoint.manifest.step
            complain(f"The time limit cut epoch {options.epoch:,} short: the weights are those of step {step:,} in it.")
        return run, with_writing_settings(run, checkpoint, complain)
    damaged = list[str]()
    checkpoint = run.load(options.weights, damaged.append)
    for sentence in damaged:
        complain(sentence)
    at = f"epoch {checkpoint.manifest.cursor.epoch:,}, step {checkpoint.manifest.step:,}"
    if damaged:
        complain(f"The weights of {at} are used instead.")
    newest = next((each.manifest for each in newest_weights(run) if each.manifest), checkpoint.manifest)
    if not run.in_use and (lost := lost_after(run, newest.step)):
        complain(f"{lost}. The weights are those of {at}.")
    return run, with_writing_settings(run, checkpoint, complain)


def language_model_of(checkpoint: Checkpoint) -> LanguageModel:
    """The language model of the weights. JAX starts here: import what needs it only after the first call.

    Raises:
        CheckpointError: they do not fit the recipe beside them.
        DeviceError: JAX cannot start.
    """
    from model.devices.jax_setup import start_jax

    start_jax(devices=1)
    from model.writing.language_model import LanguageModel

    return LanguageModel.from_checkpoint(checkpoint)
