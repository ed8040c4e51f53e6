"""Whatever lies in a file, a folder or a name: a sound corpus, or one sentence that says why not."""

from __future__ import annotations

import codecs
import os
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from corpora import Corpus, CorpusError, ReadAs, open_corpus
from corpora.safe_text import safe_name
from tests.hostile import examples, obeyed, texts

CODECS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
PLAIN = "It was the best of times, it was the worst of times.\r\n"

FORMATS = (
    *(b"%PDF-1.5\n", b"\x1f\x8b\x08\0", b"BZh91AY&SY", b"\xfd7zXZ\0\0\x04", b"PK\x03\x04", b"PK\x05\x06"),
    *(bytes(257) + b"ustar", b"<html>", b"<?xml version='1.0'?><html>", b"{\\rtf1\\ansi ", b"\x89PNG", b"MZ"),
)
"""How files of other formats begin."""

min_counts = st.sampled_from([1, 1, 2, 3, 10**30])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty current folder, so that names are names of nothing."""
    before, folder = Path.cwd(), tmp_path_factory.mktemp("hostile")
    os.chdir(folder)
    yield folder
    os.chdir(before)


def opened(spec: str | Sequence[str], lowercase: bool, min_count: int, data: bytes = b"") -> Corpus | str:
    """The corpus, which is sound, or what was said against it, which is fit to be shown."""
    try:
        corpus = open_corpus(spec, ReadAs(lowercase=lowercase, min_count=min_count), stdin=BytesIO(data))
    except CorpusError as refusal:
        assert_one_sentence(str(refusal))
        return str(refusal)
    assert_sound(corpus)
    return corpus


def assert_one_sentence(said: str) -> None:
    assert said.isprintable()
    assert said.endswith((".", "?")) or said.endswith("book.txt")
    assert 20 < len(said) < 1500


def assert_sound(corpus: Corpus) -> None:
    size = len(corpus.alphabet)
    assert size >= 2
    assert corpus.alphabet == "".join(sorted(set(corpus.alphabet)))
    assert corpus.ids.dtype == np.min_scalar_type(size - 1)
    assert np.array_equal(np.unique(corpus.ids), np.arange(size))
    text = corpus.text()
    assert [corpus.alphabet.index(each) for each in text[:500]] == corpus.ids[:500].tolist()
    assert len(text) == len(corpus)
    text.encode()
    assert not {each for each in obeyed(corpus.alphabet) if not each.isprintable() and each < "\u0100"}
    assert "\ufeff" not in corpus.alphabet
    assert corpus.unknown is None or corpus.unknown in corpus.alphabet
    assert safe_name(corpus.name) == corpus.name
    assert corpus.title
    assert all(each.isprintable() for each in (corpus.title, *corpus.notes))


def encoded(text: str, codec: str) -> bytes:
    return text.encode(codec, "surrogatepass")


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Bytes of a text in some encoding: marked or not, its mark or its end cut short, in one line or in many."""
    text = draw(texts()) + draw(st.sampled_from(["", PLAIN, "word " * 40, "x" * 3000]))
    data = encoded(text, draw(st.sampled_from(CODECS)))
    mark = draw(st.sampled_from((b"", b"", *MARKS)))
    data = mark[: draw(st.integers(0, 4))] + data
    cut = draw(st.integers(0, 3))
    return data[: len(data) - cut]


@examples(900)
@given(files(), st.booleans(), min_counts)
def test_any_text_in_any_encoding_is_read_or_refused(
    folder: Path, data: bytes, lowercase: bool, min_count: int
) -> None:
    opened("-", lowercase, min_count, data)


@examples(900)
@given(
    st.sampled_from([b"", *MARKS, PLAIN.encode(), PLAIN.encode() * 20, *FORMATS]),
    st.binary(max_size=600),
    st.booleans(),
    min_counts,
)
def test_any_bytes_are_read_or_refused(
    folder: Path, beginning: bytes, data: bytes, lowercase: bool, min_count: int
) -> None:
    opened("-", lowercase, min_count, beginning + data)


file_names = (
    texts(3)
    .map(lambda text: os.fsdecode(text.encode("utf-8", "ignore").replace(b"/", b"").replace(b"\0", b"")[:200]))
    .filter(lambda name: name not in ("", ".", ".."))
)


@examples(400)
@given(st.dictionaries(file_names, files() | st.binary(max_size=60), max_size=3), st.booleans(), min_counts)
def test_any_folder_of_any_files_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, contents: dict[str, bytes], lowercase: bool, min_count: int
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    paths = [str(folder / name) for name in contents]
    opened(str(folder), lowercase, min_count)
    if paths:
        opened(paths, lowercase, min_count)


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_line_of_ten_megabytes_is_read(tmp_path: Path, codec: str, lowercase: bool) -> None:
    line = "\U0001f98a".join(["A\u0301" * 50] * 70_000)
    data = line.encode(codec)
    assert len(data) > 10_000_000
    (tmp_path / "line.txt").write_bytes(data)
    corpus = opened(str(tmp_path / "line.txt"), lowercase, 1)
    assert isinstance(corpus, Corpus)
    composed = unicodedata.normalize("NFC", line)
    assert (len(corpus), len(corpus.alphabet)) == (len(composed), 2)


specs = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "gutenberg:", "file:nowhere", "file:///nowhere/", "http://", "https://", "ftp://"]),
        texts(4),
    ),
)


@examples(800)
@given(specs)
def test_any_name_of_a_missing_text_is_refused(folder: Path, spec: str) -> None:
    with suppress(ValueError):  # a null character
        assume(not os.path.exists(os.path.expanduser(spec)))
    assert isinstance(opened(spec, False, 1), str)


@examples(600)
@given(texts())
def test_any_name_becomes_a_file_name_inside_its_folder(wanted: str) -> None:
    name = safe_name(wanted)
    assert os.path.basename(name) == name
    assert name not in ("", ".", "..")
    assert name.isprintable()
    assert safe_name(name) == name
    assert len(os.fsencode(name)) <= 240
