"""Compare runs: what each has reached, what differs in their recipes, and what each writes from one seed and one noise.

Nothing is written into the runs. A sample is what 'charlstm write' writes with the same seed, sampling and random seed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace

from model.cli.console import complain, say, say_json, say_table
from model.cli.run_argument import RUN_HELP, add_runs_folder, language_model_of
from model.cli.writing.seed_options import add_length, add_random_seed, add_seed_text, one_seed, report_replacements
from model.options.sampling_options import add_sampling_options, samplings
from model.recipe import FAST
from model.runs.checkpoint import Checkpoint, CheckpointError
from model.runs.folder import Run
from model.runs.housekeeping.compared_run import UNKNOWN, ComparedRun, differences, notes, nothing_differs
from model.runs.housekeeping.reading_runs import read_runs
from model.runs.housekeeping.spelled_times import duration
from model.runs.listing import open_run, runs_folder
from model.runs.run_facts import RunError
from model.sampling import Sampling

HELP = "compare runs: what they reached, what differs, and what each writes"
USAGE = "charlstm compare RUN RUN [RUN ...] [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("compared", metavar="RUN", nargs="+", help=RUN_HELP)
    add_runs_folder(parser)
    add_seed_text(parser)
    add_length(parser, "characters that each run writes; 0 writes nothing", 200)
    add_random_seed(parser, "of the noise, the same for all runs")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object for each run, difference, note and sample"
    )
    add_sampling_options(parser, left_out="off, and the temperature is 1", network=False)


def work(options: argparse.Namespace) -> int:
    """Read the runs, and print."""
    root = runs_folder(options.runs)
    runs = {run.folder: run for run in (open_run(name, root) for name in options.compared)}
    if len(runs) < 2:
        raise RunError("Give at least two different runs to compare: charlstm runs lists them.")
    seed = one_seed(options)
    compared = read_runs([*runs.values()])
    (_say_records if options.json else _say_tables)(compared)
    if options.length:
        _write(dict(zip(runs.values(), compared, strict=True)), seed, options)
    return 0


def _say_tables(runs: Sequence[ComparedRun]) -> None:
    say_table(
        ("run", "text", "epochs", "best loss", "bits", "parameters", "training time", "state"), [*map(_row, runs)]
    )
    found = differences(runs)
    say()
    if found:
        say_table(("what differs", *(run.name for run in runs)), [(each.name, *each.values) for each in found])
    else:
        say(nothing_differs(runs))
    said = notes(runs)
    if said:
        say()
    for sentence in said:
        say(sentence)


def _row(run: ComparedRun) -> tuple[str, ...]:
    best, summary = run.best_loss, run.summary
    return (
        run.name,
        summary.corpus or UNKNOWN,
        f"{summary.epoch}/{summary.epochs}" if summary.epochs else str(summary.epoch),
        UNKNOWN if best is None else f"{best:.4f}",
        UNKNOWN if best is None else f"{best / math.log(2):.3f}",
        UNKNOWN if run.parameters is None else f"{run.parameters:,}",
        UNKNOWN if run.seconds is None else duration(run.seconds),
        summary.state,
    )


def _say_records(runs: Sequence[ComparedRun]) -> None:
    names = [run.name for run in runs]
    for run in runs:
        summary, best = run.summary, run.best_loss
        bits = {"bpc": None if best is None else best / math.log(2)}
        held_out, training = (best, None) if run.holds_out else (None, best)
        judged = {"best_held_out": held_out, "best_training": training} | bits
        trained = {each: getattr(summary, each) for each in ("corpus", "recipe", "network", "tokens")}
        facts = trained | {"epoch": summary.epoch, "epochs": summary.epochs}
        rest = {"parameters": run.parameters, "seconds": run.seconds, "state": summary.state}
        say_json({"event": "run", "run": run.name, "folder": str(summary.folder)} | facts | judged | rest)
    for name, values in differences(runs):
        say_json({"event": "difference", "name": name, "values": dict(zip(names, values, strict=True))})
    for sentence in notes(runs):
        say_json({"event": "note", "sentence": sentence})


def _write(runs: dict[Run, ComparedRun], seed: str, options: argparse.Namespace) -> None:
    """Let the best weights of each run write; a run without sound ones says why."""
    weights = dict[str, Checkpoint]()
    for run, compared in runs.items():
        if compared.summary.problem:
            continue
        try:
            weights[compared.name] = run.load("best", complain)
        except CheckpointError as error:
            complain(str(error))
    wanted = samplings(options, replace(FAST, temperatures=(Sampling().temperature,)))
    if not options.json:
        say()
        noise = f"random seed {options.random_seed}"
        say(f"What each writes: {'; '.join(sampling.words for sampling in wanted)}, {noise}, best weights.")
    for name, checkpoint in weights.items():
        _write_samples(name, checkpoint, seed, wanted, options)


def _write_samples(
    name: str, checkpoint: Checkpoint, seed: str, samplings: Sequence[Sampling], options: argparse.Namespace
) -> None:
    try:
        language_model = language_model_of(checkpoint)
    except CheckpointError as error:
        complain(f"{name}: {error}")
        return
    from model.writing.batch_writing import LANES, Wanted, draw_together

    read = language_model.encode_seed(seed)
    if not options.json:
        report_replacements(language_model.tokenizer, [seed], reader=name)
    wanted = [Wanted(seed, sampling, options.random_seed) for sampling in samplings]
    for start in range(0, len(wanted), LANES):
        batch = wanted[start : start + LANES]
        texts = [""] * len(batch)
        for tokens in draw_together(language_model, batch, options.length):
            texts = [text + "".join(each.token for each in new) for text, new in zip(texts, tokens, strict=True)]
        for (_, sampling, random_seed), text in zip(batch, texts, strict=True):
            if options.json:
                facts = {"run": name, "step": checkpoint.manifest.step, "random_seed": random_seed}
                written = {"seed": read.text, "replaced": read.replaced, "text": text}
                say_json({"event": "sample"} | facts | sampling.to_plain() | written)
            else:
                say(f"--- {name}" + (f", {sampling.words}" if len(samplings) > 1 else ""))
                say(read.text + text)
