"""RTF: the text without its formatting."""

from __future__ import annotations

from collections.abc import Iterator

from corpora.formats.bounds import whole
from corpora.formats.format_errors import DamagedError
from corpora.safe_text import tidy
from corpora.sources import Part


def rich_text(part: Part) -> Iterator[str]:
    """The text of an RTF document.

    Raises:
        DamagedError: it is wrong, or its end is missing.
        TooLargeError: it is too large.
    """
    from striprtf.striprtf import rtf_to_text

    rtf = whole((block.decode("latin-1") for block in part.blocks()), part.label)
    if not rtf.rstrip("\0 \r\n\t").endswith("}"):
        raise DamagedError(part.label, "its end is missing")
    try:
        text = rtf_to_text(rtf, errors="replace")
    except Exception as error:  # it does not say which
        raise DamagedError(part.label, "it is not valid RTF") from error
    yield tidy(text)
