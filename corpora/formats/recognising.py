"""Recognises what a file is, by its content first and by its name where that does not tell."""

from __future__ import annotations

import codecs
import re

from corpora.formats.format_errors import READABLE, NotTextError

HEAD = 1 << 16
"""Bytes at the beginning of a file that are looked at."""

COMPRESSED = ("gzip", "bzip2", "xz")
ARCHIVES = ("zip", "tar")
TABLES = ("csv", "tsv", "jsonl")
TABLE_NAMES = {"csv": "csv", "tsv": "tsv", "tab": "tsv", "jsonl": "jsonl", "ndjson": "jsonl"}
"""Kinds of tables, by the endings of their files' names: their content may be anybody's prose."""

AS_TEXT = ("", "page", "notebook", *TABLES)
"""Kinds whose bytes are text in some encoding."""

_KINDS = (
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (257, b"ustar", "tar"),
    (0, b"%PDF-", "pdf"),
    (0, b"{\\rtf", "rtf"),
)

_UNPACK = "Unpack it, and open the folder."

_BINARY = (
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", "Save it as .docx or .txt."),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "compressed as zstd", "Unpack it with unzstd."),
    (0, b"\x04\x22\x4d\x18", "compressed as lz4", "Unpack it with unlz4."),
    (60, b"BOOKMOBI", "a Kindle book", "Convert it to EPUB, for example with Calibre."),
    (0, b"AT&TFORM", "a DjVu document", "Save its text as a .txt file."),
    (0, b"SQLite format 3\0", "an SQLite database", "Export a table as .csv."),
    (0, b"PAR1", "a Parquet table", "Export it as .csv or .jsonl."),
    (0, b"\x89HDF", "an HDF5 file", ""),
    (0, b"\x93NUMPY", "a NumPy array", ""),
    (0, b"\x89PNG", "a PNG picture", ""),
    (0, b"GIF8", "a GIF picture", ""),
    (0, b"\xff\xd8\xff", "a JPEG picture", ""),
    (0, b"II*\0", "a TIFF picture", ""),
    (0, b"MM\0*", "a TIFF picture", ""),
    (8, b"WEBP", "a WebP picture", ""),
    (8, b"WAVE", "a sound file (WAV)", ""),
    (0, b"ID3", "a sound file (MP3)", ""),
    (0, b"\xff\xfb", "a sound file (MP3)", ""),
    (0, b"OggS\0", "a sound file (Ogg)", ""),
    (0, b"fLaC\0", "a sound file (FLAC)", ""),
    (4, b"ftyp", "a film or sound file (MP4)", ""),
    (0, b"\x1aE\xdf\xa3", "a film (Matroska)", ""),
    (0, b"\x7fELF", "a program", ""),
    (0, b"MZ", "a program", ""),
    (0, b"\xcf\xfa\xed\xfe", "a program", ""),
    (0, b"\xca\xfe\xba\xbe", "a program", ""),
    (0, b"\0asm", "a program", ""),
    (0, b"wOF", "a font", ""),
)
"""Place and bytes, what it is, and what to do instead; those that could begin a text count only with a zero byte."""

_PAGES = re.compile(rb"(<\?xml[^>]{0,200}\?>)?(\s|<!--.{0,2000}?-->)*<(!doctype html|html)[\s>]", re.DOTALL)
_PAGE_NAMES = ("html", "htm", "xhtml", "xht")
_SOURCE_NAMES = ("php", "jsp", "asp", "aspx", "erb", "ejs", "hbs", "vue", "svelte", "j2", "jinja", "tmpl", "py", "js")
"""Source code that may begin as a web page does."""

_PADDING = codecs.BOM_UTF8 + b" \t\r\n"


def recognised(head: bytes, label: str) -> str:
    """The kind of a file: a name of COMPRESSED, ARCHIVES or TABLES, pdf, rtf, page or notebook; empty for plain text.

    Args:
        head: its first HEAD bytes.
        label: its name.

    Raises:
        NotTextError: it is of a format in which there is no text to read.
    """
    for at, magic, kind in _KINDS:
        if head[at : at + len(magic)] == magic:
            return kind
    for at, magic, what, remedy in _BINARY:
        if head[at : at + len(magic)] == magic and (not magic.isascii() or b"\0" in head[:4096]):
            raise NotTextError(f"{label} is not text but {what}. {remedy or READABLE}")
    name = ending(label)
    if (is_page(head) and name not in _SOURCE_NAMES) or name in _PAGE_NAMES:
        return "page"
    beginning = _in_ascii(head).lstrip(_PADDING)
    if name == "ipynb" or (beginning.startswith(b"{") and b'"cell_type"' in beginning and b'"cells"' in beginning):
        return "notebook"
    return TABLE_NAMES.get(name, "")


def is_page(head: bytes) -> bool:
    """Whether a file begins as a web page does."""
    return _PAGES.match(_in_ascii(head).lstrip(_PADDING)[:4096].lower()) is not None


def ending(label: str) -> str:
    """The ending of a file's name, in lower case without the dot; empty if it has none.

    >>> ending("data/Names.CSV.gz")
    'csv'
    """
    name, dot, last = label.replace("\\", "/").rpartition("/")[2].lower().rpartition(".")
    return ending(name) if dot and last in ("gz", "bz2", "xz") else last if dot else ""


def _in_ascii(head: bytes) -> bytes:
    """What can be recognised of a text in UTF-16."""
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(codec, "replace").encode("ascii", "replace")
    return head
