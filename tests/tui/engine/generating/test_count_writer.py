"""What counting writes beside the model: the newest request is answered, and nothing is counted in vain."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from textual.message import Message

from corpora.corpus import Corpus
from model.recipe import FAST
from model.sampling import Sampling
from model.tokens.characters import CharacterTokenizer
from tests.patience import PATIENCE
from tui.engine.generating.count_writer import NO_TEXT, WRITES, CountWriter
from tui.engine.messages import CountedText
from tui.keys.key_commands import WriteByCounts

pytestmark = pytest.mark.usefixtures("two_devices")

ALPHABET = "abcde"
RECIPE = replace(FAST, sample_length=24, held_out=0.0)
LIKELIEST = Sampling(temperature=0.0)


class Answers:
    """Those of a writer that works in a thread."""

    def __init__(self) -> None:
        self.said: list[CountedText] = []
        self._came = threading.Semaphore(0)
        self.writer = CountWriter(self.hear)

    def hear(self, message: Message) -> None:
        assert isinstance(message, CountedText)
        self.said.append(message)
        if message.problem != WRITES:
            self._came.release()

    def next(self) -> CountedText:
        assert self._came.acquire(timeout=PATIENCE)
        return next(each for each in reversed(self.said) if each.problem != WRITES)


def open_text(writer: CountWriter, text: str | None) -> None:
    ids = np.array([ALPHABET.index(each) for each in text or ""], np.uint8)
    corpus = None if text is None else Corpus("a", "A", ALPHABET, ids, None, ())
    writer.open(corpus, CharacterTokenizer(ALPHABET, None, False), RECIPE)


def test_the_newest_request_is_answered_once_the_text_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import model.baselines.ladder

    counted, count = list[str](), model.baselines.ladder.count_text
    monkeypatch.setattr("model.baselines.ladder.count_text", lambda *text: counted.append("text") or count(*text))
    answers = Answers()
    thread = threading.Thread(target=answers.writer.run)
    thread.start()
    answers.writer.write(WriteByCounts(1, "aba", LIKELIEST))
    answers.writer.write(WriteByCounts(3, "aba", LIKELIEST))
    open_text(answers.writer, "abacabadabacabae" * 20)
    answer = answers.next()
    assert answer.asked == WriteByCounts(3, "aba", LIKELIEST)
    assert "".join(each.character for each in answer.items)[:6] == "cabaca"
    assert len(answer.items) == RECIPE.sample_length
    assert all(0 < each.probability <= 1 and each.entropy >= 0 for each in answer.items)
    answers.writer.write(WriteByCounts(1, "aba", LIKELIEST))
    assert "".join(each.character for each in answers.next().items)[:6] == "bababa"
    assert counted == ["text"], "the text is counted once"
    answers.writer.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert [each.problem for each in answers.said] == [WRITES, "", ""], "it is said that counting is over"


@pytest.mark.parametrize(("text", "problem"), [(None, NO_TEXT), ("ab", "There are 2 characters to count in")])
def test_what_cannot_be_counted_is_said(text: str | None, problem: str) -> None:
    answers = Answers()
    thread = threading.Thread(target=answers.writer.run)
    thread.start()
    open_text(answers.writer, text)
    answers.writer.write(WriteByCounts(2, "a", LIKELIEST))
    answer = answers.next()
    assert (answer.items, answer.problem[: len(problem)]) == ((), problem)
    answers.writer.stop()
    thread.join(PATIENCE)
