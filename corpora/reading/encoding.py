"""Detects the encoding of a text, or that its bytes are not text.

Checks, in this order: the encoding that the user names, a byte-order mark, UTF-8, UTF-16 and UTF-32 without a mark,
the encoding that a web page names, UTF-8 with a few invalid bytes, and last a guess among the encodings used before
Unicode. The answer has been tested on every byte.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpora.corpus import UNKNOWN
from corpora.formats.format_errors import NotTextError
from corpora.reading.encoding_names import codec_of, label_of, larger
from corpora.reading.guessing import Guess, guessed, judged, telling_passage
from corpora.reading.wide import wide_codec
from corpora.safe_text import OVERSTRIKE, bytes_without_sequences, without_sequences
from corpora.sources import BLOCK, Part

SAMPLE = 1 << 16
"""Bytes to look at where a sample is enough."""

_MOST_CONTROLS = 0.1
"""With a larger share of control characters, decodable bytes are not text."""

_MOST_CONTROLS_IN_A_GUESS = 0.02
"""The same for a guess, which is weaker evidence: every byte is a character in some encoding."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
"""Byte-order marks, the codec that reads and drops each, and the one that reads what follows."""

_MARKED = ("utf-16", "utf-32")
"""Codecs that need a byte-order mark."""

_TRIED = 8
"""Of the likely encodings, how many are tried on the whole text."""

_CONTEXT = 1 << 13
"""Bytes of a sample, up to which lines of ASCII are added."""

_SHIFTED = re.compile(rb"\x1b\$[@AB(]")
"""What begins Japanese or Korean letters in ISO 2022, the one common encoding of 7 bits."""

