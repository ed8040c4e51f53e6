"""`charlstm write --novelty`: how much of a sample is copied from the run's text, and whether it is in a loop."""

from __future__ import annotations

from typing import Any

from corpora import CorpusError, open_corpus
from model.cli.console import download_bar
from model.runs.checkpoint import Checkpoint
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.writing.novelty.copying import GRAM, CopyIndex, copied
from model.writing.novelty.loops import loop_advice, loop_period


def open_index(run: Run, checkpoint: Checkpoint) -> CopyIndex:
    """The index of the text that a run was trained on.

    Raises:
        RunError: the text is not at hand; the message says what is needed.
    """
    facts, was, needs = run.facts(), checkpoint.manifest.corpus, "--novelty needs the text that the run was trained on"
    if "-" in facts.corpus_spec:
        raise RunError(f"{needs}; it came through standard input and is not kept. Train on a file to compare with it.")
    recipe = checkpoint.manifest.read_recipe()
    try:
        with download_bar() as progress:
            corpus = open_corpus(
                facts.corpus_spec or facts.corpus,
                lowercase=recipe.lowercase,
                min_count=recipe.min_count,
                length=recipe.text_length,
                progress=progress,
            )
    except CorpusError as error:
        raise RunError(f"{needs}. {error} Put it back there, or leave out --novelty.") from error
    if corpus.digest() != was.digest:
        raise RunError(
            f"{needs}. It had {was.characters:,} characters; now {corpus.title} has {len(corpus):,} or is another "
            "text. Put it back as it was, or leave out --novelty."
        )
    return CopyIndex(corpus)


def novelty_fields(index: CopyIndex, text: str) -> dict[str, Any]:
    """For JSON: `copied_share` (null for a text that is too short), `longest_copy`, `copies` and `loop`.

    Copies are [begin, end] in the text, a loop is its period.
    """
    found = copied(index, text)
    fields = {
        "copied_share": found.share if len(text) >= GRAM else None,
        "longest_copy": found.longest,
        "copies": found.spans,
    }
    return fields | {"loop": loop_period(text)}


def novelty_line(index: CopyIndex, text: str) -> str:
    """For people."""
    if len(text) < GRAM:
        return f"too short to look for copies: {GRAM} characters are needed"
    period = loop_period(text)
    return copied(index, text).words + (f"; {loop_advice(period)}" if period else "")
