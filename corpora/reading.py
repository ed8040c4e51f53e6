"""From a source's bytes to a Corpus, a block at a time, so that a large text is never in memory as a string.

On the way line ends are folded into LF, control characters and inner byte-order marks dropped, and letters
lower-cased where asked.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator

import numpy as np

from corpora.alphabet import CODE_POINTS, AlphabetBuilder, CodePoints
from corpora.corpus import UNKNOWN, Corpus, CorpusError
from corpora.encoding import Encoding, detect
from corpora.notes import Findings
from corpora.safe_text import listed, shown_character
from corpora.sources import BLOCK, Part, Source

_LONGEST_WORD = 4096
"""Characters up to which a word is lower-cased as a whole (a Greek sigma looks at its neighbours)."""


def read_corpus(source: Source, *, lowercase: bool = False, min_count: int = 1, block: int = BLOCK) -> Corpus:
    """The text of `source`, read `block` bytes at a time, which changes nothing in the result.

    `min_count`: characters seen fewer times than this become U+FFFD.

    Raises:
        CorpusError: it cannot be read, is no text, or has fewer than two distinct characters.
    """
    findings = Findings(min_count=min_count)
    builder = AlphabetBuilder()
    pieces = _without_controls(_texts(source, findings, block), findings)
    for codes in _lowered(pieces, findings) if lowercase else pieces:
        builder.add(codes)
    alphabet, ids, findings.folded = builder.finished(min_count)
    if len(alphabet) < 2:
        raise _nothing_to_learn(source, alphabet, findings)
    unknown = UNKNOWN if findings.folded else None
    return Corpus(source.name, source.title, alphabet, ids, unknown, (*source.notes, *findings.notes()))


def _nothing_to_learn(source: Source, alphabet: str, findings: Findings) -> CorpusError:
    if findings.folded:
        return CorpusError(
            f"Every character of {source.title} is seen fewer than {findings.min_count:,} times and would be folded "
            "away. Lower the count below which characters are folded."
        )
    if alphabet:
        only = shown_character(alphabet)
        return CorpusError(
            f"{source.title} has one distinct character only, {only}: there is nothing to learn. Open another text."
        )
    if findings.skipped:
        skipped = listed(findings.skipped)
        return CorpusError(f"No file in {source.title} is text (skipped: {skipped}). Put text files there.")
    return CorpusError(f"{source.title} is empty: it holds no text. Open another.")


def _texts(source: Source, findings: Findings, block: int) -> Iterator[str]:
    """The source in pieces, every line end LF, and each part beginning on a line of its own."""
    last = "\n"
    for part in source.parts:
        encoding = _encoding(part, findings)
        if encoding is None:
            continue
        first = True
        for text in filter(None, _decoded(part, encoding, findings, block)):
            if first and last != "\n":
                yield "\n"
            first = False
            yield text
            last = text[-1]


def _encoding(part: Part, findings: Findings) -> Encoding | None:
    """How `part` is to be decoded, or None when it may be left out and is no text."""
    try:
        encoding = detect(part)
    except CorpusError:
        if not part.optional:
            raise
        findings.skipped.append(part.label)
        return None
    findings.count_encoding(encoding)
    return encoding


def _decoded(part: Part, encoding: Encoding, findings: Findings, block: int) -> Iterator[str]:
    bytes_decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
    decoder = io.IncrementalNewlineDecoder(bytes_decoder, translate=True)
    for data in part.blocks(block):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
    findings.count_line_ends(decoder.newlines)


def _without_controls(texts: Iterator[str], findings: Findings) -> Iterator[CodePoints]:
    """The texts' code points, but for what a terminal would obey: all of category Cc save tab and line feed."""
    is_control = np.zeros(CODE_POINTS, dtype=bool)
    is_control[[*range(0x20), *range(0x7F, 0xA0), 0xFEFF]] = True
    is_control[[ord("\t"), ord("\n")]] = False
    for text in texts:
        codes = _code_points(text)
        dropped = is_control[codes]
        count = int(np.count_nonzero(dropped))
        findings.controls += count
        yield codes[~dropped] if count else codes


def _lowered(pieces: Iterator[CodePoints], findings: Findings) -> Iterator[CodePoints]:
    """The pieces lower-cased, cut anew at spaces so that no word that `str.lower` should see whole is torn."""
    pending = ""
    for codes in pieces:
        pending += codes.tobytes().decode("utf-32-le")
        cut = max(pending.rfind(" "), pending.rfind("\n")) + 1
        if not cut and len(pending) > _LONGEST_WORD:
            cut = len(pending)
        yield _lower(pending[:cut], findings)
        pending = pending[cut:]
    yield _lower(pending, findings)


def _lower(text: str, findings: Findings) -> CodePoints:
    lower = text.lower()
    findings.lowered = findings.lowered or lower != text
    return _code_points(lower)


def _code_points(text: str) -> CodePoints:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