_CONTROL = re.compile("[\0-\b\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to decode bytes, with `errors="replace"`."""

    codec: str
    label: str
    """For readers."""
    marked: bool = False
    """The bytes begin with a byte-order mark, which the codec drops."""
    invalid: int = 0
    """Number of places that are not valid in this encoding; they become U+FFFD."""
    guess: Guess | None = None
    """How sure it is, where it was guessed."""
    passage: str = ""
    """What is made of a telling part of the text, for readers, unless it is certain."""


def detect(part: Part, named: str = "") -> Encoding:
    """The encoding of `part`, or the one that the user `named`. An empty part is UTF-8.

    Raises:
        NotTextError: it is not text.
        CorpusError: it cannot be read.
    """
    head = part.sample(SAMPLE)
    if named:
        return _as_named(part, head, codec_of(named))
    encoding = _by_mark(part, head)
    if encoding is not None:
        return encoding
    has_controls = _controls(head.decode("utf-8", "ignore")) > _MOST_CONTROLS
    invalid_at = _first_invalid(part, "utf-8")
    if invalid_at is None and not has_controls:
        shifted = _guessed(part, head, _whole_lines(head)) if _SHIFTED.search(head) else None
        return shifted or Encoding("utf-8", "UTF-8")
    encoding = _without_mark(part, head)
    if encoding is None and part.charset:
        encoding = _named(part, head, part.charset)
    if encoding is None and invalid_at is not None and not has_controls:
        encoding = _damaged_utf8(part) or _guessed(part, head, _telling_lines(part, invalid_at))
    if encoding is None:
        raise NotTextError(
            f"{part.label} is not text, or its encoding is unknown. Save it as UTF-8, or name its encoding: "
            "--encoding NAME."
        )
    return encoding


def _as_named(part: Part, head: bytes, codec: str) -> Encoding:
    """The encoding that the user has named; a byte-order mark of its kind is dropped."""
    marked = _by_mark(part, head)
    if marked is not None and marked.codec[:5] == codec[:5]:
        return marked
    if head and codec in _MARKED and not head.startswith(tuple(m for m, c, _ in _MARKS if c == codec)):
        raise NotTextError(
            f"{part.label} does not begin with the byte-order mark that {codec} needs. Name the order of its bytes: "
            f"--encoding {codec}-le or {codec}-be; or leave out --encoding to detect it."
        )
    if _controls(head.decode(codec, "replace")) > _MOST_CONTROLS:
        raise NotTextError(f"{part.label} is not text in the encoding {codec}. Leave out --encoding to detect it.")
    characters, _, invalid = (1, 0, 0) if _first_invalid(part, codec) is None else _count(part, codec)
    if 2 * invalid > characters:
        raise NotTextError(
            f"Most of {part.label} is not valid in the encoding {codec}. Leave out --encoding to detect it."
        )
    passage, old = "", None if codec.startswith("utf-") else _first_invalid(part, "utf-8")
    if old is not None:
        passage = telling_passage(_telling_lines(part, old).decode(codec, "replace"))
    return Encoding(codec, label_of(codec), invalid=invalid, passage=passage)


def as_served(part: Part, charset: str) -> Iterator[str] | None:
    """The text of a download in the encoding that the server names, in pieces; None where the bytes say more.

    As browsers do, a byte-order mark counts more than the header, and the header more than a guess. Valid UTF-8 counts
    more, too: servers often name an old encoding for every file, and other texts are hardly ever valid UTF-8.

    Raises:
        NotTextError: it is not text.
        CorpusError: it cannot be read.
    """
    try:
        detected = detect(part)
    except NotTextError:
        detected = None
    if detected is None or not (detected.marked or detected.codec == "utf-8"):
        named = _named(part, part.sample(SAMPLE), charset)
        if named:
            return _decoded(part, named.codec)
    if detected is None:
        detect(part)
    return None


def _named(part: Part, head: bytes, charset: str) -> Encoding | None:
    """The encoding that a server or a web page names, unless the bytes are no text in it."""
    codec = _served(charset)
    if codec and _controls(head.decode(codec, "replace")) <= _MOST_CONTROLS_IN_A_GUESS:
        return _if_mostly_valid(part, codec, label_of(codec))
    return None


def _served(charset: str) -> str | None:
    """The codec that browsers take for a charset, or None for one that is unknown or is no encoding of text.

    None, too, for one that a byte-order mark must begin: where it is missing, the order of the bytes is looked for.
    """
    try:
        codec = codec_of(larger(charset))
    except LookupError:
        return None
    return None if codec in _MARKED else codec


def _by_mark(part: Part, head: bytes) -> Encoding | None:
    for mark, codec, order in _MARKS:
        if head.startswith(mark) and _controls(head.decode(codec, "ignore")) <= _MOST_CONTROLS:
            encoding = _if_mostly_valid(part, codec, label_of(order), marked=True)
            if encoding is not None:
                return encoding
    return None


def _without_mark(part: Part, head: bytes) -> Encoding | None:
    """UTF-16 or UTF-32 that no mark announces."""
    if _controls(head.decode("ascii", "replace")) <= _MOST_CONTROLS_IN_A_GUESS:
        return None
    codec = wide_codec(head)
    label = label_of(codec).replace(")", ", without a byte-order mark)") if codec else ""
    return _if_mostly_valid(part, codec, label) if codec else None


def _if_mostly_valid(part: Part, codec: str, label: str, marked: bool = False) -> Encoding | None:
    """This encoding, if at most one character in a hundred is invalid (a cut-off end, for example)."""
    if _first_invalid(part, codec) is None:
        return Encoding(codec, label, marked)
    characters, _, invalid = _count(part, codec)
    return Encoding(codec, label, marked, invalid) if invalid <= 1 + characters // 100 else None


def _damaged_utf8(part: Part) -> Encoding | None:
    """UTF-8, if there are at least ten valid non-ASCII characters for each invalid one."""
    _, non_ascii, invalid = _count(part, "utf-8")
    return Encoding("utf-8", "UTF-8", invalid=invalid) if non_ascii >= 10 * invalid else None


def _guessed(part: Part, head: bytes, sample: bytes) -> Encoding | None:
    """An encoding from before Unicode, guessed from a sample."""
    for piece in (head, sample):
        if b"\0" in piece or _controls(piece.decode("ascii", "replace")) > _MOST_CONTROLS_IN_A_GUESS:
            return None
    if not _SHIFTED.search(sample):
        sample = bytes_without_sequences(sample)
    confidence = guessed(sample)
    likely = [codec for codec in confidence if not codec.startswith(("utf-8", "ascii"))]
    valid = next((codec for codec in likely[:_TRIED] if _first_invalid(part, codec) is None), None)
    if valid is None and (not likely or _if_mostly_valid(part, likely[0], "") is None):
        return None
    codec = valid or likely[0]
    invalid = 0 if valid else _count(part, codec)[2]
    passage = telling_passage(sample.decode(codec, "replace"))
    return Encoding(codec, label_of(codec), invalid=invalid, guess=judged(sample, codec, confidence), passage=passage)


def _whole_lines(head: bytes) -> bytes:
    return head[: head.rfind(b"\n") + 1] or head


def _telling_lines(part: Part, invalid_at: int) -> bytes:
    """Whole lines from the first byte that is not UTF-8 on: first those that are not pure ASCII.

    Only these distinguish the encodings; the others show the language. Cutting at line feeds is safe: a character may
    take several bytes, but a line feed is never one of them.
    """
    start = max(0, invalid_at - SAMPLE)
    lines = part.sample(BLOCK, start).splitlines(keepends=True)
    whole = lines[start > 0 :][:-1]
    if all(map(bytes.isascii, whole)):  # the letters are in a line that may be cut off
        whole = lines
    sample = b""
    for line in (*(line for line in whole if not line.isascii()), *filter(bytes.isascii, whole)):
        if sample and len(sample) + len(line) > (_CONTEXT if line.isascii() else SAMPLE):
            break
        sample += b"\n" * (sample[-1:] not in (b"", b"\n", b"\r")) + _from_its_letters(line)[:SAMPLE]
    return sample


def _from_its_letters(line: bytes) -> bytes:
    """A line from a little before its first byte outside ASCII on: what is cut off is not in doubt."""
    first = next((at for at, byte in enumerate(line) if byte > 0x7F), 0)
    return line[max(0, first - _CONTEXT) :]


def _controls(text: str) -> float:
    """The share of control characters, excluding white space and what is removed with what it belongs to."""
    return len(_CONTROL.findall(OVERSTRIKE.sub("", without_sequences(text)))) / len(text) if text else 0.0


def _decoded(part: Part, codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for block in part.blocks():
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _first_invalid(part: Part, codec: str) -> int | None:
    """The approximate position of the first byte that the codec rejects, or None."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    at = 0
    try:
        for block in part.blocks():
            decoder.decode(block)
            at += len(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return at + error.start
    return None


def _count(part: Part, codec: str) -> tuple[int, int, int]:
    """The number of characters, of valid non-ASCII characters, and of invalid places."""
    characters = non_ascii = invalid = 0
    for text in _decoded(part, codec):
        replaced = text.count(UNKNOWN)
        characters += len(text)
        invalid += replaced
        non_ascii += len(text) - len(text.encode("ascii", "ignore")) - replaced
    return characters, non_ascii, invalid
