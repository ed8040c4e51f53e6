"""FormKnowledge: what the form for a new run knows of its text and of what the run will cost, found in threads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from textual import on, work
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.worker import Worker, get_current_worker

from corpora.progress import Pace, TextProgress
from corpora.reading.lines import LIST_NOTE
from model.preparing.estimate import Advice, Estimate
from model.recipe import Recipe
from tui.engine.runs.new_runs import NewRuns, in_a_sentence
from tui.launch import Launch
from tui.screens.starting.form_list import FormList
from tui.terminal.glyphs import Glyphs
from tui.views.runs.draft import Draft
from tui.views.runs.found_run import FoundRun

if TYPE_CHECKING:
    from corpora import Corpus

Judged = tuple[Recipe, frozenset[str]]
"""A recipe, and which of its fields fit themselves to the text."""

NOT_HERE = "This text is not on this machine yet. Choose it to download it now; starting downloads it, too."
"""What is said of a text that needs the network."""

_QUIET_SECONDS = 0.15
"""After the last key, before what it changes is worked out."""


class _StopReadingError(Exception):
    """The text is not wanted any more."""


def called_by(corpus: Corpus) -> frozenset[str]:
    """The fields with which this text might have to be read in another way."""
    called = {
        "lines": corpus.lines or LIST_NOTE in corpus.notes,
        "separator": len(corpus.files) > 1,
        "encoding": corpus.encoding is not None and corpus.encoding.guess is not None,
    }
    return frozenset(name for name, matters in called.items() if matters)


class FormKnowledge(ModalScreen[Launch | None]):
    """Opens the text and estimates the run, each time that the draft changes.

    Args:
        new_runs: looks at texts and this machine.
        rows: they hold the draft.
        glyphs: the signs of the terminal.
    """

    class Read(Message):
        """The text was opened, or something is to be said in its place."""

        def __init__(
            self, reading: tuple[object, ...], corpus: Corpus | None, said: str = "", *, wrong: bool = False
        ) -> None:
            super().__init__()
            self.reading, self.corpus, self.said, self.wrong = reading, corpus, said, wrong

    class Told(Message):
        """The text is being downloaded or read."""

        def __init__(self, reading: tuple[object, ...], progress: TextProgress) -> None:
            super().__init__()
            self.reading, self.progress = reading, progress

    class Estimated(Message):
        """What is in the form was judged."""

        def __init__(
            self, corpus: Corpus | None, judged: Judged, estimate: Estimate | None, wrong_name: str | None
        ) -> None:
            super().__init__()
            self.corpus, self.judged, self.estimate, self.wrong_name = corpus, judged, estimate, wrong_name

    class Listed(Message):
        """The runs that a run can begin from are known."""

        def __init__(self, runs: tuple[str, ...]) -> None:
            super().__init__()
            self.runs = runs

    class Found(Message):
        """The run to begin from was looked up."""

        def __init__(self, found: FoundRun) -> None:
            super().__init__()
            self.found = found

    def __init__(self, new_runs: NewRuns, rows: FormList, glyphs: Glyphs) -> None:
        super().__init__()
        self._new_runs, self._list, self._glyphs = new_runs, rows, glyphs
        self._corpus: Corpus | None = None
        self._reading: tuple[object, ...] | None = None
        """What the text that is here, or is being opened, was read with."""
        self._text = ""
        """What is said of the text while it is not here."""
        self._text_wrong = False
        self._opening = False
        """Whether nothing is known of the text yet."""
        self._judged: Judged | None = None
        """With what the text that is here was judged."""
        self._wanted = False
        """Whether the user has chosen the text, so that it may be downloaded."""
        self._waiting: Timer | None = None
        """Runs out when no more keys have come."""
        self._estimate: Estimate | None = None
        self._wrong_name: str | None = None

    @property
    def draft(self) -> Draft:
        """What stands in the form."""
        return self._list.draft

    @property
    def _judging(self) -> bool:
        """Whether it is still to be found if the run can begin as the form now stands. A text to download can wait."""
        if self.draft.recipe is None or self.draft.reading != self._reading:
            return True
        return self._opening if self._corpus is None else self._judged != (self.draft.recipe, self.draft.free)

    def _show(self) -> None:
        """Show what is known."""
        raise NotImplementedError

    @on(FormList.Changed)
    def _take_change(self) -> None:
        """Read and estimate anew, as far as it has changed, when no more keys follow."""
        self._judge_soon()
        self._show()

    def _judge_soon(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(_QUIET_SECONDS, self._judge)

    def _judge(self) -> None:
        draft, recipe = self.draft, self.draft.recipe
        if draft.to_look_up:
            self._look_up(*draft.to_look_up)
        if recipe is None:
            return
        if draft.reading != self._reading:
            self._reading, self._corpus, self._estimate = draft.reading, None, None
            self._text, self._text_wrong = f"Opening the text {self._glyphs.ellipsis}", False
            self._opening, self._judged = True, None
            self._show()
            self._read(draft.corpus, recipe, draft.reading, wanted=self._wanted)
        self._estimate_in_thread(self._corpus, recipe, draft.free, draft.text("name"))

    @work(thread=True, exit_on_error=False)  # a name can be typed without the list
    def _list_runs(self) -> None:
        self.post_message(self.Listed(self._new_runs.to_begin_from()))

    @on(Listed)
    def _take_runs(self, message: Listed) -> None:
        self._list.draft = replace(self.draft, runs=message.runs)

    @work(thread=True, exclusive=True, group="looking up")
    def _look_up(self, reference: str, weights: Literal["best", "newest"]) -> None:
        self.post_message(self.Found(self._new_runs.found_run(reference, weights)))

    @on(Found)
    def _take_found(self, message: Found) -> None:
        if (message.found.reference, message.found.weights) == self.draft.to_look_up:
            self._list.draft = replace(self.draft, found=message.found)

    @work(thread=True, exclusive=True, group="reading")
    def _read(self, spec: tuple[str, ...], recipe: Recipe, reading: tuple[object, ...], *, wanted: bool) -> None:
        worker: Worker[None] = get_current_worker()
        pace = Pace(0.0)

        def tell(progress: TextProgress) -> None:
            if worker.is_cancelled:
                raise _StopReadingError
            if pace.is_due():
                self.post_message(self.Told(reading, progress))

        try:
            if not wanted and not self._new_runs.is_here(spec):
                self.post_message(self.Read(reading, None, NOT_HERE))
                return
            corpus = self._new_runs.read(spec, recipe, tell)
        except _StopReadingError:
            return
        except Exception as error:  # whatever it is, the run that is open goes on
            self.post_message(self.Read(reading, None, in_a_sentence(error), wrong=True))
        else:
            self.post_message(self.Read(reading, corpus))

    @on(Told)
    def _take_progress(self, message: Told) -> None:
        if message.reading == self._reading:
            self._opening = message.progress.doing == "reading"
            self._text = f"{message.progress.doing.capitalize()} the text: {message.progress.words}"
            self._show()

    @on(Read)
    def _take_text(self, message: Read) -> None:
        if message.reading != self._reading:
            return
        self._corpus, self._text, self._text_wrong = message.corpus, message.said, message.wrong
        self._opening, self._judged = False, None
        if message.corpus:
            self._list.adopt(replace(self.draft, called=called_by(message.corpus)))
        self._judge_soon()
        self._show()

    @work(thread=True, exclusive=True, group="estimating")
    def _estimate_in_thread(self, corpus: Corpus | None, recipe: Recipe, free: frozenset[str], name: str) -> None:
        worker: Worker[None] = get_current_worker()
        wrong_name = self._new_runs.wrong_name(name) if name else None
        estimate = None
        if corpus is not None:
            try:
                estimate = self._new_runs.estimate(corpus, recipe, free)
            except Exception as error:  # whatever it is, the run that is open goes on
                estimate = Estimate(f"{len(corpus):,} characters", None, (Advice(in_a_sentence(error), {}),))
        if not worker.is_cancelled:
            self.post_message(self.Estimated(corpus, (recipe, free), estimate, wrong_name))

    @on(Estimated)
    def _take_estimate(self, message: Estimated) -> None:
        if message.judged == (self.draft.recipe, self.draft.free) and message.corpus is self._corpus:
            self._estimate, self._wrong_name, self._judged = message.estimate, message.wrong_name, message.judged
            if message.estimate:
                self._list.adopt(self.draft.with_fitted(message.estimate.fitted))
            self._show()
