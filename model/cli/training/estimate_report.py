"""What `charlstm train --estimate` prints: the text, what training on it would cost, and what would help."""

from __future__ import annotations

from model.cli.console import complain, say, say_json, text_bar
from model.options.training_options import TrainingOptions
from model.preparing.estimating import estimate
from model.preparing.measured_speed import Machine
from model.preparing.prepare import open_text
from model.runs.continuing.begin_from import read_origin, settled
from model.runs.listing import runs_folder


def print_estimate(options: TrainingOptions, *, json: bool) -> int:
    """Print it; nothing is trained, and no run is made. Returns the exit code: 1 if the run could not begin."""
    root = runs_folder(options.runs)
    if options.from_ is not None:
        origin = read_origin(options.from_, options.from_weights, root, complain)
        options = settled(options, origin.run, origin.facts)
    with text_bar() as progress:
        corpus = open_text(options.corpus, options.recipe, progress)
    machine = Machine.looked_at(root)
    made = estimate(corpus, options.recipe, options.epoch_weights, machine, options.fitting)
    made = made.within(options.max_seconds)
    if json:
        say_json({"title": corpus.title, "notes": corpus.notes} | made.record())
    else:
        for line in (f"{corpus.title}: {made.text}.", *corpus.notes, *made.lines):
            say(line)
    return 1 if made.hindered else 0
