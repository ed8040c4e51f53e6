"""FormScreen: the form for a new run: its text, its recipe, what it will cost, and the command line that means it."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from corpora.safe_text import shown
from model.options.shell_command import typed
from tui.engine.runs.new_runs import NewRuns
from tui.keys.form_keys import FORM_ACTIONS
from tui.launch import Launch
from tui.screens.help import HelpScreen
from tui.screens.starting.form_knowledge import FormKnowledge
from tui.screens.starting.form_list import FormList
from tui.screens.starting.text_screen import TextScreen
from tui.terminal.glyphs import Glyphs
from tui.views.runs.draft import Draft
from tui.views.runs.form_rows import about
from tui.views.runs.form_words import advice_words, cost_words, text_words
from tui.widgets.explaining.explanation_box import ExplanationBox
from tui.widgets.footer import KeyFooter, items_of

_NOTHING = "There is nothing to set."
_NOT_YET = "There is no advice yet."


class FormScreen(FormKnowledge):
    """Returns what begins the run; None when it is closed.

    Args:
        new_runs: looks at texts and this machine.
        base: what is not in the form.
        draft: what the form begins with.
        glyphs: the signs of the terminal.
        ending: the run that is open, which ends first; None if there is none.
    """

    DEFAULT_CSS = """
    FormScreen {
        background: $background;
        & > #form {
            height: 1fr;
            border: round $border;
            border-title-color: $foreground;
            border-subtitle-color: $text-muted;
            padding: 0 1;
        }
        & #form-columns { height: 1fr; layout: vertical; }
        & FormList { height: 1fr; min-height: 4; }
        & #form-side { height: auto; max-height: 60%; scrollbar-size-vertical: 0; }
        & #form-side > Static { height: auto; }
        & #form-about { min-height: 3; max-height: 3; }
        & #form-text { min-height: 2; max-height: 4; color: $text-muted; }
        & #form-cost { min-height: 2; max-height: 3; }
        & #form-advice { max-height: 3; color: $warning; }
        & Toast { display: none; }
        & #form-command { height: auto; min-height: 1; max-height: 2; color: $text-muted; }
        & #form-side.-wrong > #form-text { max-height: 5; }
        & #form-side.-wrong > #form-cost { min-height: 0; }
        &.-wide #form-columns { layout: horizontal; }
        &.-wide FormList { width: 1fr; min-width: 52; height: 1fr; }
        &.-wide #form-side { width: 1fr; height: 1fr; max-height: 100%; margin-left: 3; scrollbar-size-vertical: 1; }
        &.-wide #form-cost { min-height: 3; }
        &.-wide #form-side > Static { max-height: 100vh; margin-bottom: 1; }
        &.-low #form-side > Static { min-height: 1; max-height: 1; }
        &.-low #form-advice { min-height: 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(each.keys), each.action.removeprefix("screen."), show=False)
        for each in FORM_ACTIONS
        if each.id in ("choose-text", "follow-advice", "copy-command", "start", "help", "close")
    ]

    def __init__(self, new_runs: NewRuns, base: Launch, draft: Draft, glyphs: Glyphs, ending: str | None) -> None:
        super().__init__(new_runs, FormList(draft, glyphs), glyphs)
        self._base, self._ending = base, ending
        self._said = ""
        """What a key has done, or why it did nothing, until the next key."""

    def compose(self) -> ComposeResult:
        """The rows; what is said of the chosen one, the text and the cost; the command line; the keys."""
        with Vertical(id="form") as pane:
            pane.border_title = "New run"
            if self._ending is not None:
                pane.border_subtitle = Content(f"starting saves and ends {shown(self._ending, 60)}")
            with Container(id="form-columns"):
                yield self._list
                with VerticalScroll(id="form-side", can_focus=False):
                    for name in ("text", "cost", "advice", "about"):
                        yield Static(id=f"form-{name}", markup=False)
            yield Static(id="form-command", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Read the text, if it is here."""
        self._list.focus()
        self._take_change()
        self._list_runs()

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self.call_after_refresh(self._show)

    # What is shown

    def _show(self) -> None:
        if (self._said == _NOT_YET and self._estimate) or (self._said == _NOTHING and self._changes):
            self._said = ""
        corpus = self._corpus
        notes = corpus.notes if corpus is not None else ()
        title = corpus.title if corpus is not None else ""
        text = text_words(title, self._estimate, notes, self._text, wrong=self._text_wrong)
        self.query_one("#form-text", Static).update(text)
        self.query_one("#form-side").set_class(self._text_wrong, "-wrong")
        self.query_one("#form-cost", Static).update(cost_words(self._estimate, self.draft))
        self.query_one("#form-advice", Static).update(
            advice_words(self._estimate, self._glyphs, every=self.has_class("-wide"))
        )
        self.query_one("#form-command", Static).update(self._command)
        self._show_about()

    def on_key(self) -> None:
        """What was said is read."""
        self._forget_said()

    @on(FormList.Changed)
    def _forget_said(self) -> None:
        if self._said:
            self._said = ""
            self._show_about()

    @on(FormList.Chosen)
    def _show_chosen(self) -> None:
        self._show_about()
        for box in self.query(ExplanationBox):
            box.make_room(self._list.explaining_begins, self.size)

    def _show_about(self) -> None:
        row = self._list.row
        whole = self.has_class("-wide")
        words = about(row, self.draft, ending=self._ending, whole=whole)
        if row.name == "name" and self._wrong_name:
            words = Content(self._wrong_name).stylize("$error")
        if self._said:
            words = Content(self._said).stylize("$accent bold")
        self.query_one("#form-about", Static).update(words)
        hidden = set() if self._changes else {"follow-advice"}
        more = "fewer" if self._list.more else "more"
        enter = {"text": "choose a text", "more": more, "start": "start"}.get(row.kind, "next")
        self.query_one(KeyFooter).items = items_of(FORM_ACTIONS, {"enter": enter}, frozenset(hidden))

    @property
    def _command(self) -> Content:
        words = self.draft.words(self._base)
        if not words:
            return Content("")
        return Content.styled("$ ", "$accent") + Content(shown(typed("charlstm-tui", *words), 500))

    @property
    def _changes(self) -> dict[str, object]:
        advice = self._estimate.advice if self._estimate else ()
        return next((dict(each.changes) for each in advice if each.changes), {})

    # Keys

    @on(FormList.Entered)
    def _enter(self, message: FormList.Entered) -> None:
        if message.row.kind == "text":
            self.action_choose_text()
        elif message.row.kind == "more":
            self._list.toggle_more()
        else:
            self.action_start()

    def on_click(self, event: events.Click) -> None:
        """Follow the advice that is clicked."""
        if event.widget is not None and event.widget.id == "form-advice":
            self.action_follow_advice()

    def action_enter(self) -> None:
        """Do what Enter does in the row."""
        self._list.action_select()

    def action_change(self, steps: int) -> None:
        """Take another choice, or a smaller or larger number."""
        self._list.action_step(steps)

    def action_reset(self) -> None:
        """Set the row as the recipe has it."""
        self._list.action_reset()

    @on(FormList.TextTyped)
    def _type_text(self, message: FormList.TextTyped) -> None:
        """Let the user choose a text, with what was typed."""
        self.action_choose_text()
        self.app.screen.post_message(message.event)

    def action_choose_text(self) -> None:
        """Choose another text."""
        if self.is_active:  # else a key before has opened the dialog
            self.app.push_screen(TextScreen(self._new_runs, self._glyphs, self.draft.corpus), self._take_chosen)

    def _take_chosen(self, spec: tuple[str, ...] | None) -> None:
        if spec is not None:
            self._wanted, self._reading = True, None
            self._list.draft = self.draft.of_text(spec)
            self._take_change()

    def action_follow_advice(self) -> None:
        """Set the values that help."""
        if changes := self._changes:
            self._list.draft = self.draft.with_values(changes)
        else:
            self._say(_NOTHING if self._estimate else _NOT_YET)

    def action_copy_command(self) -> None:
        """Copy the command line."""
        if command := self._command.plain.removeprefix("$ "):
            self.app.copy_to_clipboard(command)
            self._say("The command line is copied.")

    def action_start(self) -> None:
        """Begin the run, if nothing is wrong."""
        launch = self.draft.launch(self._base)
        name = self.draft.text("name")
        self._wrong_name = self._new_runs.wrong_name(name) if name else None
        hindered = [each.sentence for each in (self._estimate.advice if self._estimate else ()) if each.hinders]
        wrong = [*self.draft.problems.items(), *([("name", self._wrong_name)] if self._wrong_name else [])]
        if wrong:
            self._list.choose("field", wrong[0][0])
            self._say(wrong[0][1])
        elif self._judging:
            self._say("The text is still being looked at. Start again in a moment.")
        elif self._text_wrong:
            self._list.choose("text")
            self._say(self._text)
        elif hindered:
            self._say(hindered[0])
        else:
            self.dismiss(launch)

    def _say(self, sentence: str) -> None:
        """Say it in the place of what the row is, until the next key: a notice would cover the form."""
        self._said = sentence
        self.call_after_refresh(self._show_about)

    def action_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(HelpScreen(FORM_ACTIONS))

    def action_close(self) -> None:
        """Close the form."""
        self.dismiss(None)
