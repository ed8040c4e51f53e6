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
from typing import Any

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
    name = re.sub(r"(?<=.)([A-Z])", r"_\1", type(event).__name__).lower()
    return {"event": name} | asdict(event)
