"""Tables: one column of csv, tsv or jsonl, a line for each of its rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import chain, dropwhile, islice
from typing import Any

from corpora.corpus import CorpusError
from corpora.formats.bounds import whole
from corpora.formats.findings import Findings
from corpora.formats.format_errors import DamagedError, NoColumnError
from corpora.safe_text import listed, shown, tidy

_DELIMITERS = ",;\t|"
_LONGEST = 10_000_000
"""Characters of a line or a field; more is a quote that was never closed."""
_PIECE = 1 << 16
_FEW, _SHARE_OF_FEW, _SHARE = 10, 10, 100
"""Damaged lines are skipped up to one in `_SHARE`; if they are fewer than `_FEW`, up to one in `_SHARE_OF_FEW`."""
_MEND = "Mend it there, or download it again."
_LOOKED_AT = 20
"""Lines that tell whether a file whose name does not say so is a table."""
_DAMAGED = object()
"""Stands for a line that is not valid JSON."""
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
        values = _of_objects(json_rows(whole(texts, label), label), label, kind, column, findings)
    elif kind == "jsonl" or (kind == "" and first.lstrip("\ufeff \n\t")[:1] == "{"):
        values = _of_objects(_objects(lines), label, kind, column, findings)
    else:
        values = _of_rows(lines, label, kind, column)
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


def _are_rows(header: str, lines: list[str]) -> bool:
    """Whether most lines have as many fields as the header, and more than one."""
    sign = max(_DELIMITERS, key=lambda sign: len(_cut(header, sign)))
    lines, fields = [line for line in lines if line.strip()], len(_cut(header, sign))
    alike = sum(len(_cut(line.rstrip("\n"), sign)) == fields for line in lines)
    return fields > 1 and 2 * alike > len(lines)


def _of_rows(lines: Iterator[str], label: str, kind: str, column: str) -> Iterator[str]:
    header = next(lines, "").lstrip("\ufeff").rstrip("\n")
    sign = max(_DELIMITERS, key=lambda sign: (column in map(str.strip, _cut(header, sign)), len(_cut(header, sign))))
    names = [name.strip() for name in _cut(header, sign)]
    if column not in names:
        if not kind and not _are_rows(header, list(islice(lines, _LOOKED_AT))):
            raise NoColumnError.of_no_table(label, column)
        raise _no_such(label, column, _header(header))
    at, row, begins = names.index(column), [], 2
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(_ended(lines), delimiter=sign)
    try:
        for row in reader:
            if row == [_END]:
                return
            if row:
                yield row[at] if at < len(row) else ""
            open_at, begins = begins, reader.line_num + 2
    except csv.Error as error:
        where = f"line {reader.line_num + 1:,} cannot be read as one of a table"
        raise DamagedError(label, f"{where}, whose row begins on line {begins:,}", _MEND) from error
    raise DamagedError(label, f"a quote is open at its end, in the row that begins on line {open_at:,}", _MEND)


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else line + "\n"
    yield _END


def _objects(lines: Iterator[str]) -> Iterator[tuple[int, Any]]:
    """The values of the lines that are not empty, or _DAMAGED, each with the number of its line."""
    for number, line in enumerate(lines, 1):
        if line.strip("\ufeff \t\n"):
            try:
                row = json.loads(line.lstrip("\ufeff"))
            except (ValueError, RecursionError):
                row = _DAMAGED
            yield number, row


def _of_objects(
    rows: Iterator[tuple[int, Any]], label: str, kind: str, column: str, findings: Findings
) -> Iterator[str]:
    found, names, damaged, count, first = False, dict[str, None](), 0, 0, ""
    for count, (number, row) in enumerate(rows, 1):
        if not isinstance(row, dict):
            damaged += 1
            why = "is not valid JSON" if row is _DAMAGED else "is no JSON object, so it has no columns"
            first = first or f"{'line' if row is _DAMAGED else 'row'} {number:,} {why}"
            if damaged == count == _FEW:
                break
            continue
        if not found:
            names |= dict.fromkeys(row)
            found = column in row
        value = row.get(column)
        yield "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not kind and damaged == count:
        raise NoColumnError.of_no_table(label, column)
    if damaged and damaged * (_SHARE_OF_FEW if damaged < _FEW else _SHARE) > count:
        raise DamagedError(label, first, _MEND)
    if not found:
        raise _no_such(label, column, list(names))
    if damaged:
        findings.bad_lines += damaged
        findings.bad_line = findings.bad_line or f"{label}: {first}"


def _no_such(label: str, column: str, names: list[str]) -> NoColumnError:
    known = listed([shown(name, 40) for name in names if name], 20)
    has = f"Its columns are: {known}" if known else "It has none"
    return NoColumnError(f"{label} has no column '{shown(column, 60)}'. {has}.")
