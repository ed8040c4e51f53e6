"""PDF: the text of its pages, where pypdf is installed."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

from corpora.corpus import CorpusError
from corpora.formats.bounds import MOST_WHOLE
from corpora.formats.format_errors import DamagedError, EncryptedError, NotTextError, TooLargeError
from corpora.safe_text import tidy
from corpora.sources import Part


def pdf_text(part: Part) -> Iterator[str]:
    """The text of the pages, in order.

    Raises:
        NotTextError: pypdf is not installed, or there is no text in it.
        EncryptedError: it needs a password.
        DamagedError: it is wrong, or its end is missing.
        TooLargeError: it is too large.
    """
    try:
        import pypdf
    except ImportError as error:
        raise NotTextError(
            f"{part.label} is a PDF, which is read with pypdf. Install it (uv sync --extra pdf, or pip install pypdf) "
            "and start again, or save the text as a .txt file."
        ) from error
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    data = bytearray()
    for block in part.blocks():
        data += block
        if len(data) > MOST_WHOLE:
            raise TooLargeError(part.label, MOST_WHOLE)
    if b"%%EOF" not in data[-2048:]:
        raise DamagedError(part.label, "its end is missing")
    some = False
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise EncryptedError(part.label)
        for page in reader.pages:
            text = tidy(page.extract_text()).strip("\n")
            some = some or bool(text.strip())
            yield text + "\n" if text else ""
    except CorpusError:
        raise
    except pypdf.errors.DependencyError as error:
        raise EncryptedError(part.label) from error
    except Exception as error:  # pypdf raises what it meets
        raise DamagedError(part.label, "it is not a valid PDF") from error
    if not some:
        raise NotTextError(f"{part.label} has no text; its pages may be pictures. Read them with OCR first.")
