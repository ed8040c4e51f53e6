"""Names of encodings: those that a user may choose, and how they are called in sentences."""

from __future__ import annotations

import codecs

from corpora.corpus import CorpusError
from corpora.safe_text import shown

_OF_NO_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7")
"""Codecs that Python counts among the encodings of text, and that no file is in; some decode halves of characters."""

_MEANT = {"ansi": ["cp1252"], "unicode": ["utf-8", "utf-16"], "windows": ["cp1252", "cp1250"], "mac": ["mac-roman"]}
"""Codecs for words that are no encoding, but are used for some."""

_LARGER = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "x-sjis"), "cp932"),
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    "iso8859-9": "cp1254",
    "euc_kr": "cp949",
}
"""Encodings whose names are given to larger ones, which have the same letters (WHATWG's Encoding Standard)."""

_SCRIPTS = {
    "Western European": "cp1252 iso8859-1 iso8859-15 cp437 cp850 cp858 cp860 cp863 cp865 mac-roman hp-roman8",
    "Central European": "cp1250 iso8859-2 iso8859-16 cp852 mac-latin2",
    "Southern European": "iso8859-3",
    "Baltic": "cp1257 iso8859-4 iso8859-13 cp775",
    "Cyrillic": "cp1251 koi8-r koi8-u koi8-t iso8859-5 cp866 cp855 cp1125 mac-cyrillic kz1048 ptcp154",
    "Greek": "cp1253 iso8859-7 cp737 cp869 mac-greek",
    "Turkish": "cp1254 iso8859-9 cp857 mac-turkish",
    "Hebrew": "cp1255 iso8859-8 cp862",
    "Arabic": "cp1256 iso8859-6 cp720 cp864",
    "Thai": "cp874 tis-620 iso8859-11",
    "Vietnamese": "cp1258",
    "Japanese": "shift_jis shift_jis_2004 cp932 euc_jp euc_jis_2004 iso2022_jp iso2022_jp_2 iso2022_jp_2004",
    "Chinese": "gb18030 gbk gb2312 hz big5 big5hkscs cp950",
    "Korean": "euc_kr cp949 johab iso2022_kr",
}
_SCRIPT_OF = {codec: script for script, names in _SCRIPTS.items() for codec in names.split()}

_WIDE = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}
_ORDERS = {"le": "little-endian", "be": "big-endian"}


def codec_of(name: str) -> str:
    """Python's name of an encoding of text.

    Raises:
        LookupError: there is none of this name.
    """
    try:
        "".encode(name)  # codecs.lookup also finds what is no encoding of text
    except ValueError as error:  # a null character
        raise LookupError(name) from error
    codec = codecs.lookup(name).name
    if codec in _OF_NO_FILES:
        raise LookupError(name)
    return codec


def check_encoding(name: str) -> None:
    """Raise CorpusError, with the names that are nearest, if there is no encoding of this name; '' names none."""
    try:
        codec_of(name or "utf-8")
    except LookupError:
        raise CorpusError(f"There is no encoding '{shown(name, 40)}'. {_hint(name)}") from None


def larger(name: str) -> str:
    """The codec for what is called so: often a larger one."""
    try:
        name = codec_of(name)
    except LookupError:
        name = name.lower()
    return _LARGER.get(name, name)


def label_of(codec: str) -> str:
    """An encoding as sentences name it: 'Cyrillic (koi8-r)', 'UTF-16 (little-endian)'."""
    name, _, order = codec.rpartition("-")
    if order in _ORDERS:
        return f"{_WIDE[name]} ({_ORDERS[order]})"
    script = _SCRIPT_OF.get(codec)
    return f"{script} ({codec})" if script else _WIDE.get(codec, codec)


def _hint(name: str) -> str:
    from difflib import get_close_matches
    from encodings.aliases import aliases

    word = name.lower().replace("-", "_")
    near = _MEANT.get(word) or list(dict.fromkeys(map(_plain, get_close_matches(word, [*aliases, *aliases.values()]))))
    choices = [each for each in near if each][:2]
    examples = "utf-8, cp1252, shift_jis"
    return f"Did you mean {' or '.join(choices)}?" if choices else f"Name it as Python does, for example {examples}."


def _plain(name: str) -> str:
    try:
        return codec_of(name)
    except LookupError:
        return ""
