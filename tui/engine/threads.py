"""EngineThreads: what the threads of every engine share: their priority, how they end, and how they report errors.

They never touch a widget, and run at low priority, so that the screen wins where they compete.
"""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from model.devices.priority import BACKGROUND, lower_priority
from model.options.explaining.explained_errors import explained
from tui.engine.messages import EngineFailed, Part, Stage, UnitsFound
from tui.engine.writing.pace import CHUNK
from tui.engine.writing.writer import Writer

if TYPE_CHECKING:
    from corpora import Corpus
    from tui.engine.generating.generator import ModelGenerator

Post = Callable[[Message], object]
"""Takes a message for the screen, from any thread and without blocking."""

_NICE, _WRITING_NICE = 10, 5
"""The screen wins where they compete, and then the writer, for a key may wait for its next character."""

_GIVE_BACK_SECONDS = 20.0
"""Between two times that free memory is given back to the system; each takes a fiftieth of a second."""


class Stopped(Exception):  # noqa: N818 - no error: it only unwinds the thread
    """The screen is closing: stop preparing."""


class EngineThreads:
    """The threads of one engine, and the way for their messages."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        """Set when the screen is closing."""
        self.post: Post = lambda message: None
        self._running = 0
        self._impatient = 0
        """How many calls of `join` did not want to wait."""
        self._changed = threading.Condition()

    def begin(
        self,
        body: Callable[[], None],
        name: str,
        part: Part = "other",
        failed: Callable[[], None] = lambda: None,
        niceness: int = _NICE,
    ) -> None:
        """Run `body` in a new thread; an error that ends it is shown on the screen.

        Args:
            body: what the thread does.
            name: of the thread.
            part: what stops with it.
            failed: called in the thread after an error.
            niceness: of the thread.
        """

        def run() -> None:
            lower_priority(niceness)
            try:
                body()
            except Stopped:
                pass
            except Exception as error:
                failed()
                self.fail(error, part)
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

        with self._changed:
            self._running += 1
        # Daemons: a thread in the middle of a long download or compilation must not keep the program from ending.
        threading.Thread(target=run, name=name, daemon=True).start()

    def begin_writing(
        self, generator: ModelGenerator, writer: Writer, failed: Callable[[], None] = lambda: None
    ) -> None:
        """Run the writer, once the generator has compiled all that it needs; `failed` is called after an error.

        Raises:
            Stopped: the screen is closing.
        """

        def write() -> None:
            generator.warm_up(1, CHUNK)
            keep_what_is_built()
            self.begin(prepare_odds, "compiling the odds")
            writer.run()

        def prepare_odds() -> None:
            generator.warm_up_odds()
            keep_what_is_built()

        self.go_on()
        self.begin(write, "writing", "writing", failed, _WRITING_NICE)
        self.begin(self._give_back_memory, "giving back memory")

    def _give_back_memory(self) -> None:
        from model.devices.memory import give_back_free_memory

        while not self.stopping.wait(_GIVE_BACK_SECONDS):
            give_back_free_memory()

    def begin_scoring(self, generator: ModelGenerator, text: str) -> None:
        """Score a text of the user's, and post what comes of it."""

        def score() -> None:
            from tui.engine.generating.scoring import score_text

            self.post(score_text(generator, text))

        self.begin(score, "scoring a text")

    def begin_finding(self, generator: ModelGenerator, corpus: Corpus | None) -> None:
        """Find the units that follow something in the run's text, with the newest weights, and post them."""

        def find() -> None:
            from tui.engine.generating.unit_search import search_units

            lower_priority(BACKGROUND)
            self.post(search_units(generator, corpus, lambda: not self.stopping.is_set()))

        def fail() -> None:
            self.post(UnitsFound({}, 0.0, "The units cannot be looked for because of an error."))

        self.begin(find, "finding units", failed=fail)

    def go_on(self) -> None:
        """Raise Stopped if the screen is closing."""
        if self.stopping.is_set():
            raise Stopped

    def stage(self, text: str) -> None:
        """Show what is being prepared.

        Raises:
            Stopped: the screen is closing.
        """
        self.go_on()
        self.post(Stage(text))

    def join(self, timeout: float) -> None:
        """Wait for the end of all threads, `timeout` seconds at most; a call with 0 ends those that still wait."""
        with self._changed:
            if timeout <= 0:
                self._impatient += 1
                self._changed.notify_all()
            before = self._impatient
            self._changed.wait_for(lambda: not self._running or self._impatient > before, max(0.0, timeout))

    def join_others(self, timeout: float) -> None:
        """Wait in one of the threads for the end of the others, `timeout` seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._running <= 1, timeout)

    def fail(self, error: Exception, part: Part) -> None:
        """Show on the screen that an error has ended a part."""
        explanation = explained(error)
        if explanation.expected:
            self.post(EngineFailed(explanation.sentence or repr(error), "", part))
        else:
            details = "".join(traceback.format_exception(error))
            self.post(EngineFailed(f"{explanation.sentence} The log has the details.", details, part))


def keep_what_is_built() -> None:
    """Exclude what JAX has built so far from garbage collection.

    Each collection of all of it would stop Python, and every key, for a tenth of a second.
    """
    gc.freeze()
