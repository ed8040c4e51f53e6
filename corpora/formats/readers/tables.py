"""Tables: one column of csv, tsv or jsonl, a line for each of its rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import chain, dropwhile
from typing import Any

from corpora.corpus import CorpusError
from corpora.formats.bounds import whole
from corpora.formats.findings import Findings
from corpora.formats.format_errors import DamagedError, NoColumnError
from corpora.safe_text import listed, shown

_DELIMITERS = ",;\t|"
_LONGEST = 10_000_000
"""Characters of a line or a field; more is a quote that was never closed."""
_PIECE = 1 << 16
_END = "\0end"
"""A line that is added: if it does not come back alone, a quote is open before it."""


def columns_in(head: bytes, kind: str) -> tuple[str, ...]:
    """The columns of a table, from its beginning; none if it shows none."""
    line = head.decode("utf-8-sig", "replace").lstrip().partition("\n")[0].rstrip("\r")
    if kind == "jsonl":
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            return ()
        return tuple(shown(name, 40) for name in row) if isinstance(row, dict) else ()
    return tuple(shown(name, 40) for name in _header(line))


def column_of(texts: Iterator[str], label: str, kind: str, column: str, findings: Findings) -> Iterator[str]:
    """The values of one column, each on a line of its own.

    Args:
        texts: the table, with LF for every line end.
        label: its name.
        kind: csv, tsv or jsonl; empty if its name does not tell.
        column: the column's name.
        findings: counts the rows.

    Raises:
        NoColumnError: there is no such column.
        CorpusError: it is not such a table, or is cut short.
    """
    texts = dropwhile(lambda text: not text.strip(), texts)
    first = next(texts, "")
    if not first:
        return
    texts = chain([first], texts)
    lines = _lines(texts, label)
    if first.lstrip("\ufeff \n\t")[:1] == "[" and kind == "":
        values = _of_objects(json_rows(whole(texts, label), label), label, column)
    elif kind == "jsonl" or (kind == "" and first.lstrip("\ufeff \n\t")[:1] == "{"):
        values = _of_objects(_objects(lines, label), label, column)
    else:
        values = _of_rows(lines, label, column)
    pieces, size = [], 0
    for value in values:
        findings.rows += 1
        text = tidy(value).strip("\n")
        findings.empty_rows += not text
        if text:
            pieces.append(text + "\n")
            size += len(text)
        if size > _PIECE:
            yield "".join(pieces)
            pieces, size = [], 0
    yield "".join(pieces)


def tidy(text: str) -> str:
    """Text from inside a file, as if it had been read from one: line ends are LF, surrogates are whole or U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def json_rows(text: str, label: str) -> Iterator[tuple[int, Any]]:
    """The elements of one JSON array, each with its number."""
    try:
        rows = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise DamagedError(label, "it is not valid JSON") from error
    return enumerate(rows, 1)


def _lines(texts: Iterator[str], label: str) -> Iterator[str]:
    """The lines, each with its line feed but the last."""
    pending = ""
    for text in texts:
        lines = (pending + text).split("\n")
        pending = lines.pop()
        yield from (line + "\n" for line in lines)
        if len(pending) > _LONGEST:
            raise CorpusError(f"{label} has a line of more than {_LONGEST:,} characters: it is no table.")
    if pending:
        yield pending


def _header(line: str) -> list[str]:
    """The names in the first line of a table, cut at the sign that gives most of them."""
    return [name.strip() for name in max((_cut(line, sign) for sign in _DELIMITERS), key=len)]


def _cut(line: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=sign), [])
    except csv.Error:
        return []


def _of_rows(lines: Iterator[str], label: str, column: str) -> Iterator[str]:
    header = next(lines, "").lstrip("\ufeff").rstrip("\n")
    sign = max(_DELIMITERS, key=lambda sign: (column in map(str.strip, _cut(header, sign)), len(_cut(header, sign))))
    names = [name.strip() for name in _cut(header, sign)]
    if column not in names:
        raise _no_such(label, column, _header(header))
    at, row = names.index(column), []
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(_ended(lines), delimiter=sign)
    try:
        for row in reader:
            if row and row != [_END]:
                yield row[at] if at < len(row) else ""
    except csv.Error as error:
        raise DamagedError(label, f"line {reader.line_num + 1:,} cannot be read as one of a table") from error
    if row != [_END]:
        raise DamagedError(label, "a quote is open at its end")


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else line + "\n"
    yield _END


def _objects(lines: Iterator[str], label: str) -> Iterator[tuple[int, Any]]:
    """The values of the lines that are not empty, each with the number of its line."""
    for number, line in enumerate(lines, 1):
        if line.strip("\ufeff \t\n"):
            try:
                yield number, json.loads(line.lstrip("\ufeff"))
            except (ValueError, RecursionError) as error:
                raise DamagedError(label, f"line {number:,} is not valid JSON") from error


def _of_objects(rows: Iterator[tuple[int, Any]], label: str, column: str) -> Iterator[str]:
    found, names = False, dict[str, None]()
    for number, row in rows:
        if not isinstance(row, dict):
            raise DamagedError(label, f"row {number:,} is no JSON object, so it has no columns")
        if not found:
            names |= dict.fromkeys(row)
            found = column in row
        value = row.get(column)
        yield "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not found:
        raise _no_such(label, column, list(names))


def _no_such(label: str, column: str, names: list[str]) -> NoColumnError:
    known = listed([shown(name, 40) for name in names if name], 20)
    has = f"Its columns are: {known}" if known else "It has none"
    return NoColumnError(f"{label} has no column '{shown(column, 60)}'. {has}.")
