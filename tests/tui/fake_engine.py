"""An engine without threads that records what is asked of it and says what a test wants, and events to say."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from textual.message import Message

from model.runs.files.places import Place
from model.training.events import Compiled, CorpusReady, EpochEnd, Event, Finished, Progress
from tui.engine.messages import TrainingEvent
from tui.engine.protocol import KeptRun
from tui.engine.runs.saved_texts import save_text
from tui.engine.writing.items import Item, Written
from tui.engine.writing.token_buffer import TokenBuffer
from tui.keys.key_commands import Command
from tui.keys.screen_settings import ScreenSettings
from tui.launch import Launch

STEPS = 264
"""Of an epoch."""

CORPUS = CorpusReady(
    name="nietzsche",
    title="Beyond Good and Evil",
    characters=600_893,
    sequences=200_278,
    distinct=57,
    training_characters=540_803,
    held_out_characters=60_090,
    notes=("no network: reading the Python manual instead",),
)
COMPILED = Compiled(
    seconds=3.24, parameters=103_481, devices=2, steps_per_epoch=STEPS, epochs=24, run="/runs/nietzsche", platform="cpu"
)
FINISHED = Finished(
    reason="epochs", epoch=24, step=24 * STEPS, seconds=83.0, best_held_out=1.4987, best_epoch=22, run="/runs/nietzsche"
)


def progress(epoch: int, step_in_epoch: int, *, loss: float = 1.75, seconds: float = 1.0) -> Progress:
    return Progress(
        epoch=epoch,
        step=(epoch - 1) * STEPS + step_in_epoch,
        step_in_epoch=step_in_epoch,
        steps_per_epoch=STEPS,
        loss=loss,
        epoch_loss=1.8125,
        rate=0.00981,
        characters_per_second=163_842.0,
        seconds=seconds,
    )


def epoch_end(epoch: int, held_out: float | None) -> EpochEnd:
    return EpochEnd(
        epoch=epoch,
        step=epoch * STEPS,
        loss=1.7021,
        held_out=held_out,
        bpc=None if held_out is None else held_out / math.log(2),
        seconds=8.1,
        characters_per_second=163_842.0,
    )


def written(text: str) -> list[Item]:
    return [Written(character, 0.5, 1.25) for character in text]


class FakeEngine:
    """Satisfies tui.engine.protocol.Engine."""

    def __init__(self) -> None:
        self.buffer = TokenBuffer(capacity=100_000)
        self.commands: list[Command] = []
        self.kept: list[ScreenSettings] = []
        self.post: Callable[[Message], object] | None = None
        self.started: Launch | None = None
        self.stops: list[float] = []
        self.folder: Path | None = None
        """Of the run, where texts are saved."""
        self.saved = True
        """What `stop` returns."""
        self.stopping = threading.Event()

    def start(self, launch: Launch, post: Callable[[Message], object]) -> None:
        self.started = launch
        self.post = post

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def keep_settings(self, settings: ScreenSettings) -> None:
        self.kept.append(settings)

    def save_text(self, text: str) -> Path:
        return save_text(text, Place.of(self.folder) if self.folder else None, datetime.now())

    def kept_run(self) -> KeptRun | None:
        return None

    def stop(self, timeout: float) -> bool:
        self.stops.append(timeout)
        self.stopping.set()
        self.buffer.close()
        return self.saved

    def tell(self, *messages: Message | Event) -> None:
        """Post messages, or events of the run, as the engine's threads would."""
        assert self.post is not None
        for message in messages:
            self.post(message if isinstance(message, Message) else TrainingEvent(message))

    def write(self, items: Iterable[Item]) -> None:
        for item in items:
            self.buffer.put(item)
