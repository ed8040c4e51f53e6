"""Score a text with a run's weights: the mean loss of each character given all characters before it."""

from __future__ import annotations

import argparse
import math

from corpora import open_corpus
from model.cli.console import complain, download_bar, say, say_json
from model.cli.run_argument import add_run, open_weights

HELP = "score a text with a run's weights"
USAGE = "charlstm score RUN FILE [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_run(parser)
    parser.add_argument("text", metavar="FILE", help="the text to score: a file, or anything else that train takes")
    parser.add_argument(
        "--dynamic", action="store_true", help="train on the text while scoring it, on each stretch after its score"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def work(options: argparse.Namespace) -> int:
    """Score the text, with the state carried from its beginning to its end."""
    run, checkpoint = open_weights(options)
    tokenizer = checkpoint.manifest.tokenizer
    with download_bar() as progress:
        corpus = open_corpus(options.text, lowercase=tokenizer.lowercase, progress=progress)
    from model.devices import local_devices

    local_devices.start(devices=1)
    from model.writing.language_model import LanguageModel

    ids, replaced = tokenizer.read(corpus)
    language_model = LanguageModel.from_checkpoint(checkpoint)
    loss = language_model.after_reading(ids)[1] if options.dynamic else language_model.score(ids)
    if options.json:
        record = {"characters": len(corpus), "loss": loss, "bpc": loss / math.log(2), "replaced": replaced}
        say_json({"event": "score", "run": run.name, "step": checkpoint.manifest.step} | record)
        return 0
    if replaced:
        complain(f"{replaced:,} of the text's characters are none that the run knows; others were read instead.")
    say(f"characters {len(corpus)}")
    say(f"loss {loss:.4f} nats per character")
    say(f"bpc {loss / math.log(2):.4f}")
    return 0
