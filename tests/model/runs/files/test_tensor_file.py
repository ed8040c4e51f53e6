"""Arrays and facts in one file: what comes back, and what cannot be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.runs.files import tensor_file
from model.runs.files.tensor_file import TensorFileError

KINDS = ("?", "u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_arrays_of_every_type_and_shape_come_back(tmp_path: Path, kind: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    tensor_file.write(tmp_path / "file", {"a": array, "b": np.zeros(3, np.float32)}, {})
    arrays, _ = tensor_file.read(tmp_path / "file")
    assert arrays["a"].dtype == array.dtype
    np.testing.assert_array_equal(arrays["a"], array)


def test_facts_come_back_and_can_be_read_alone(tmp_path: Path) -> None:
    facts = {"name": 'an "odd" \\ name é\n\ud800', "number": 0.1, "list": [1, None, True], "empty": {}}
    tensor_file.write(tmp_path / "file", {"a": np.zeros(1, np.float32)}, facts)
    assert tensor_file.read(tmp_path / "file")[1] == tensor_file.read_facts(tmp_path / "file") == facts


def test_the_facts_of_a_file_with_damaged_arrays_can_be_read_but_its_arrays_cannot(tmp_path: Path) -> None:
    path = tmp_path / "file"
    tensor_file.write(path, {"a": np.zeros(4, np.float32)}, {"step": 3})
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert tensor_file.read_facts(path) == {"step": 3}
    with pytest.raises(TensorFileError, match="it is damaged: its bytes do not match its SHA-256"):
        tensor_file.read(path)


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"a": np.zeros(1, np.complex64)}, "a is an array of complex64"),
        ({"a": np.array(["text"])}, "a is an array of <U4"),
        ({"a": np.zeros((1,) * 9, np.float32)}, "9 axes"),
        ({"": np.zeros(1, np.float32)}, "a name of 0 characters"),
        ({"x" * 300: np.zeros(1, np.float32)}, "a name of 300 characters"),
    ],
)
def test_arrays_that_the_format_cannot_hold_are_refused_before_anything_is_written(
    tmp_path: Path, arrays: dict[str, np.ndarray[Any, Any]], why: str
) -> None:
    with pytest.raises(TensorFileError, match=why):
        tensor_file.write(tmp_path / "file", arrays, {})
    assert not list(tmp_path.iterdir())
