"""The text that a run was trained on, for commands that need it beside the weights."""

from __future__ import annotations

from corpora import Corpus, CorpusError
from model.cli.console import text_bar
from model.preparing.recipe_text import open_recipe_text
from model.runs.checkpoint import Checkpoint
from model.runs.folder import Run
from model.runs.run_facts import RunError


def open_run_text(run: Run, checkpoint: Checkpoint, needs: str, instead: str) -> Corpus:
    """The text, as it was.

    Args:
        run: the run.
        checkpoint: of the run.
        needs: what needs it: '--novelty'.
        instead: what to do without it: 'leave out --novelty'.

    Raises:
        RunError: the text is not at hand; the message says what is needed.
    """
    facts, was, needed = run.facts(), checkpoint.manifest.corpus, f"{needs} needs the text that the run was trained on"
    if "-" in facts.corpus_spec:
        raise RunError(
            f"{needed}; it came through standard input and is not kept. Train on a file for that, or {instead}."
        )
    recipe = checkpoint.manifest.read_recipe()
    try:
        with text_bar() as progress:
            corpus = open_recipe_text(facts.corpus_spec or facts.corpus, recipe, progress)
    except CorpusError as error:
        raise RunError(f"{needed}. {error} Put it back there, or {instead}.") from error
    if corpus.digest() != was.digest:
        raise RunError(
            f"{needed}. It had {was.characters:,} characters; now {corpus.title} has {len(corpus):,} or is another "
            f"text. Put it back as it was, or {instead}."
        )
    return corpus
