from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import model.cli
from corpora import ReadAs, open_corpus
from corpora.catalogue import DEFAULT, built_in, catalogue
from corpora.opening import FOLDER_VARIABLE
from corpora.safe_text import safe_name

FOLDER = os.environ.get(FOLDER_VARIABLE, "")
with_texts = pytest.mark.skipif(not FOLDER, reason=f"{FOLDER_VARIABLE} names no folder with the fetched texts")


def test_every_entry_is_complete() -> None:
    assert 20 <= len(catalogue()) <= 40
    assert len({entry.gutenberg for entry in catalogue().values() if entry.gutenberg}) >= 20
    wanted = (
        "Spanish French German Portuguese Italian Russian Chinese Japanese Greek Python English Latin Finnish Polish"
    )
    assert {entry.language for entry in catalogue().values()} >= set(wanted.split())
    for name, entry in catalogue().items():
        assert entry.name == name == safe_name(name)
        assert all((entry.title, entry.language, entry.source, entry.licence))
        assert (entry.characters > 0) == (entry.gutenberg == 0)
        assert (entry.url is None) == (entry.sha256 is None)
        assert bool(entry.file) == (entry.kind == "file" and not entry.gutenberg)


def test_the_default_corpus_is_listed_and_four_corpora_are_built_in() -> None:
    assert DEFAULT in catalogue()
    assert built_in() == ["manual", "stdlib", "aphorisms", "names"]


@with_texts
def test_nietzsche_is_the_text_of_the_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, FOLDER)
    corpus = open_corpus("nietzsche", ReadAs(lowercase=True))
    assert (len(corpus), corpus.sequences(60, 3), len(corpus.alphabet)) == (600_893, 200_278, 57)
    assert len(open_corpus("nietzsche").alphabet) == 84


@with_texts
def test_downloaded_texts_have_the_number_of_characters_in_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, FOLDER)
    for name in ("nietzsche", "shakespeare"):
        assert len(open_corpus(name)) == catalogue()[name].characters


@pytest.mark.parametrize("name", ["manual", "stdlib"])
def test_texts_of_the_running_python_have_about_the_listed_number_of_characters(name: str) -> None:
    assert len(open_corpus(name)) == pytest.approx(catalogue()[name].characters, rel=0.5)


def test_the_aphorisms_are_long_and_varied_enough_for_training() -> None:
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
        "heavy = {'numpy', 'requests', 'charset_normalizer', 'platformdirs', 'jax', 'textual'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_opening_a_local_text_needs_no_network_library() -> None:
    code = (
        "import sys\n"
        "from corpora import open_corpus\n"
        "open_corpus('manual')\n"
        "print(sorted({'requests', 'charset_normalizer', 'jax', 'textual'} & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_the_package_exports_only_its_public_names() -> None:
    import corpora

    assert set(corpora.__all__) == {"Corpus", "CorpusError", "ReadAs", "open_corpus", "open_default_corpus"}
    with pytest.raises(AttributeError, match="nonsense"):
        _ = corpora.nonsense


def test_a_corpus_is_added_by_a_table_of_the_catalogue_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = """
[fables]
title = "Three Fables"
language = "English"
source = "Aesop"
url = "https://example.org/fables.txt"
sha256 = "{digest}"
file = "fables.txt"
characters = 27
licence = "public domain"
"""
    text = b"The fox and the sour grapes"
    folder = files("corpora")
    packaged = folder.joinpath("catalogue.toml").read_text(encoding="utf-8")
    (tmp_path / "catalogue.toml").write_text(packaged + table.format(digest=hashlib.sha256(text).hexdigest()))
    (tmp_path / "fables.txt").write_bytes(text)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    catalogue.cache_clear()
    try:
        assert open_corpus("fables").text() == text.decode()
        assert model.cli.main(["corpora"]) == 0
        assert re.search("fables .*Three Fables", capsys.readouterr().out)
    finally:
        catalogue.cache_clear()
