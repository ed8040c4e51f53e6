"""The ids of a text while it is read: the same in memory and on the disk."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import Any, NoReturn

import numpy as np
import pytest

from corpora.corpus import Corpus, CorpusError
from corpora.reading import id_store
from corpora.reading.alphabet import AlphabetBuilder

TEXT = "".join(map(chr, [*range(32, 300), *range(32, 127)])) * 3
RARE = chr(0x1F98A)


def read(text: str) -> tuple[str, np.ndarray, dict[str, int]]:
    builder = AlphabetBuilder()
    for start in range(0, len(text), 100):
        builder.add(np.frombuffer(text[start : start + 100].encode("utf-32-le"), "<u4"))
    return builder.finished(2)


@pytest.mark.parametrize("text", [TEXT[:90] * 3, TEXT, TEXT + RARE], ids=["bytes", "wider", "with a rare one"])
@pytest.mark.parametrize("most", [0, 150, 350, 1000])
def test_ids_on_the_disk_are_those_in_memory(text: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alphabet, ids, replaced = read(text)
    monkeypatch.setattr(id_store, "IN_MEMORY", most)
    there = read(text)
    assert there[0] == alphabet
    assert there[1].dtype == ids.dtype
    np.testing.assert_array_equal(there[1], ids)
    assert not there[1].flags.writeable
    digests = {Corpus("a", "a", alphabet, each, None, ()).digest() for each in (ids, there[1])}
    assert len(digests) == 1
    assert there[2] == replaced
    assert "".join(alphabet[each] for each in ids) == text.replace(RARE, "\ufffd")


def test_a_full_disk_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(id_store, "IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(CorpusError, match=r"No space left on device.*--text-length"):
        read(TEXT)
