"""Engine -> screen: the rare messages that cross from the engine's threads. Text goes by the token buffer."""

from __future__ import annotations

from textual.message import Message

from model.events import Event, Progress
from tui.launch import Unfinished
from tui.views.resume_summary import Recalled
from tui.views.run_state import Standing


class Stage(Message):
    """What the engine does before the first step: 'opening nietzsche', 'downloading 40%', 'compiling'."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Let the stage of this moment take the place of one still in the queue."""
        return isinstance(message, Stage)


class LookedForUnfinished(Message):
    """The runs have been looked through: `found` is the one that may be gone on with, None where there is none."""

    def __init__(self, found: Unfinished | None) -> None:
        self.found = found
        super().__init__()


class RunRecalled(Message):
    """A run goes on: this is its past."""

    def __init__(self, past: Recalled) -> None:
        self.past = past
        super().__init__()


class RunStanding(Message):
    """What a run that is trained elsewhere does now; said when it changes."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        super().__init__()


class Note(Message):
    """Something that the engine has found, in a sentence for the log; `warning` where it is amiss."""

    def __init__(self, sentence: str, *, warning: bool = False) -> None:
        self.sentence, self.warning = sentence, warning
        super().__init__()


class TrainingEvent(Message):
    """Something the training run says of itself."""

    def __init__(self, event: Event) -> None:
        self.event = event
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Let a newer Progress take the place of one still in the queue: only the latest numbers matter."""
        return (
            isinstance(message, TrainingEvent)
            and isinstance(self.event, Progress)
            and isinstance(message.event, Progress)
        )


class EngineFailed(Message):
    """The engine cannot go on. `sentence` is for people; `details` (a traceback) is for the log, empty where the
    sentence says it all.
    """

    def __init__(self, sentence: str, details: str) -> None:
        self.sentence = sentence
        self.details = details
        super().__init__()
