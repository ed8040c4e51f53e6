"""Reads a source block by block into a Corpus, so a large text is never in memory as a string.

Line ends become LF, control characters and inner byte-order marks are removed, and letters are lower-cased on request.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from corpora.corpus import UNKNOWN, Corpus, CorpusError
from corpora.reading.alphabet import CODE_POINTS, AlphabetBuilder, CodePoints
from corpora.reading.encoding import Encoding, detect
from corpora.reading.lines import LIST_NOTE, LOOKED_AT, in_random_order, looks_like_a_list
from corpora.reading.notes import Notes
from corpora.reading.read_as import SEPARATOR, UNCHANGED, ReadAs
from corpora.safe_text import listed, shown_character
from corpora.sources import BLOCK, Part, Source

_LONGEST_WORD = 4096
"""Words up to this many characters are lower-cased whole (a Greek sigma depends on its neighbours)."""


def read_corpus(source: Source, read_as: ReadAs = UNCHANGED, *, distinct: int = 2, block: int = BLOCK) -> Corpus:
    """The text of `source`, read `block` bytes at a time. The result does not depend on `block`.

    Raises:
        CorpusError: it cannot be read, is not text, or has fewer than `distinct` distinct characters.
    """
    notes = Notes(min_count=read_as.min_count)
    builder = AlphabetBuilder()
    pieces = _without_controls(_texts(source, notes, block, separated=read_as.separator), notes)
    pieces = _first(_lowered(pieces, notes) if read_as.lowercase else pieces, read_as.length, notes)
    for codes in _lines(pieces, notes) if read_as.lines else pieces:
        builder.add(codes)
    alphabet, ids, notes.replaced = builder.finished(read_as.min_count)
    if len(alphabet) < distinct:
        raise _nothing_to_learn(source, alphabet, notes)
    if read_as.lines and notes.lines == 1:
        raise CorpusError(f"{source.title} has only one line, so it is no list. Read it without --lines.")
    unknown, changed = UNKNOWN if notes.replaced else None, (*source.notes, *notes.sentences())
    corpus = Corpus(source.name, source.title, alphabet, ids, unknown, changed, read_as.lines)
    if not read_as.lines and looks_like_a_list(corpus.text(0, LOOKED_AT)):
        return replace(corpus, notes=(*corpus.notes, LIST_NOTE))
    return corpus


def read_text(source: Source) -> str:
    """The text of a short source as `read_corpus` reads it, in its own case; it may be empty.

    Raises:
        CorpusError: it cannot be read or is not text.
    """
    notes = Notes(min_count=1)
    return "".join(map(_text, _without_controls(_texts(source, notes, BLOCK), notes)))


def with_line_feeds(text: str) -> str:
    """The text with LF for every line end, as texts are read."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _nothing_to_learn(source: Source, alphabet: str, notes: Notes) -> CorpusError:
    if notes.replaced:
        return CorpusError(
            f"Every character of {source.title} is seen fewer than {notes.min_count:,} times and would be replaced. "
            "Choose a smaller minimum count."
        )
    if alphabet:
        only = shown_character(alphabet)
        return CorpusError(
            f"{source.title} has only one distinct character, {only}: there is nothing to learn. Open another text."
        )
    if notes.skipped:
        skipped = listed(notes.skipped)
        return CorpusError(f"No file in {source.title} is text (skipped: {skipped}). Put text files there.")
    return CorpusError(f"{source.title} is empty. Open another text.")


def _texts(source: Source, notes: Notes, block: int, *, separated: bool = False) -> Iterator[str]:
    """The source in pieces; every line end is LF, and each part begins on a new line, with SEPARATOR behind it."""
    last = "\n"
    for part in source.parts:
        encoding = _encoding(part, notes)
        if encoding is None:
            continue
        first, decoded = True, filter(None, _decoded(part, encoding, notes, block))
        for text in _with_separator(decoded, notes) if separated else decoded:
            if first and last != "\n":
                yield "\n"
            first = False
            yield text
            last = text[-1]


def _with_separator(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """A part with SEPARATOR behind it, on a line by itself, and nowhere else."""
    last = ""
    for text in texts:
        notes.separators_removed += text.count(SEPARATOR)
        if text := text.replace(SEPARATOR, ""):
            yield text
            last = text[-1]
    if last:
        notes.separators += 1
        yield "\n" * (last != "\n") + SEPARATOR + "\n"


def _lines(pieces: Iterator[CodePoints], notes: Notes) -> Iterator[CodePoints]:
    """The lines of the pieces, in random order."""
    return map(_code_points, in_random_order(map(_text, pieces), notes))


def _encoding(part: Part, notes: Notes) -> Encoding | None:
    """The encoding of `part`, or None if it is optional and not text."""
    try:
        encoding = detect(part)
    except CorpusError:
        if not part.optional:
            raise
        notes.skipped.append(part.label)
        return None
    notes.count_encoding(encoding)
    return encoding


def _decoded(part: Part, encoding: Encoding, notes: Notes, block: int) -> Iterator[str]:
    bytes_decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
    decoder = io.IncrementalNewlineDecoder(bytes_decoder, translate=True)
    for data in part.blocks(block):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
    notes.count_line_ends(decoder.newlines)


def _without_controls(texts: Iterator[str], notes: Notes) -> Iterator[CodePoints]:
    """The code points of the texts without control characters (category Cc, except tab and line feed)."""
    is_control = np.zeros(CODE_POINTS, dtype=bool)
    is_control[[*range(0x20), *range(0x7F, 0xA0), 0xFEFF]] = True
    is_control[[ord("\t"), ord("\n")]] = False
    for text in texts:
        codes = _code_points(text)
        removed = is_control[codes]
        count = int(np.count_nonzero(removed))
        notes.controls += count
        yield codes[~removed] if count else codes


def _lowered(pieces: Iterator[CodePoints], notes: Notes) -> Iterator[CodePoints]:
    """The pieces in lower case, cut again at spaces so that `str.lower` sees whole words."""
    pending = ""
    for codes in pieces:
        pending += _text(codes)
        cut = max(pending.rfind(" "), pending.rfind("\n")) + 1
        if not cut and len(pending) > _LONGEST_WORD:
            cut = len(pending)
        yield _lower(pending[:cut], notes)
        pending = pending[cut:]
    yield _lower(pending, notes)


def _first(pieces: Iterator[CodePoints], length: int, notes: Notes) -> Iterator[CodePoints]:
    """The first `length` characters of the pieces; all for 0."""
    left = length
    for codes in pieces:
        if length and len(codes) > left:
            notes.first = length
            yield codes[:left]
            return
        left -= len(codes)
        yield codes


def _lower(text: str, notes: Notes) -> CodePoints:
    lower = text.lower()
    notes.lowered = notes.lowered or lower != text
    return _code_points(lower)


def _code_points(text: str) -> CodePoints:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


def _text(codes: CodePoints) -> str:
    return codes.tobytes().decode("utf-32-le")
