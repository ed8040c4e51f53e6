"""Keys that come faster than the screen takes them act in the order in which they were typed."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import App, ComposeResult
from textual.containers import Container
from textual.events import Key
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from tests.tui.driving import run_app, until
from tui.screens.seed import SeedText
from tui.screens.shelf.run_list import FilterBox
from tui.screens.starting.form_list import FormList
from tui.terminal.glyphs import UNICODE
from tui.views.runs.draft import Draft
from tui.widgets.keys_in_order import LineInput

BACK = ("backspace", None)


class Deep(App[None]):
    """The widget in some containers, as on a screen."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        with Container(), Container(), Container():
            yield self.widget

    def on_mount(self) -> None:
        self.widget.focus()


def type_at_once(app: App[None], keys: Iterable[str | tuple[str, str | None]]) -> None:
    for each in keys:
        app.post_message(Key(*each) if isinstance(each, tuple) else Key(each, each))


def test_rows_of_the_form_get_what_was_typed_into_them() -> None:
    rows = FormList(Draft(), UNICODE)

    async def scenario(pilot: Pilot[None]) -> None:
        down = ("down", None)
        rows.choose("field", "hidden")
        type_at_once(pilot.app, [*"16", down, down, *"50", BACK, "9"])
        await until(pilot, lambda: rows.draft.typed == {"hidden": "16", "epochs": "59"}, "both fields")

    run_app(Deep(rows), scenario, (80, 24))


def test_a_letter_is_deleted_before_the_next_one_comes() -> None:
    for widget in (LineInput(), FilterBox(), SeedText(())):

        async def scenario(pilot: Pilot[None], widget: Widget = widget) -> None:
            type_at_once(pilot.app, [*"teh", BACK, BACK, *"he", ("left", None), ("right", None), "n"])

            def text() -> str:
                return (
                    widget.value if isinstance(widget, Input) else widget.text if isinstance(widget, SeedText) else ""
                )

            await until(pilot, lambda: len(text()) == 4, "all letters")
            assert text() == "then"

        run_app(Deep(widget), scenario, (80, 24))
