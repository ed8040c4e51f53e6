"""Records as one JSON object a line: the metrics and samples of a run, and what `--json` prints.

JSON has no infinity and no NaN, so such floats are written as the strings "inf", "-inf" and "nan": `float()` reads
them back, and null still means that there is no such number.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, get_args

import msgspec

from model.training.events import Event, TimedEvent


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
    """The records of a file of lines; what is not a whole record is skipped.

    A line is whole when it ends with a line feed: anything after the last one was torn by a crash.
    """
    for line in data.split(b"\n")[:-1]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def own_lines(data: bytes, run_id: str) -> bytes:
    """The lines without those of other runs, which another program or a person may have put among them.

    A line without an id belongs to the run of the last line before it that has one.

    Args:
        data: a file of lines.
        run_id: of the run; empty keeps all of them.
    """
    own = run_id.encode()
    if not own or {*_RUN_ID.findall(data)} <= {own}:
        return data
    kept, here = [], True
    for line in data.split(b"\n"):
        if found := _RUN_ID.search(line + b"\n"):
            here = found[1] == own
        if here:
            kept.append(line)
    return b"\n".join(kept)


def event_record(event: Event, at: float | None = None) -> dict[str, Any]:
    """An event as a record: `event` is its class in snake_case, then its fields, then `at` if it is known."""
    return {"event": _name(type(event))} | asdict(event) | ({} if at is None else {"at": at})


def event_of(record: Mapping[str, Any]) -> Event | None:
    """The event that `event_record` made a record of; None for any other record, also a damaged one.

    Fields that this version does not know are ignored.
    """
    name = record.get("event")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None or any(type(each) is int and not 0 <= each < 1 << 63 for each in record.values()):
        return None
    try:
        # Not strict: floats may be strings, see above.
        event: Event = msgspec.convert(record, kind, strict=False)
    except (msgspec.ValidationError, OverflowError, UnicodeEncodeError):  # a lone surrogate where a number belongs
        return None
    return event


def events_of(data: bytes) -> Iterator[TimedEvent]:
    """The events of a file of lines, with their times where the lines have them."""
    for record in from_lines(data):
        if event := event_of(record):
            at = record.get("at")
            yield TimedEvent(event, at if isinstance(at, float) and math.isfinite(at) else None)


_RUN_ID = re.compile(rb', "run_id": "([0-9a-f]+)"}\n')
"""How `with_run_id` and `to_line` end a line."""


def with_run_id(record: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """The record with the id of its run at its end, if the run has one."""
    return {**record} | ({"run_id": run_id} if run_id else {})


def _name(kind: type) -> str:
    return re.sub(r"(?<=.)([A-Z])", r"_\1", kind.__name__).lower()


_KINDS: dict[str, Any] = {_name(kind): kind for kind in get_args(Event)}
