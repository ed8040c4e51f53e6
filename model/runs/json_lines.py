"""Records as one JSON object a line: the metrics and samples of a run, and what `--json` prints.

JSON has no infinity and no NaN, so such floats are written as the strings "inf", "-inf" and "nan": `float()` takes
them back, and null keeps meaning that there is no such number.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from model.events import Event


def plain(value: Any) -> Any:
    """The value with every float that is not finite as a string."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(float(value))
    return value


def to_line(record: Mapping[str, Any]) -> str:
    """The record as one line of ASCII JSON with its line feed."""
    return json.dumps(plain(record), allow_nan=False) + "\n"


def from_lines(data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a file of lines; what is not a whole record is passed over.

    A line is whole when it ends with a line feed: what stands after the last one was torn by a crash.
    """
    for line in data.split(b"\n")[:-1]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def event_record(event: Event) -> dict[str, Any]:
    """An event as a record: `event` is its class in snake_case, then its fields."""
    return {"event": _name(type(event))} | asdict(event)


def event_of(record: Mapping[str, Any]) -> Event | None:
    """The event that `event_record` made a record of; None for any other record, also one that somebody has damaged."""
    name = record.get("event")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        return None
    try:
        given = {name: _value(record[name], hint) for name, hint in _hints(kind).items() if name in record}
        event: Event = kind(**given)
    except (TypeError, ValueError, OverflowError):
        return None
    return event


def _name(kind: type) -> str:
    return re.sub(r"(?<=.)([A-Z])", r"_\1", kind.__name__).lower()


_KINDS: dict[str, Any] = {_name(kind): kind for kind in get_args(Event)}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(value: Any, hint: Any) -> Any:
    """A field's value as it was before `plain`; TypeError or ValueError for one that it cannot have had."""
    if hint == tuple[str, ...]:
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is no list")
        return tuple(_value(each, str) for each in value)
    kinds = get_args(hint) or (hint,)
    if value is None and NoneType in kinds:
        return None
    if str in kinds and isinstance(value, str):
        return value
    if int in kinds and type(value) is int and 0 <= value < 1 << 63:
        return value
    if float in kinds and isinstance(value, float | int | str) and not isinstance(value, bool):
        return float(value)
    raise TypeError(f"{value!r} is no {hint}")
