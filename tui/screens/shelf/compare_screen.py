"""CompareScreen: several runs: their curves, what differs, and what they write from one seed and one noise."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import ClassVar

from rich.cells import chop_cells
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from corpora.safe_text import shown
from model.runs.housekeeping.compared_run import ComparedRun, early, incomparable
from model.sampling import Sampling
from tui.engine.messages import CannotWrite, OthersRead, WrittenBeside
from tui.engine.runs.other_runs import OtherRuns
from tui.engine.runs.side_by_side import SideBySide, Task
from tui.keys.compare_keys import COMPARE_ACTIONS
from tui.screens.help import HelpScreen
from tui.terminal.glyphs import Glyphs
from tui.terminal.newest_size import NewestSizeScreen
from tui.text.wrapping import ending
from tui.views.chart_settings import USUAL_CHART, ChartSettings
from tui.views.chart_view import ChartView, Overlay, best_mark, curves_of
from tui.views.quantities import Unit, next_unit
from tui.views.runs.compare_table import COLOURS, column_names, compare_table, headings
from tui.widgets.explaining.asking import asking
from tui.widgets.footer import KeyFooter, items_of
from tui.widgets.training.loss_plot import LossPlot
from tui.widgets.writing.past_stream import PastStream

LENGTH = 400
"""Characters that each run writes."""
_SEED_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the screen begins with."""

    folders: tuple[str, ...]
    """Of the runs; the others are laid over the first."""
    sampling: Sampling = field(default_factory=Sampling)
    temperatures: tuple[float, ...] = (0.2, 0.5, 1.0, 1.2)
    """For the digit keys."""
    seed: str = ""
    unit: Unit = "nats"
    chart: ChartSettings = USUAL_CHART
    random_seed: int = 1


class ComparedText(Vertical):
    """What one of the runs writes, under its name."""

    explains = "compare"

    def __init__(self, number: int, glyphs: Glyphs) -> None:
        super().__init__()
        self._number = number
        self.text = PastStream(glyphs)
        self.text.transcript.seeds_shown = True

    def compose(self) -> ComposeResult:
        """The name above the text."""
        yield Static(classes="compared-name", markup=False)
        yield Static("Loading the weights.", classes="compared-note", markup=False)
        yield self.text

    def name_it(self, name: str, cells: int) -> None:
        """Show the run's name in the colour of its curve, in rows of so many cells."""
        rows = "\n".join(chop_cells(name, cells))
        self.query_one(".compared-name", Static).update(Content.styled(rows, f"{COLOURS[self._number]} bold"))

    def say(self, sentence: str) -> None:
        """Say why nothing is written yet, or at all."""
        self.query_one(".compared-note", Static).update(Content(shown(sentence, 1000)))


