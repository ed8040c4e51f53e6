"""Tells which encoding a text's bytes are in, or that they are no text at all.

In this order: a known format of another kind, a byte-order mark, UTF-8, UTF-16 that lost its mark, UTF-8 with
a few damaged places, and at last a guess among the encodings of the time before Unicode. Whatever the answer is, it
has been tried on every byte.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpora.corpus import UNKNOWN, CorpusError
from corpora.sources import BLOCK, Part

SAMPLE = 1 << 16
"""Bytes looked at where looking at all of them would tell no more."""

_MOST_CONTROLS = 0.1
"""Share of control characters from which something that decodes is still no text."""

_MOST_CONTROLS_IN_A_GUESS = 0.02
"""The same where nothing else speaks for the bytes being text: every byte is a character in some encoding."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32 (little-endian)"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32 (big-endian)"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 (little-endian)"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 (big-endian)"),
)

_CONTROL = re.compile("[\0-\b\x0e-\x1f\x7f-\x9f]")

_WESTERN = "cp1252"

_GUESSES = {
    _WESTERN: "Latin (cp1252)",
    "cp1250": "Central European (cp1250)",
    "iso8859_2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (cp1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (cp1253)",
    "cp1254": "Turkish (cp1254)",
    "cp1255": "Hebrew (cp1255)",
    "cp1256": "Arabic (cp1256)",
    "mac_roman": "Latin (Mac Roman)",
    "cp932": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "euc_kr": "Korean (EUC-KR)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
}
"""What a guess may be. Few and common: with every known encoding allowed, short texts are taken for rare ones.
Latin-1 is missing because cp1252 is the same wherever Latin-1 has letters."""

