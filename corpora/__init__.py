"""Opens texts (files, folders, addresses, standard input, named corpora) and turns their bytes into a Corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpora.corpus import Corpus, CorpusError
    from corpora.opening import open_corpus, open_default_corpus
    from corpora.reading.read_as import ReadAs

__all__ = ["Corpus", "CorpusError", "ReadAs", "open_corpus", "open_default_corpus"]

_HOME = {
    "Corpus": "corpora.corpus",
    "CorpusError": "corpora.corpus",
    "ReadAs": "corpora.reading.read_as",
    "open_corpus": "corpora.opening",
    "open_default_corpus": "corpora.opening",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: the screen is drawn before NumPy is needed."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
