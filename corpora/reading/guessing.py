"""Guesses the encoding of a text from before Unicode, with chardet's models of 49 languages."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from corpora.corpus import UNKNOWN
from corpora.reading.encoding_names import larger
from corpora.safe_text import shown, without_sequences

_TIE = 0.001
"""Encodings whose confidence differs by less are told apart by their signs for boxes."""

_WEAK = 0.1
"""With less confidence, a few letters in Latin words are Western ones."""

_LIKELY = 0.5
"""Only encodings with this share of the best confidence are looked at."""

_OTHER_LETTERS = re.compile("[\u0370-\u06ff]")
_BOXES = re.compile("[\u2500-\u259f]")
_MIXED = re.compile("[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff](?=[A-Za-z])")
_MOST_MIXED = 0.3
"""The share of such letters next to Latin ones, beyond which the encoding is another."""

_CLOSE = 0.95
"""Another encoding with this share of the confidence is named as well."""

_WESTERN = "cp1252"
"""The most common encoding, and the guess between equals."""

LOOKED_AT = 1 << 14
"""Characters in which a passage is looked for."""

_PASSAGE = 60
"""Characters of the passage that shows what a guess makes of a text."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How sure the choice of an encoding is."""

    confidence: float
    """From 0 to 1, chardet's: how much the letters' neighbours are those of a language. Comparable in one text only."""
    second: str = ""
    """The codec of another encoding that is nearly as likely and reads something else; empty if there is none."""
    second_confidence: float = 0.0


def guessed(sample: bytes) -> dict[str, float]:
    """The confidence in each codec that decodes the sample, the likeliest first; empty for bytes that are no text."""
    import chardet
    from chardet.enums import EncodingEra

    found = chardet.detect_all(
        sample, ignore_threshold=True, encoding_era=EncodingEra.ALL & ~EncodingEra.MAINFRAME, compat_names=False
    )
    candidates = [(each["encoding"], each["confidence"]) for each in found if each["encoding"]]
    likely = [(name, value) for name, value in candidates if value >= _LIKELY * candidates[0][1]]
    confidence: dict[str, float] = {}
    for name, value in likely:
        for codec in (larger(name), name):  # the larger one may lack a byte
            if (text := _decoded(sample, codec)) is not None and not _mixes_scripts(text):
                confidence.setdefault(codec, value)
    mixed = not confidence
    confidence = confidence or {larger(name): value for name, value in likely if _decoded(sample, larger(name))}
    best = max(confidence.values(), default=0.0)
    if (best < _WEAK or mixed) and 2 * sum(byte > 0x7F for byte in sample) < len(sample) and _decoded(sample, _WESTERN):
        confidence = {_WESTERN: dict(candidates).get(_WESTERN, 0.0), **confidence}
        best = confidence[_WESTERN]
    tied = [codec for codec, value in confidence.items() if abs(value - best) <= _TIE]
    tied.sort(key=lambda codec: (_boxes(_decoded(sample, codec) or ""), codec != _WESTERN))
    return {codec: confidence[codec] for codec in dict.fromkeys([*tied, *confidence])}


def judged(sample: bytes, codec: str, confidence: dict[str, float]) -> Guess:
    """How sure a choice among what was `guessed` is."""
    own, text = confidence[codec], _decoded(sample, codec)
    for second, value in confidence.items():
        if _CLOSE * own <= value <= own + _TIE and _decoded(sample, second) != text:
            return Guess(own, second, value)
    return Guess(own)


def telling_passage(text: str) -> str:
    """One line of a text that is fit to be shown: that with the most different letters outside ASCII."""
    best, most = "", -1
    for line in without_sequences(text[:LOOKED_AT]).splitlines():
        first = next((at for at, each in enumerate(line) if not each.isascii()), 0)
        start = max(0, min(first - _PASSAGE // 3, len(line) - _PASSAGE))
        if start and " " in line[start:first]:
            start = line.index(" ", start)
        end = start + _PASSAGE
        if end < len(line) and " " in line[start + _PASSAGE // 2 : end + 1]:
            end = line.rindex(" ", start, end + 1)
        passage = line[start:end].strip()
        letters = len({each for each in passage if not each.isascii() and each != UNKNOWN})
        if passage and letters > most:
            best, most = passage, letters
    return shown(best)


def _decoded(sample: bytes, codec: str) -> str | None:
    """The text of a sample, which may end within a character; None where it has none in this encoding."""
    try:
        return codecs.getincrementaldecoder(codec)("strict").decode(sample)
    except UnicodeDecodeError:
        return None


def _boxes(text: str) -> int:
    """How many characters are lines and blocks, as boxes are drawn with: the letters of another encoding."""
    return len(_BOXES.findall(text))


def _mixes_scripts(text: str) -> bool:
    """Whether letters from Greek to Arabic stand in the middle of Latin words, as in "n\u043fve" for "naive"."""
    text = text[:LOOKED_AT]
    return len(_MIXED.findall(text)) > _MOST_MIXED * len(_OTHER_LETTERS.findall(text))
