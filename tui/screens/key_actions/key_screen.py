"""KeyScreen: what all keys of the main screen share: the values they set, the engine, and what they say."""

from __future__ import annotations

from time import monotonic

from tui.engine.messages import LOADING
from tui.engine.protocol import Engine
from tui.keys.action import ODDS, TEMPERATURE, WRITING
from tui.keys.key_commands import Command
from tui.keys.keymap import BY_ID, actions_for
from tui.keys.refusals import Situation, refusal
from tui.keys.session import Session
from tui.launch import Launch
from tui.terminal.narrow_frames import NarrowCompositor
from tui.terminal.newest_size import NewestSizeScreen
from tui.views.time_lapse_view import TimeLapseView
from tui.views.training_view import TrainingView
from tui.views.writing_words import Standstill
from tui.widgets.training.loss_chart import LossChart
from tui.widgets.writing.writing_pane import WritingPane

_OF_THE_LIVE_TEXT = (TEMPERATURE, WRITING, ODDS)
"""Groups of keys that change the live text, so that it is shown again."""
_ALSO_OF_EPOCHS = ("samplers", "pause-writing", "seed", "pin", "colour", "baseline", "live")


class KeyScreen(NewestSizeScreen):
    """A screen whose keys steer an engine.

    Args:
        engine: takes the commands.
        launch: the settings at the start.
        view: what is known of the run.
    """

    def __init__(self, engine: Engine, launch: Launch, view: TrainingView) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()
        self.watching, self.resumes = launch.watches, launch.resume is not None
        self.actions = actions_for(launch.recipe.temperatures, watching=self.watching)
        self.session = Session(launch.recipe, launch.speed, pinned=launch.seed_text)
        self.view = view
        self.save_asked: int | None = None
        """The step at which the user asked for a checkpoint; None when it is answered."""
        self.asked_at = 0.0
        """When a key last asked the engine for something, in seconds."""
        self.time_lapse = TimeLapseView()
        self._engine = engine

    def show_session(self) -> None:
        """Show what the keys have changed."""
        raise NotImplementedError

    @property
    def situation(self) -> Situation:
        """What decides whether a key can do something now."""
        view, pane, chart = self.view, self.query_one(WritingPane), self.query_one(LossChart)
        return Situation(
            phase=view.phase,
            ending=view.finished.reason if view.finished else "",
            last_epoch=view.epoch >= view.epochs,
            watching=self.watching,
            takes_requests=self.takes_requests,
            kept=view.run is not None,
            charted=view.progress is not None,
            chart_shown=chart.display,
            written=pane.has_text,
            writing=pane.writing,
            writing_paused=self.session.writing_paused,
            epochs=len(view.epoch_ends),
            seeded=pane.seed is not None or self.session.pinned is not None,
            streams=len(self.session.samplings),
            several_fit=pane.several_fit,
            selected_written=pane.panel.has_text,
            writer_failed=pane.failed == "writing",
            known=pane.panel.known,
            cursor_placed=self.session.cursor is not None,
            undo=pane.panel.undo,
            redo=pane.panel.redo,
            baseline_fits=pane.baseline.fits,
            baseline_shown=self.session.baseline is not None,
        )

    @property
    def takes_requests(self) -> bool:
        """Whether another program trains the run and can be asked for something."""
        return self.view.run_state is not None and self.view.run_state.takes_requests

    @property
    def standstill(self) -> Standstill:
        """Why no text comes yet, if there is a reason."""
        if self.session.training_paused:
            return "training paused"
        if self.resumes or self.view.stage == LOADING:
            return "loading"
        return "compiling" if self.view.began and not self.watching else ""

    @property
    def writes_best(self) -> bool:
        """Whether the next sample is written with the best weights."""
        chosen = self.session.best_weights
        return self.view.phase == "finished" if chosen is None else chosen

    def _works(self, identifier: str) -> bool:
        """Whether an action works now; where it does not, the user is told why."""
        action = BY_ID[identifier]
        if sentence := refusal(action, self.situation):
            self.notify(sentence)
        elif action.group in _OF_THE_LIVE_TEXT and action.id not in _ALSO_OF_EPOCHS:
            self.leave_epochs()
        return not sentence

    def leave_epochs(self) -> None:
        """Show the live text, if the user looks at an epoch."""
        raise NotImplementedError

    def write_with_all_epochs(self, seed: str) -> None:
        """Have every epoch that is kept write this seed, and show what they write."""
        raise NotImplementedError

    def _say_if_both_wait(self) -> None:
        """Say it where training waits for samples that paused writing will not finish."""
        if self.session.hold and self.session.writing_paused and self.view.phase != "finished":
            self.notify("Training will wait at the end of the epoch until you resume writing (space).")

    def _complain(self, sentence: str) -> None:
        self.notify(sentence, severity="error", markup=False)

    def _ask(self, command: Command) -> None:
        self._engine.send(command)
        self.asked_at = monotonic()
        self.show_session()

    def let_go(self) -> None:
        """Forget the engine when the screen is gone.

        Textual keeps an app's first screen to the end, and it would keep all that the first run trained with.
        """
        del self._engine
