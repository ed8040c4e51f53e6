"""TrainingOptions: what a command line asks to be trained; and the command line of such a value."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from corpora.catalogue import DEFAULT
from corpora.safe_text import enumerated
from model.options.fields import add_fields, given, option, option_of, words_of
from model.options.parser import OptionParser, between, folder, positive, unescaped, whole_number
from model.options.process_options import ProcessOptions, add_process_options, chosen_processes
from model.options.recipe_options import (
    FITTED,
    add_recipe_options,
    chosen_recipe,
    recipe_name,
    recipe_words,
    settled_by_a_run,
)
from model.recipe import DEFAULT_RECIPE, PRESETS, Recipe

HEADINGS = {"resume": "the run"}

RUNS_HELP = "folder that keeps the runs (default: your data folder)"
"""Of every command's `--runs`."""


_COUNT = between(whole_number, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """What to train, where and for how long, for `charlstm train` and `charlstm-tui`."""

    program: ClassVar[tuple[str, ...]] = ("charlstm", "train")
    """The command that takes these options."""

    corpus: tuple[str, ...] = ()
    """What to read, as `corpora.open_corpus` takes it: a name, paths, an address or '-'; empty is the default one."""
    recipe_name: str = DEFAULT_RECIPE
    """The preset that `recipe` started from."""
    recipe: Recipe = PRESETS[DEFAULT_RECIPE]
    free: frozenset[str] = frozenset()
    """Fields of the recipe of a new run that were not set: they fit themselves to the text. With `from_`, those that
    that run has not set either."""
    group: ProcessOptions | None = None
    """The processes that train together; None for this one alone."""

    total_epochs: int | None = None
    """Epochs in all that a resumed run trains; None for as many as it was begun with."""

    resume: str | None = option(
        None,
        "resume a run where it was saved last (default: the unfinished run changed last); with --epochs N, train it to "
        "N epochs in all, also after its end",
        metavar="RUN",
        bare="",
    )
    """A run's name or folder; '' is the unfinished run that was changed last, None begins a run."""
    from_: str | None = option(
        None,
        "begin the run with the weights of another, on a text or with options of its own; the network's size is RUN's, "
        "and so is all else that you leave out",
        metavar="RUN",
    )
    """A run's name or folder."""
    from_weights: Literal["best", "newest"] = option(
        "best", "which weights of --from: those that are best on its held-out text, or the newest (default: {})"
    )
    changes: Mapping[str, Any] | None = None
    """With `from_`, what options say of the recipe, until `model.runs.continuing.begin_from.settled` has made the
    recipe of it; `recipe_name` is empty until then if no preset was chosen."""
    max_seconds: float | None = option(
        None,
        "time limit: stop after S seconds of training, counted from this start, without compiling; a one-cycle rate "
        "falls towards the last of the --epochs, so to compare runs of equal time, give each the --epochs that fit "
        "(see --estimate)",
        parse=positive,
        metavar="S",
    )
    runs: Path | None = option(None, RUNS_HELP, parse=folder, metavar="DIR")
    name: str | None = option(None, "name of the new run (default: made of corpus, recipe, date and a number)")
    stem: str = ""
    """What that name begins with instead of corpus and recipe, if it is not given."""
    save_every: float = option(
        15.0, "save every S seconds as well as after each epoch (default: {})", parse=positive, metavar="S"
    )
    log_every: int = option(
        25, "log the mean loss of every N steps, for the curve; 0 logs none (default: {})", parse=_COUNT, metavar="N"
    )
    epoch_weights: int = option(
        200,
        "keep every epoch's weights within MB megabytes, then thinned evenly; 0 keeps none (default: {})",
        parse=_COUNT,
        metavar="MB",
    )
    seed_text: str | None = option(
        None,
        r"pin this seed: all samples continue it, and so does every epoch, beside the run's own; \n is a line feed",
        parse=unescaped,
        metavar="TEXT",
    )
    devices: int = option(0, "how many devices share the work (default: 0, chosen for you)", parse=_COUNT, metavar="N")
    device: Literal["auto", "cpu", "gpu"] = option(
        "auto",
        "what to train on; a small network may be faster on the CPU, which 'charlstm devices' measures (default: the "
        "GPU where JAX finds one)",
    )

    @property
    def fitting(self) -> frozenset[str]:
        """The fields that fit themselves to the text; a batch that must divide over devices is left as it is."""
        return self.free - {"batch"} if self.devices or self.group else self.free


def add_corpus(
    parser: argparse.ArgumentParser, use: str = "the text to train on", default: str = f"default: {DEFAULT}"
) -> None:
    """Add the argument `corpus`: a list of names, paths or URLs; empty means what is said to be the default."""
    parser.add_argument(
        "corpus",
        metavar="CORPUS",
        nargs="*",
        help=f"{use}: a name listed by 'charlstm corpora', files, a folder, a URL, or - for standard input ({default})",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of everything in TrainingOptions but the corpus. `chosen_training` reads them."""
    add_fields(parser, TrainingOptions, HEADINGS)
    add_process_options(parser)
    add_recipe_options(parser)


def chosen_training(parser: OptionParser, namespace: argparse.Namespace) -> dict[str, Any]:
    """The fields of TrainingOptions. Options that do not fit together exit with code 2."""
    values = given(TrainingOptions, namespace)
    settled = settled_by_a_run(namespace)
    if "resume" in values and option_of("epochs") in settled:  # the one thing that may change
        settled.remove(option_of("epochs"))
        values["total_epochs"] = namespace.epochs
    if "resume" in values and settled:
        parser.error(f"a resumed run keeps its recipe and its name: leave out {enumerated(settled)}")
    if "resume" in values and "from_" in values:
        parser.error("--resume goes on with a run and --from begins another: leave out one of them")
    if "from_weights" in values and "from_" not in values:
        parser.error("--from-weights is for --from RUN: name the run")
    begins_from = "from_" in values
    return values | {
        "corpus": tuple(namespace.corpus),
        "changes": given(Recipe, namespace) if begins_from else None,
        "recipe_name": "" if begins_from and "recipe" not in namespace else recipe_name(namespace),
        "recipe": chosen_recipe(parser, namespace),
        "free": frozenset(() if "resume" in values else FITTED) - given(Recipe, namespace).keys(),
        "group": chosen_processes(parser, namespace),
    }


def command_line(options: TrainingOptions) -> list[str]:
    """The words after `charlstm train` that mean the same, without what a resumed run has settled."""
    usual = TrainingOptions(name=options.name) if options.resume is not None else TrainingOptions()
    words = words_of(TrainingOptions, options, usual)
    if options.resume is None:
        words.append(f"{option_of('recipe')}={options.recipe_name}")
        words += recipe_words(options.recipe, options.recipe_name, always=_set(options))
    elif options.total_epochs is not None:
        words.append(f"{option_of('epochs')}={options.total_epochs}")
    if options.group is not None:
        words += words_of(ProcessOptions, options.group, ProcessOptions())
    return [*words, "--", *options.corpus]


def short_command_line(options: TrainingOptions, base: Recipe | None = None) -> list[str]:
    """The words after the program that a person would type for a new run: the text, and what is not as usual.

    Args:
        options: with a settled recipe; its name is empty where it is that of the run in `from_`.
        base: the recipe that goes by this name, with the network of the run in `from_`; None for the preset.
    """
    usual = DEFAULT_RECIPE if options.from_ is None else ""
    words = [] if options.recipe_name == usual else [f"{option_of('recipe')}={options.recipe_name}"]
    words += recipe_words(options.recipe, options.recipe_name, base, _set(options))
    words += words_of(TrainingOptions, options, TrainingOptions())
    corpus = options.corpus or (DEFAULT,)
    typed = [part for word in words for part in _apart(word)]
    behind_dashes = any(each.startswith("-") and each != "-" for each in corpus)
    return [*typed, "--", *corpus] if behind_dashes else [*corpus, *typed]


def _set(options: TrainingOptions) -> frozenset[str]:
    """Fields that would fit themselves to the text if the command line did not name them."""
    return frozenset(FITTED) - options.free - {*options.recipe.without}


def _apart(word: str) -> list[str]:
    """An option and its value as two words, unless the value looks like an option."""
    name, equals, value = word.partition("=")
    return [name, value] if equals and value and not value.startswith("-") else [word]
