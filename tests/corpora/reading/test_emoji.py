"""A text of many emoji that are several characters each says so; a few of them, or emoji of one character, do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpora import open_corpus
from corpora.reading.emoji import EMOJI_NOTE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("good morning \U0001f468\u200d\U0001f469\u200d\U0001f467 ", True),
        ("\U0001f1e9\U0001f1ea to \U0001f1eb\U0001f1f7, ", True),
        ("well done \U0001f44d\U0001f3fd ", True),
        ("a smile \U0001f600 and no more ", False),
        (f"{'a heart in a long sentence, ' * 10}\u2764\ufe0f ", False),
        ("plain words ", False),
    ],
)
def test_many_emoji_of_several_characters_are_said(text: str, said: bool, tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text(text * 50)
    assert (EMOJI_NOTE in open_corpus(str(tmp_path / "chat.txt")).notes) == said
