"""WritingEngine: what every engine does with text. It keeps commands for a writer to come, starts it, and ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from tui.engine.epochs.epoch_reader import EpochReader, not_kept
from tui.engine.epochs.epoch_writer import EpochWriter
from tui.engine.generating.count_writer import CountWriter
from tui.engine.messages import EpochRead, Note, TextAnswers
from tui.engine.novelty_watch import NoveltyWatch
from tui.engine.protocol import KeptRun
from tui.engine.runs.settings_file import SettingsFile
from tui.engine.threads import EngineThreads
from tui.engine.writing.token_buffer import TokenBuffer
from tui.engine.writing.writer import Writer
from tui.engine.writing.writer_commands import WriterCommand
from tui.keys.key_commands import (
    Command,
    FindUnits,
    HoldForShowing,
    PauseTraining,
    ReadEpoch,
    ScoreText,
    SeekCopies,
    SetSpeed,
    SteerTraining,
    WriteByCounts,
    WriteEpochs,
)
from tui.keys.screen_settings import ScreenSettings
from tui.launch import Launch

if TYPE_CHECKING:
    from corpora import Corpus
    from model.runs.folder import Run
    from model.writing.language_model import LanguageModel
    from tui.engine.generating.generator import ModelGenerator


class WritingEngine:
    """The part that all engines share. Its threads are started by the engine that inherits it."""

    def __init__(self) -> None:
        self.buffer = TokenBuffer()
        self._launch = Launch()
        # Held while a command is kept or passed on, so that commands keep their order.
        self._lock = threading.RLock()
        self._early: list[Command | WriterCommand] = []
        self._writer: Writer | None = None
        self._generator: ModelGenerator | None = None
        """Draws the characters for the writer."""
        self._epoch_writer: EpochWriter | None = None
        self._epoch_reader: EpochReader | None = None
        self._language_model: LanguageModel | None = None
        """With the parameters that were there first."""
        self._corpus: Corpus | None = None
        """The run's text, once it is open."""
        self._threads = EngineThreads()
        self._settings = SettingsFile()
        self._novelty = NoveltyWatch(self._post)
        self.buffer.seen = self._novelty.see
        self.buffer.answered = lambda: self._post(TextAnswers())
        self._counts, self._counting = CountWriter(self._post), False
        """What writes by counting, and whether its thread has begun."""

    @property
    def _kept_run(self) -> Run | None:
        """Where the weights of epochs are; None if they are not kept."""
        raise NotImplementedError

    def save_text(self, text: str) -> Path:
        """Write a text to a new file; see `tui.engine.protocol`. Only who has a run open writes into its folder."""
        from tui.engine.runs.saved_texts import save_text

        run = self._kept_run
        return save_text(text, run.place if run and run.held else None, datetime.now())

    def kept_run(self) -> KeptRun | None:
        """What is kept of the run, and where; see `tui.engine.protocol`."""
        from model.runs.kept import kept_step

        run = self._kept_run
        return KeptRun(str(run.folder), run.reference, kept_step(run)) if run else None

    def send(self, command: Command | WriterCommand) -> None:
        """Pass on what a key asked for; commands are kept until there is a writer."""
        with self._lock:
            if self._writer is None:
                self._early.append(command)
            else:
                self._obey(self._writer, command)

    def keep_settings(self, settings: ScreenSettings) -> None:
        """Keep what the user has set on the screen, where this program may write into the run's folder."""
        self._settings.keep(settings)

    def _obey(self, writer: Writer, command: Command | WriterCommand) -> None:
        """Carry out a command; those for the trainer are dropped. The lock is held."""
        if isinstance(command, WriteEpochs):
            self._write_epochs(command.seed)
        elif isinstance(command, ReadEpoch):
            self._read_epoch(command)
        elif isinstance(command, SeekCopies):
            self._novelty.seek(command)
        elif isinstance(command, WriteByCounts):
            self._write_by_counts(command)
        elif isinstance(command, ScoreText):
            if self._generator:
                self._threads.begin_scoring(self._generator, command.text)
        elif isinstance(command, FindUnits):
            if self._generator:
                self._threads.begin_finding(self._generator, self._corpus)
        elif not isinstance(command, PauseTraining | HoldForShowing | SteerTraining):
            writer.send(command)

    def _write_epochs(self, seed: str | None) -> None:
        """Write a seed with every epoch's weights, in a thread that begins with the first."""
        run = self._kept_run
        if run is None:
            self._post(Note("This run is not kept, and so no epoch's weights are."))
            return
        if self._epoch_writer is None:
            self._epoch_writer = EpochWriter(run, self._language_model, self._threads.post)
            self._threads.begin(self._epoch_writer.run, "writing with every epoch")
        self._epoch_writer.write(seed)

    def _read_epoch(self, asked: ReadEpoch) -> None:
        """Have it read, in a thread that begins with the first."""
        run = self._kept_run
        if run is None:
            self._post(EpochRead(asked, problem=not_kept(asked)))
            return
        if self._epoch_reader is None:
            self._epoch_reader = EpochReader(run, self._language_model, self._threads.post)
            self._threads.begin(self._epoch_reader.run, "reading what epochs wrote")
        self._epoch_reader.read(asked)

    def _write_by_counts(self, command: WriteByCounts) -> None:
        """Have it written, in a thread that begins with the first."""
        if not self._counting:
            self._counting = True
            self._threads.begin(self._counts.run, "counting", failed=self._end_counting)
        self._counts.write(command)

    def _end_counting(self) -> None:
        """The thread has ended by an error: the next command begins another."""
        self._counting = False

    def _tell_text(self, corpus: Corpus | None) -> None:
        """The run's text is open, or cannot be opened here."""
        self._corpus = corpus
        if corpus:
            self._novelty.corpus = corpus
        if self._language_model:
            self._counts.open(corpus, self._language_model.tokenizer, self._language_model.recipe)

    def _begin_writing(
        self,
        generator: ModelGenerator,
        writer: Writer,
        first: Sequence[WriterCommand] = (),
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the writing threads, and pass on the commands that came before them.

        Args:
            generator: draws the characters.
            writer: not started yet.
            first: what it is told before those commands.
            failed: called if an error ends it.
        """
        with self._lock:
            self._writer, self._generator = writer, generator
            early, self._early = self._early, []
            for command in (SetSpeed(self._launch.speed), *first, *early):
                self.send(command)
        self._threads.begin_writing(generator, writer, failed)
        self._threads.begin(lambda: self._novelty.run(self._threads.stopping), "looking for copies")

    def _stop_writing(self) -> None:
        """Let the writing threads end."""
        self._threads.stopping.set()
        self.buffer.close()
        with self._lock:
            for each in (self._writer, self._epoch_writer, self._epoch_reader, self._counts):
                if each:
                    each.stop()

    def _post(self, message: Message) -> None:
        self._threads.post(message)

    def _warn(self, sentence: str) -> None:
        self._post(Note(sentence, warning=True))
