"""Arrays and facts in one verified `safetensors` file.

The format has no checksum, so the metadata in the header hold the SHA-256 of the whole file, computed with its own 64
digits set to zero. Every damaged byte is noticed. A digest does not say who wrote the file, so sizes are checked before
memory is allocated, and nothing in a file is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from safetensors.numpy import save as to_safetensors

from corpora.errors import system_reason
from model.runs.files.atomic_files import open_file, write_file
from model.runs.files.places import Place

_KEY = "charlstm"
"""The only entry of the metadata: JSON with first the digest, then the facts."""

_OPENING = b'{"__metadata__":{"charlstm":"{\\"sha256\\":\\"'
"""The beginning of every header; the 64 digits of the digest follow."""

_DIGEST_AT = 8 + len(_OPENING)
_DIGITS = 64
_NO_DIGEST = b"0" * _DIGITS

_LONGEST_HEADER = 1 << 24
_LONGEST_NAME = 256
_MOST_AXES = 8
_DTYPES = {
    name: np.dtype(code)
    for name, code in {
        "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
        "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
    }.items()
}  # fmt: skip


class TensorFileError(Exception):
    """A file, or what should be written to it, is wrong. The message is a clause without a full stop."""


class _Place(NamedTuple):
    """An array in the header: its type and shape, and where its bytes are, counted from the end of the header."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


class _Header(NamedTuple):
    """Everything in a file but its arrays."""

    raw: bytes
    places: dict[str, _Place]
    facts: dict[str, Any]


def write(path: Path | Place, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """Write a file. Whatever happens, `path` holds the whole old file or the whole new one.

    Args:
        path: of the file, in an existing folder.
        arrays: by name; booleans, integers, or floats of 16 to 64 bits.
        facts: values that JSON can hold.

    Raises:
        TensorFileError: the format cannot hold these arrays or facts.
        OSError: the file could not be written. The old file is untouched.
    """
    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    for name, array in whole.items():
        if array.dtype.newbyteorder("<") not in _DTYPES.values() or array.ndim > _MOST_AXES:
            raise TensorFileError(f"{name} is an array of {array.dtype} and {array.ndim} axes, which it cannot hold")
        if not 0 < len(name) <= _LONGEST_NAME:
            raise TensorFileError(f"an array has a name of {len(name)} characters")
    content = {"sha256": _NO_DIGEST.decode(), "facts": facts}
    raw = memoryview(to_safetensors(whole, {_KEY: json.dumps(content, separators=(",", ":"), allow_nan=False)}))
    if int.from_bytes(raw[:8], "little") > _LONGEST_HEADER or raw[8:_DIGEST_AT] != _OPENING:
        raise TensorFileError("its header is too long to be read again")
    digest = hashlib.sha256(raw).hexdigest().encode()
    write_file(path, (raw[:_DIGEST_AT], digest, raw[_DIGEST_AT + _DIGITS :]))


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read arrays and facts, and verify every byte. No more memory is allocated than the file has bytes.

    Raises:
        TensorFileError: the file is missing, damaged, or not of this format.
    """
    with _opened(path) as stream:
        header = _read_header(stream)
        digest = hashlib.sha256(header.raw[:_DIGEST_AT] + _NO_DIGEST + header.raw[_DIGEST_AT + _DIGITS :])
        arrays: dict[str, np.ndarray] = {}
        for name, place in header.places.items():
            arrays[name] = np.empty(place.shape, place.dtype)
            content = arrays[name].reshape(-1).view(np.uint8).data
            if stream.readinto(content) != len(content):  # type: ignore[attr-defined]  # BinaryIO lacks it
                raise TensorFileError("it became shorter while it was read")
            digest.update(content)
    if digest.hexdigest().encode() != header.raw[_DIGEST_AT : _DIGEST_AT + _DIGITS]:
        raise TensorFileError("it is damaged: its bytes do not match its SHA-256")
    return arrays, header.facts


def read_facts(path: Path) -> dict[str, Any]:
    """Read only the facts. It is quick, because the digest is not verified.

    Raises:
        TensorFileError: the file is missing, cut off, or not of this format.
    """
    with _opened(path) as stream:
        return _read_header(stream).facts


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open the file for reading. Everything that goes wrong with it is a TensorFileError."""
    try:
        with open_file(path) as stream:
            yield stream
    except OSError as error:
        raise TensorFileError(system_reason(error)) from error
    except (ValueError, MemoryError) as error:
        raise TensorFileError(str(error) or "there is not enough memory for it") from error


def _read_header(stream: BinaryIO) -> _Header:
    """Read the header and check its sizes against the size of the file."""
    size = os.fstat(stream.fileno()).st_size
    start = stream.read(_DIGEST_AT)
    length = int.from_bytes(start[:8], "little")
    if start[8:] != _OPENING:
        raise TensorFileError("it is not a checkpoint, or its beginning is damaged")
    if not len(_OPENING) < length <= min(_LONGEST_HEADER, size - 8):
        raise TensorFileError(f"it is cut off or damaged: its header claims {length:,} bytes of {size:,}")
    raw = start + stream.read(length - len(_OPENING))
    try:
        content = json.loads(raw[8:], parse_constant=_refuse)
        facts = json.loads(content.pop("__metadata__")[_KEY], parse_constant=_refuse)["facts"]
        places = {name: _read_place(name, entry) for name, entry in content.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TensorFileError("its header is damaged") from error
    if not isinstance(facts, dict):
        raise TensorFileError("its header is damaged")
    places = dict(sorted(places.items(), key=lambda item: item[1][2:]))
    at = 0
    for name, place in places.items():
        if place.begin != at:
            raise TensorFileError(f"its header is damaged: {name} does not begin where the array before it ends")
        at = place.end
    if 8 + length + at != size:
        raise TensorFileError(f"it is cut off or damaged: it should have {8 + length + at:,} bytes and has {size:,}")
    return _Header(raw, places, facts)


def _read_place(name: str, entry: Any) -> _Place:
    """Read an array's entry of the header, and check that its numbers fit together."""
    dtype, shape, (begin, end) = _DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    numbers = [*shape, begin, end]
    if not all(type(each) is int and 0 <= each < 1 << 48 for each in numbers) or len(shape) > _MOST_AXES:
        raise ValueError(f"{name} has impossible sizes")
    if end - begin != math.prod(shape) * dtype.itemsize or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError(f"{name} has a shape that its bytes do not fill")
    return _Place(dtype, tuple(shape), begin, end)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