class CompareScreen(NewestSizeScreen):
    """Everything it needs is freed when it is closed.

    Args:
        comparison: what it begins with.
        glyphs: the signs of the terminal.
        alone: whether no engine was started yet.
        before: what wrote for the comparison before.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(",".join(each.keys), each.action.removeprefix("screen."), show=False)
            for each in COMPARE_ACTIONS
            if each.id not in ("temperatures", "explain")
        ),
        *(Binding(str(number), f"temperature({number - 1})", show=False) for number in range(1, 10)),
    ]
    DEFAULT_CSS = """
    CompareScreen {
        & > #compared { height: 2fr; border: round $border; border-title-color: $foreground; padding: 0 1; }
        & #compare-chart { width: 2fr; padding-right: 2; }
        & #compare-facts { width: 3fr; }
        & #compare-head { height: 1; }
        & #compare-table { height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
        & #compare-rows { height: auto; }
        & #compare-how { height: 1; padding: 0 2; color: $text-muted; }
        & > #compare-texts { height: 3fr; padding: 0 1; }
        & ComparedText { width: 1fr; padding: 0 1; }
        & .compared-name { height: auto; max-height: 3; }
        & .compared-note { height: auto; max-height: 8; color: $warning; }
        & PastStream { height: 1fr; }
        &.-several.-narrow #compare-chart { width: 1fr; }
        &.-several.-narrow #compare-facts { width: 2fr; }
        &.-slim #compare-chart, &.-low #compare-chart { display: none; }
        &.-low > #compared, &.-medium > #compared { height: 1fr; }
        &.-low > #compare-texts, &.-medium > #compare-texts { height: 1fr; }
    }
    """

    def __init__(
        self, comparison: Comparison, glyphs: Glyphs, *, alone: bool = False, before: SideBySide | None = None
    ) -> None:
        super().__init__()
        self._first, self._glyphs = comparison, glyphs
        self._sampling, self._unit = replace(comparison.sampling, without_units=()), comparison.unit
        self._seed, self._random_seed = comparison.seed, comparison.random_seed
        self._seeds = [comparison.seed] if comparison.seed else []
        self._runs: tuple[ComparedRun, ...] = ()
        self._written = 0
        self._reader = OtherRuns(lambda runs: self.post_message(OthersRead(runs)))
        self.writer = SideBySide(comparison.folders, self.post_message, alone=alone, before=before)

    def compose(self) -> ComposeResult:
        """The chart beside the table, how the texts are written, and the texts."""
        with Horizontal(id="compared") as upper:
            upper.border_title = asking("Compare", "compare")
            with Vertical(id="compare-chart"):
                yield LossPlot(self._glyphs)
            with Vertical(id="compare-facts"):
                yield Static(id="compare-head", markup=False)
                with VerticalScroll(id="compare-table", can_focus=False):
                    yield Static(f"Reading {self._glyphs.ellipsis}", id="compare-rows", markup=False)
        yield Static(id="compare-how", markup=False)
        with Horizontal(id="compare-texts"):
            for number in range(len(self._first.folders)):
                yield ComparedText(number, self._glyphs)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin to read and to write."""
        self.set_class(len(self._first.folders) > 2, "-several")
        self.query_one(KeyFooter).items = items_of(COMPARE_ACTIONS, {}, frozenset())
        self._reader.choose(self._first.folders)
        self.writer.start()
        self._write()

    def on_unmount(self) -> None:
        """End what reads and writes."""
        self._reader.choose(())
        self.writer.stop()

    def on_resize(self) -> None:
        """Other columns may fit."""
        self.call_after_refresh(self._show)

    # From the threads

    @on(OthersRead)
    def _take_runs(self, message: OthersRead) -> None:
        message.stop()
        if message.runs:
            self._runs = message.runs
            self._show()

    @on(WrittenBeside)
    def _take_text(self, message: WrittenBeside) -> None:
        message.stop()
        if message.task == self._written:
            text = self._texts[message.run].text
            if message.begins:
                self._texts[message.run].say("")
                text.show(message.items)
            else:
                text.append(message.items)

    @on(CannotWrite)
    def _take_reason(self, message: CannotWrite) -> None:
        message.stop()
        self._texts[message.run].say(message.sentence)

    # What is shown

    @property
    def _texts(self) -> list[ComparedText]:
        return [*self.query(ComparedText)]

    def _show(self) -> None:
        if not self._runs:
            return
        first, *others = self._runs
        table = self.query_one("#compare-table", VerticalScroll)
        width = table.scrollable_content_region.width
        head, *rows = compare_table(self._runs, width, self._unit, self._glyphs)
        self.query_one("#compare-head", Static).update(head)
        self.query_one("#compare-rows", Static).update(Content("\n").join(rows))
        title, cells = asking("Compare", "compare"), max(8, self.size.width // len(self._runs) - 4)
        if incomparable(self._runs):
            title += Content.styled(f" {self._glyphs.dot} losses cannot be compared", "$warning")
        elif early(self._runs):
            title += Content.styled(f" {self._glyphs.dot} not all are finished", "$warning")
        self.query_one("#compared").border_title = title
        for text, heading in zip(self._texts, headings(self._runs, 3 * cells, self._glyphs), strict=True):
            text.name_it(heading, cells)
        name, *labels = column_names(self._runs, width, self._glyphs)
        self.query_one(LossPlot).curves = ChartView(
            curves_of(first.view),
            name,
            marks=best_mark(first.view),
            overlays=tuple(Overlay(label, curves_of(run.view)) for label, run in zip(labels, others, strict=True)),
            together=True,
            settings=replace(self._first.chart, overlays=True),
            unit=self._unit,
        )

    def _write(self) -> None:
        """Have all runs write, and show how."""
        self._written = self.writer.write(Task(self._seed, self._sampling, self._random_seed, LENGTH))
        seed, signs = self._seed.replace("\n", self._glyphs.newline), self._glyphs
        seed = ending(seed, _SEED_SHOWN, signs.ellipsis, signs.ascii_only)[0] or "none"
        dot = Content(f" {self._glyphs.dot} ")
        said = [
            asking(self._sampling.words, "temperature"),
            asking(f"noise {self._random_seed}", "noise"),
            asking(f"seed {seed}", "seed"),
        ]
        self.query_one("#compare-how", Static).update(dot.join(said))

    # Keys

    def action_step(self, steps: int) -> None:
        """Change the temperature of all texts."""
        before, self._sampling = self._sampling, self._sampling.stepped("temperature", steps)
        if self._sampling == before:
            more = "lower" if steps < 0 else "higher"
            self.notify(f"The temperature cannot be {more} than {before.temperature:g}.")
        else:
            self._write()

    def action_temperature(self, index: int) -> None:
        """Set one of the recipe's temperatures."""
        if index < len(self._first.temperatures):
            self._sampling = self._sampling.changed("temperature", self._first.temperatures[index])
            self._write()
        else:
            self.notify(f"Keys 1 to {len(self._first.temperatures)} set the temperatures of the recipe.")

    def action_noise(self) -> None:
        """Write with other noise."""
        self._random_seed = random.getrandbits(32)
        self._write()

    @work
    async def action_seed(self) -> None:
        """Let the user type a seed."""
        from tui.screens.seed import SeedScreen

        choice = await self.app.push_screen_wait(SeedScreen(self._seeds, pinned=None))
        if choice is not None:
            self._seed = choice.text
            self._seeds = [*(each for each in self._seeds if each != choice.text), choice.text]
            self._write()

    def action_unit(self) -> None:
        """Show losses in the next unit."""
        self._unit = next_unit(self._unit)
        self._show()

    def action_look(self, where: str) -> None:
        """Scroll the table a line, or the texts a page."""
        if where in ("up", "down"):
            table = self.query_one("#compare-table", VerticalScroll)
            (table.scroll_up if where == "up" else table.scroll_down)(animate=False)
        else:
            for each in self._texts:
                each.text.look(where)

    def action_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(HelpScreen(COMPARE_ACTIONS))

    def action_close(self) -> None:
        """Leave the comparison."""
        self.dismiss(None)
