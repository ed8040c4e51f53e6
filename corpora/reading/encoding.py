"""Detects the encoding of a text, or that its bytes are not text.

Checks, in this order: a known file format that is not text, a byte-order mark, UTF-8, UTF-16 without a mark, UTF-8
with a few invalid bytes, and last a guess among the encodings used before Unicode. The answer has been tested on
every byte.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpora.corpus import UNKNOWN, CorpusError
from corpora.sources import BLOCK, Part

SAMPLE = 1 << 16
"""Bytes to look at where a sample is enough."""

_MOST_CONTROLS = 0.1
"""With a larger share of control characters, decodable bytes are not text."""

_MOST_CONTROLS_IN_A_GUESS = 0.02
"""The same for a guess, which is weaker evidence: every byte is a character in some encoding."""

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
"""The encodings to guess from: only common ones, because short texts are easily taken for a rare one.
Latin-1 is missing because cp1252 has the same letters."""

_TAKEN_FOR = {
    **dict.fromkeys(("us-ascii", "ascii", "iso-8859-1", "latin1", "latin-1"), _WESTERN),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "x-sjis"), "cp932"),
    **dict.fromkeys(("iso-8859-11", "tis-620"), "cp874"),
    "iso-8859-9": "cp1254",
    "euc-kr": "cp949",
}
"""Charsets whose names servers give to larger ones (the WHATWG's Encoding Standard)."""

_FORMATS = (
    (0, b"%PDF-", "a PDF"),
    (0, b"PK\x03\x04", "a zip archive (such as docx, odt or epub)"),
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
    """The bytes are not text."""


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


def detect(part: Part) -> Encoding:
    """The encoding of `part`. An empty part is UTF-8.

    Raises:
        NotTextError: it is not text.
        CorpusError: it cannot be read.
    """
    head = part.sample(SAMPLE)
    for at, magic, format_name in _FORMATS:
        if head[at : at + len(magic)] == magic:
            raise NotTextError(f"{part.label} is not text but {format_name}. Save its text as a .txt file.")
    encoding = _by_mark(part, head)
    if encoding is not None:
        return encoding
    has_controls = _controls(head.decode("utf-8", "ignore")) > _MOST_CONTROLS
    invalid_at = _first_invalid(part, "utf-8")
    if invalid_at is None and not has_controls:
        return Encoding("utf-8", "UTF-8")
    encoding = _utf16_without_mark(part, head)
    if encoding is None and invalid_at is not None and not has_controls:
        encoding = _damaged_utf8(part) or _guessed(part, head, invalid_at)
    if encoding is None:
        raise NotTextError(f"{part.label} is not text, or its encoding is unknown. Save it as UTF-8.")
    return encoding


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
    codec = _codec(charset)
    if codec and (detected is None or not (detected.marked or detected.codec == "utf-8")):
        head = part.sample(SAMPLE).decode(codec, "replace")
        if _controls(head) <= _MOST_CONTROLS_IN_A_GUESS and _if_mostly_valid(part, codec, charset):
            return _decoded(part, codec)
    if detected is None:
        detect(part)
    return None


def _codec(charset: str) -> str | None:
    """The codec that browsers take for a charset, or None for one that is unknown or is no encoding of text."""
    name = charset.lower()
    try:
        codec = codecs.lookup(_TAKEN_FOR.get(name, name))
    except (LookupError, ValueError):
        return None
    return codec.name if codec._is_text_encoding else None


def _by_mark(part: Part, head: bytes) -> Encoding | None:
    for mark, codec, label in _MARKS:
        if head.startswith(mark) and _controls(head.decode(codec, "ignore")) <= _MOST_CONTROLS:
            encoding = _if_mostly_valid(part, codec, label, marked=True)
            if encoding is not None:
                return encoding
    return None


def _utf16_without_mark(part: Part, head: bytes) -> Encoding | None:
    """UTF-16, if one byte order gives spaces, line ends and Latin letters and the other does not."""
    if b"\0" not in head:
        return None
    share = {codec: _ascii_share(head, codec) for codec in ("utf-16-le", "utf-16-be")}
    likely, other = sorted(share, key=lambda codec: share[codec], reverse=True)
    if share[likely] < 0.01 or share[likely] < 4 * share[other]:
        return None
    order = "little-endian" if likely == "utf-16-le" else "big-endian"
    return _if_mostly_valid(part, likely, f"UTF-16 ({order}, without a byte-order mark)")


def _ascii_share(head: bytes, codec: str) -> float:
    """The share of ASCII characters; 0 if this is not text."""
    text = head.decode(codec, "ignore")
    if not text or "\0" in text or _controls(text) > _MOST_CONTROLS:
        return 0.0
    return sum(character.isascii() for character in text) / len(text)


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


def _guessed(part: Part, head: bytes, invalid_at: int) -> Encoding | None:
    """An encoding from before Unicode, guessed from the lines after the first byte that is not UTF-8."""
    sample = _non_ascii_lines(part, invalid_at)
    for piece in (head, sample):
        if b"\0" in piece or _controls(piece.decode("ascii", "replace")) > _MOST_CONTROLS_IN_A_GUESS:
            return None
    ranked = _ranked(sample)
    for codec in ranked:
        if _first_invalid(part, codec) is None:
            return Encoding(codec, _GUESSES[codec])
    return _if_mostly_valid(part, ranked[0], _GUESSES[ranked[0]])


def _non_ascii_lines(part: Part, invalid_at: int) -> bytes:
    """Whole lines that are not pure ASCII; only these distinguish the encodings.

    Cutting at line feeds is safe: a character may take several bytes, but a line feed is never one of them.
    """
    start = max(0, invalid_at - SAMPLE)
    lines = part.sample(BLOCK, start).splitlines(keepends=True)
    whole = lines[start > 0 :][:-1] or lines
    sample = b""
    for line in (line for line in whole if not line.isascii()):
        if sample and len(sample) + len(line) > SAMPLE:
            break
        sample += line[:SAMPLE]
    return sample


def _ranked(sample: bytes) -> list[str]:
    """The likely encodings of `sample`, best first, always including the Western one.

    charset-normalizer cannot distinguish Western from Central European in a text with few accents. Such files are
    usually Western, so it comes first unless another encoding is clearly more likely.
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
    """The share of control characters, excluding white space."""
    return len(_CONTROL.findall(text)) / len(text) if text else 0.0


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
