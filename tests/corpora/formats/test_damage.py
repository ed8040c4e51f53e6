"""A file of any format that is changed anywhere: a sound corpus, or one sentence that says why not."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from corpora import CorpusError
from tests.corpora.formats.making import docx, epub, paragraph, read, tarred, zipped
from tests.corpora.formats.test_documents import PAGE, pdf
from tests.hostile import examples

WORDS = b"some words to learn from\n" * 9

FILES = (
    gzip.compress(WORDS),
    bz2.compress(WORDS),
    lzma.compress(WORDS),
    zipped({"a.txt": WORDS, "b.txt": WORDS}),
    zipped({"a.txt": WORDS}, zipfile.ZIP_STORED),
    tarred({"a.txt": WORDS, "b.txt": WORDS})[:4096],
    gzip.compress(tarred({"a.txt": WORDS})),
    docx(paragraph("Hello")),
    epub({"a": "<html><p>Hello</p></html>"}),
    PAGE.encode(),
    rb"{\rtf1\ansi{\fonttbl{\f0 Times;}}Hello {\b bold} caf\'e9 \u8364?\par Next.}",
    b'{"cells":[{"cell_type":"code","source":["x"]}],"nbformat":4}',
    pdf("Hello"),
)


def outcome(data: bytes) -> str:
    """What is said of a file: why it is refused, or that it is read."""
    try:
        corpus = read(data)
    except CorpusError as refusal:
        return str(refusal)
    assert len(corpus.alphabet) > 1
    corpus.text().encode()
    return "It is read."


places = st.floats(0, 1, exclude_max=True)


@examples(1200)
@given(st.sampled_from(FILES), st.lists(st.tuples(places, st.binary(max_size=2)), max_size=6), places | st.just(1.0))
def test_a_file_that_is_changed_is_read_or_refused(data: bytes, changes: list[tuple[float, bytes]], end: float) -> None:
    for place, new in changes:
        at = int(place * len(data))
        data = data[:at] + new + data[at + 1 :]
    said = outcome(data[: int(end * len(data))])
    assert said.isprintable()
    assert said.endswith((".", "?"))
