from __future__ import annotations

import os
import subprocess
import sys

import pytest

from corpora import open_corpus
from corpora.catalogue import NIETZSCHE, always_there, catalogue
from corpora.opening import FOLDER_VARIABLE
from corpora.safe_text import safe_name

FOLDER = os.environ.get(FOLDER_VARIABLE, "")
with_texts = pytest.mark.skipif(not FOLDER, reason=f"{FOLDER_VARIABLE} names no folder with the fetched texts")


def test_every_entry_says_what_it_is_and_where_it_comes_from() -> None:
    assert list(catalogue()) == ["nietzsche", "shakespeare", "manual", "stdlib", "aphorisms"]
    for name, entry in catalogue().items():
        assert entry.name == name == safe_name(name)
        assert all((entry.title, entry.language, entry.source, entry.licence))
        assert entry.characters > 0
        assert (entry.url is None) == (entry.sha256 is None)
        assert bool(entry.file) == (entry.kept == "file")


def test_the_default_is_in_the_catalogue_and_three_need_no_network() -> None:
    assert NIETZSCHE in catalogue()
    assert always_there() == ["manual", "stdlib", "aphorisms"]


@with_texts
def test_nietzsche_is_the_text_of_the_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, FOLDER)
    corpus = open_corpus("nietzsche", lowercase=True)
    assert (len(corpus), corpus.sequences(60, 3), len(corpus.alphabet)) == (600_893, 200_278, 57)
    assert len(open_corpus("nietzsche").alphabet) == 84


@with_texts
def test_fetched_texts_have_as_many_characters_as_the_catalogue_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, FOLDER)
    for name in ("nietzsche", "shakespeare"):
        assert len(open_corpus(name)) == catalogue()[name].characters


@pytest.mark.parametrize("name", ["manual", "stdlib"])
def test_texts_of_the_running_python_have_about_as_many_as_it_says(name: str) -> None:
    assert len(open_corpus(name)) == pytest.approx(catalogue()[name].characters, rel=0.5)


def test_the_aphorisms_are_enough_varied_prose_to_learn_from() -> None:
    corpus = open_corpus("aphorisms")
    text = corpus.text()
    assert len(text) == catalogue()["aphorisms"].characters >= 40_000
    assert corpus.notes == ()
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(set(lines)) > 0.98 * len(lines)
    assert len(set(text.lower().split())) > 2_000


def test_importing_the_catalogue_is_cheap() -> None:
    code = (
        "import sys, corpora, corpora.catalogue, corpora.corpus\n"
        "corpora.catalogue.catalogue()\n"
        "heavy = {'numpy', 'pooch', 'requests', 'charset_normalizer', 'platformdirs', 'jax', 'textual'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_opening_a_local_text_needs_no_network_library() -> None:
    code = (
        "import sys\n"
        "from corpora import open_corpus\n"
        "open_corpus('manual')\n"
        "print(sorted({'pooch', 'requests', 'charset_normalizer', 'jax', 'textual'} & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_the_package_has_nothing_but_what_it_names() -> None:
    import corpora

    assert set(corpora.__all__) == {"Corpus", "CorpusError", "open_corpus", "open_default_corpus"}
    with pytest.raises(AttributeError, match="nonsense"):
        _ = corpora.nonsense
