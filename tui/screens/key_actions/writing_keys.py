"""WritingKeys: what is written, when and how fast."""

from __future__ import annotations

from textual import work

from model.training.steering.training_commands import SampleNow
from tui.keys.key_commands import ChooseWeights, Command, PauseWriting, PinSeed, Reseed, SetSpeed, WriteNow, WriteOne
from tui.screens.key_actions.key_screen import KeyScreen
from tui.widgets.writing.writing_pane import WritingPane


class WritingKeys(KeyScreen):
    """The keys of the group "Writing"."""

    def action_pause_writing(self) -> None:
        """Pause or resume writing."""
        if self._works("pause-writing"):
            self.session.writing_paused = self.view.writing_paused = paused = not self.session.writing_paused
            self._ask(PauseWriting(paused))
            self._say_if_both_wait()

    def action_write_one(self) -> None:
        """Write one character while writing is paused."""
        if self._works("write-one"):
            self._ask(WriteOne())

    def action_reseed(self) -> None:
        """Start again from another random seed."""
        self._ask_for_text("reseed", Reseed(), "The first sample will start from a random seed")

    @work
    async def action_seed(self) -> None:
        """Let the user type a seed."""
        from tui.screens.seed import SeedScreen  # a text area is heavy; the first paint does not wait for it

        if not self._works("seed"):
            return
        session = self.session
        pinned, lines = session.pinned is not None, session.recipe.lines
        if session.pinned:
            session.remember(session.pinned)  # the dialog begins with it
        choice = await self.app.push_screen_wait(SeedScreen(session.seeds, pinned=pinned, lines=lines))
        if choice is None:
            return
        session.remember(choice.text)
        if self.time_lapse.epoch is not None:
            self.write_with_all_epochs(choice.text)
            return
        if choice.pinned or session.pinned is not None:
            self._pin(choice.text if choice.pinned else None)
        self._ask_for_text("seed", Reseed(choice.text), "The first sample will continue this seed")

    @property
    def unpins(self) -> bool:
        """Whether the seed that is shown is the pinned one, which the key lets go."""
        seed = self.query_one(WritingPane).seed
        return self.session.pinned is not None and seed in (None, self.session.pinned)

    def action_pin(self) -> None:
        """Let every showing and every epoch continue the seed that is shown, or random ones again."""
        if not self._works("pin"):
            return
        seed = self.query_one(WritingPane).seed
        if self.unpins:
            self._pin(None)
            self.notify("The next samples continue random seeds.")
        elif seed is not None:
            self._pin(seed)
            self.notify("All samples and every epoch continue this seed, until you press i again.")

    def _pin(self, text: str | None) -> None:
        self.session.pinned = text
        self._ask(PinSeed(text))

    def action_write_now(self) -> None:
        """Start a new sample, or have the program that trains write some."""
        far = self.view.run_state
        if far and far.takes_requests and not far.out_of_reach and self.view.phase != "finished":
            if self._works("write-now"):
                self._ask(SampleNow())
        else:
            self._ask_for_text("write-now", WriteNow(), "The first sample will start by itself")

    def _ask_for_text(self, identifier: str, command: Command, promise: str) -> None:
        """Send a command for a sample; before the first one, say what it will do."""
        if not self._works(identifier):
            return
        if not self.query_one(WritingPane).has_text:
            self.notify(f"{promise} when the first weights are ready.")
        self._ask(command)

    def action_weights(self) -> None:
        """Switch between best and newest weights."""
        if not self._works("weights"):
            return
        self.session.best_weights = best = not self.writes_best
        self._ask(ChooseWeights(best))
        if best and self.view.epoch_end is None:
            self.notify("The best weights are known after the first epoch. Until then, the newest write.")
        else:
            self.notify(f"From the next sample on, the {'best' if best else 'newest'} weights write; g starts one.")

    def action_slower(self) -> None:
        """Set the next lower speed; below the slowest it is automatic, and from there the next lower than usual."""
        self._step_speed(-1)

    def action_faster(self) -> None:
        """Set the next higher speed."""
        self._step_speed(+1)

    def _step_speed(self, step: int) -> None:
        if not self._works("slower"):
            return
        before = self.session.speed
        if self.session.step_speed(step) == before:
            self.notify("The speed is unlimited already.")
        else:
            self._ask(SetSpeed(self.session.speed))