_FORMATS = (
    (0, b"%PDF-", "a PDF"),
    (0, b"PK\x03\x04", "a zip archive (docx, odt and epub are such)"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (0, b"\x7fELF", "a program"),
    (257, b"ustar", "a tar archive"),
)


class NotTextError(CorpusError):
    """The bytes are something else than text."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How bytes are to be decoded, with `errors="replace"`."""

    codec: str
    label: str
    """For people."""
    marked: bool = False
    """A byte-order mark leads the bytes; the codec drops it."""
    invalid: int = 0
    """Places that mean nothing in this encoding and will read as U+FFFD."""


def detect(part: Part) -> Encoding:
    """The encoding of `part`. Bytes that are empty are UTF-8.

    Raises:
        NotTextError: it is no text.
        CorpusError: it cannot be read.
    """
    head = part.sample(SAMPLE)
    for at, magic, format_name in _FORMATS:
        if head[at : at + len(magic)] == magic:
            raise NotTextError(f"{part.label} is not text but {format_name}. Save its text as a .txt file.")
    encoding = _by_mark(part, head)
    if encoding is not None:
        return encoding
    disorderly = _controls(head.decode("utf-8", "ignore")) > _MOST_CONTROLS
    flaw = _first_flaw(part, "utf-8")
    if flaw is None and not disorderly:
        return Encoding("utf-8", "UTF-8")
    encoding = _utf16_without_mark(part, head)
    if encoding is None and flaw is not None and not disorderly:
        encoding = _damaged_utf8(part) or _guessed(part, head, flaw)
    if encoding is None:
        raise NotTextError(f"{part.label} is not text: its bytes are in no encoding known here. Save it as UTF-8.")
    return encoding


def _by_mark(part: Part, head: bytes) -> Encoding | None:
    for mark, codec, label in _MARKS:
        if head.startswith(mark) and _controls(head.decode(codec, "ignore")) <= _MOST_CONTROLS:
            encoding = _tolerated(part, codec, label, marked=True)
            if encoding is not None:
                return encoding
    return None


def _utf16_without_mark(part: Part, head: bytes) -> Encoding | None:
    """UTF-16, when one order of the bytes gives spaces, line ends and Latin letters and the other does not."""
    if b"\0" not in head:
        return None
    plain = {codec: _plainness(head, codec) for codec in ("utf-16-le", "utf-16-be")}
    likely, other = sorted(plain, key=lambda codec: plain[codec], reverse=True)
    if plain[likely] < 0.01 or plain[likely] < 4 * plain[other]:
        return None
    order = "little-endian" if likely == "utf-16-le" else "big-endian"
    return _tolerated(part, likely, f"UTF-16 ({order}, without a byte-order mark)")


def _plainness(head: bytes, codec: str) -> float:
    """Share of ASCII among the characters; 0 where they are not those of a text."""
    text = head.decode(codec, "ignore")
    if not text or "\0" in text or _controls(text) > _MOST_CONTROLS:
        return 0.0
    return sum(character.isascii() for character in text) / len(text)


def _tolerated(part: Part, codec: str, label: str, marked: bool = False) -> Encoding | None:
    """This encoding, when at most one place in a hundred characters (a torn end, say) means nothing in it."""
    if _first_flaw(part, codec) is None:
        return Encoding(codec, label, marked)
    characters, _, invalid = _survey(part, codec)
    return Encoding(codec, label, marked, invalid) if invalid <= 1 + characters // 100 else None


def _damaged_utf8(part: Part) -> Encoding | None:
    """UTF-8, when ten characters beyond ASCII are well formed for each that is not."""
    _, beyond_ascii, invalid = _survey(part, "utf-8")
    return Encoding("utf-8", "UTF-8", invalid=invalid) if beyond_ascii >= 10 * invalid else None


def _guessed(part: Part, head: bytes, flaw: int) -> Encoding | None:
    """An encoding from before Unicode, guessed from lines behind the first place that is not UTF-8."""
    sample = _telling_lines(part, flaw)
    for piece in (head, sample):
        if b"\0" in piece or _controls(piece.decode("ascii", "replace")) > _MOST_CONTROLS_IN_A_GUESS:
            return None
    ranked = _ranked(sample)
    for codec in ranked:
        if _first_flaw(part, codec) is None:
            return Encoding(codec, _GUESSES[codec])
    return _tolerated(part, ranked[0], _GUESSES[ranked[0]])


def _telling_lines(part: Part, flaw: int) -> bytes:
    """Whole lines with something beyond ASCII in them, which is all that tells these encodings apart.

    Lines are safe to cut at: several bytes may make a character, but a line feed is never one of them.
    """
    start = max(0, flaw - SAMPLE)
    lines = part.sample(BLOCK, start).splitlines(keepends=True)
    whole = lines[start > 0 :][:-1] or lines
    sample = b""
    for line in (line for line in whole if not line.isascii()):
        if sample and len(sample) + len(line) > SAMPLE:
            break
        sample += line[:SAMPLE]
    return sample


def _ranked(sample: bytes) -> list[str]:
    """The likely encodings of `sample`, best first, the Western one always among them.

    charset-normalizer cannot tell Western from Central European in a text with few accents; Western is what such
    files are, so it goes first unless another is clearly likelier.
    """
    import charset_normalizer

    matches = list(charset_normalizer.from_bytes(sample, cp_isolation=list(_GUESSES)))
    ranked = [match.encoding for match in matches if match.encoding in _GUESSES]
    for match in matches:
        if _WESTERN in match.could_be_from_charset:
            best = matches[0]
            if match.chaos <= best.chaos + 0.02 and match.coherence >= best.coherence - 0.03:
                ranked.insert(0, _WESTERN)
    return [*ranked, _WESTERN]


def _controls(text: str) -> float:
    """Share of control characters, those that lay out a text left aside."""
    return len(_CONTROL.findall(text)) / len(text) if text else 0.0


def _decoded(part: Part, codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for block in part.blocks():
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _first_flaw(part: Part, codec: str) -> int | None:
    """Roughly at which byte the codec first fails, or None where it never does."""
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


def _survey(part: Part, codec: str) -> tuple[int, int, int]:
    """Counts of characters, of well-formed ones beyond ASCII, and of places that mean nothing."""
    characters = beyond_ascii = invalid = 0
    for text in _decoded(part, codec):
        replaced = text.count(UNKNOWN)
        characters += len(text)
        invalid += replaced
        beyond_ascii += len(text) - len(text.encode("ascii", "ignore")) - replaced
    return characters, beyond_ascii, invalid
