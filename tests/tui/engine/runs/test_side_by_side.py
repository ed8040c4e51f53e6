"""Several runs write the same seed with the same noise, and say why one cannot."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue

import jax
import pytest
from textual.message import Message

from model.devices.local_devices import writing_device
from model.sampling import Sampling
from model.writing.batch_writing import Wanted, draw_together
from model.writing.language_model import LanguageModel
from tests.model.runs.made_runs import TINY, begin, keep
from tests.patience import PATIENCE
from tui.engine.messages import CannotWrite, WrittenBeside
from tui.engine.runs.side_by_side import SideBySide, Task
from tui.engine.writing.items import SampleEnd, Seed, Written

pytestmark = pytest.mark.usefixtures("two_devices")

TASK = Task("abx", Sampling(0.5), 5, 20)


def test_each_run_writes_what_it_writes_alone_and_the_last_task_counts(tmp_path: Path) -> None:
    runs = [begin(tmp_path, name, recipe=TINY) for name in ("one", "empty", "two")]
    for step, run in enumerate((runs[0], runs[2]), start=1):
        keep(run, step, best=True)
    posted: SimpleQueue[Message] = SimpleQueue()
    writer = SideBySide([str(run.folder) for run in runs], posted.put)
    writer.write(TASK._replace(seed="b", length=10_000))
    last = writer.write(TASK)
    writer.start()
    texts, ended, reasons = dict[int, list[str]](), set[int](), dict[int, str]()
    while len(ended) < 2:
        message = posted.get(timeout=PATIENCE)
        if isinstance(message, CannotWrite):
            reasons[message.run] = message.sentence
        assert isinstance(message, CannotWrite | WrittenBeside)
        if isinstance(message, WrittenBeside):
            assert message.task == last
            if message.begins:
                assert message.items == (Seed("aba", (2,)),)
                texts[message.run] = []
            texts[message.run] += [item.character for item in message.items if isinstance(item, Written)]
            ended |= {message.run for item in message.items if isinstance(item, SampleEnd)}
    writer.stop()
    writer.join()
    assert list(reasons) == [1]
    assert "no checkpoint yet" in reasons[1]
    for number in (0, 2):
        with jax.default_device(writing_device()):
            model = LanguageModel.from_checkpoint(runs[number].load())
            alone = [*draw_together(model, [Wanted(*TASK[:3])], TASK.length)]
        assert texts[number] == [each.token for tokens in alone for each in tokens[0]]


def test_the_next_one_begins_when_the_one_before_has_given_its_devices_back(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    go_on, begun = threading.Event(), threading.Event()
    monkeypatch.setattr("model.devices.local_devices.forget", lambda: done.append("devices given back"))

    class First(SideBySide):
        def _work(self) -> None:
            go_on.wait(PATIENCE)

    class Second(SideBySide):
        def _work(self) -> None:
            done.append("second")
            begun.set()

    first = First((), print, alone=True)
    second = Second((), print, before=first)
    first.start()
    second.start()
    early = begun.wait(0.1)
    go_on.set()
    second.join()
    first.join()
    assert not early
    assert done == ["devices given back", "second"]


def test_one_that_is_stopped_while_it_loads_loads_no_other_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [begin(tmp_path, name, recipe=TINY) for name in ("one", "two")]
    for run in runs:
        keep(run, 1, best=True)
    posted: list[Message] = []
    writer = SideBySide([str(run.folder) for run in runs], posted.append)
    loaded: list[object] = []

    def load(checkpoint: object) -> None:
        loaded.append(checkpoint)
        writer.stop()

    monkeypatch.setattr(LanguageModel, "from_checkpoint", load)
    writer.write(TASK)
    writer.start()
    writer.join()
    assert len(loaded) == 1
    assert posted == []
