"""Jupyter notebooks: what stands in the code and text cells, without outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from corpora.formats.bounds import whole
from corpora.formats.format_errors import DamagedError
from corpora.safe_text import tidy

_CELLS = ("code", "markdown", "heading")


def notebook_text(texts: Iterator[str], label: str) -> Iterator[str]:
    """The cells in order, an empty line between them.

    Raises:
        DamagedError: it is no valid JSON, or has no cells.
        TooLargeError: it is too large.
    """
    try:
        notebook = json.loads(whole(texts, label))
        sheets = notebook.get("worksheets", [notebook])  # before version 4, cells were kept in sheets
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell["cell_type"] in _CELLS]
        written = [_source(cell) for cell in cells]
    except (ValueError, RecursionError) as error:
        raise DamagedError(label, "it is not the JSON of a notebook") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise DamagedError(label, "it is JSON, but without the cells of a notebook") from error
    yield "\n\n".join(cell for cell in written if cell) + "\n" * any(written)


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"] if "source" in cell else cell["input"]
    return tidy(source if isinstance(source, str) else "".join(source)).strip("\n")
