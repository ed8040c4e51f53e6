"""Shelf: the runs that the screen can list, open, rename, delete and export.

Every method may take long and imports NumPy: call it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Literal

from corpora.catalogue import DEFAULT
from model.recipe import DEFAULT_RECIPE, PRESETS
from model.runs.housekeeping.run_summary import RunSummary
from tui.engine.runs.lesson_launch import LESSON_RUN
from tui.keys.screen_settings import NOTHING_SET
from tui.launch import Launch
from tui.views.runs.draft import Draft

_BATCH_SECONDS = 0.05
"""The runs that are read within this time are told together."""


class Shelf:
    """The runs in one folder.

    Args:
        launch: names the folder; what it says of devices and saving is kept when a run is opened.
    """

    def __init__(self, launch: Launch) -> None:
        usual = DEFAULT_RECIPE
        self._launch = replace(
            launch, corpus=(), name=None, resume=None, watch=None, from_=None, from_weights="best", changes=None,
            total_epochs=None, group=None, choose_run=False, seed_text=None, speed="auto", kept=NOTHING_SET,
            kept_note="", lesson=None, lesson_at=0, lesson_kept=(), stem="",
            recipe=PRESETS[usual], recipe_name=usual,
        )  # fmt: skip

    def folder(self) -> Path:
        """Where the runs are."""
        from model.runs.listing import runs_folder

        return runs_folder(self._launch.runs)

    def has_runs(self) -> bool:
        """Whether there is anything to list."""
        from model.runs.listing import run_folders
        from model.runs.run_facts import RunError

        try:
            return bool(run_folders(self.folder()))
        except RunError:  # beginning a run there will say what is wrong
            return False

    def read(self, take: Callable[[Sequence[RunSummary]], object], known: Sequence[RunSummary] = ()) -> None:
        """Read all runs, the one that was trained last first.

        Args:
            take: given those that have been read since its last call; False ends the reading.
            known: of an earlier reading; runs to which nothing was written since are not read again.

        Raises:
            RunError: the folder cannot be read.
        """
        from model.runs.listing import each_run

        batch: list[RunSummary] = []
        since = monotonic()
        for run in each_run(self.folder(), Launch.program, known):
            batch.append(run)
            if monotonic() - since >= _BATCH_SECONDS:
                if take(batch) is False:
                    return
                batch, since = [], monotonic()
        take(batch)

    def launch_for(self, run: RunSummary, way: Literal["resume", "watch"]) -> Launch:
        """What opens a run.

        Raises:
            RunError: there is no such run any more, or its recipe.toml is damaged.
        """
        from tui.engine.runs.launch_runs import resuming, watching

        if way == "watch":
            return watching(replace(self._launch, watch=str(run.folder)))
        return resuming(replace(self._launch, resume=str(run.folder)))

    def is_free(self, folder: str) -> bool:
        """Whether no program has a run open."""
        from model.runs.folder import Run

        return not Run(Path(folder)).in_use

    def launch_to_learn_on(self, folder: str, epochs: int, *, here: bool) -> Launch:
        """What trains a run to so many epochs in all.

        Args:
            folder: the run's.
            epochs: in all.
            here: whether this program has it open, and ends that first.

        Raises:
            RunError: there is no such run any more, its recipe.toml is damaged, or another program trains it.
        """
        from model.runs.folder import Run
        from model.runs.housekeeping.own_runs import refuse_in_use
        from tui.engine.runs.launch_runs import resuming

        if not here:
            refuse_in_use(Run(Path(folder)))
        return resuming(replace(self._launch, resume=folder, total_epochs=epochs))

    def new_launch(self) -> Launch:
        """What begins a run on the default text with the default recipe."""
        return self._launch

    def draft_like(self, run: str | None, launch: Launch) -> Draft:
        """The draft of a new run like the one that is open; the usual one if it cannot be read, or is a lesson's.

        Args:
            run: its folder, if it has one.
            launch: what opened it.
        """
        from model.runs.folder import Run
        from model.runs.run_facts import RunError

        if launch.lesson is not None or (run is not None and Path(run).name.startswith(LESSON_RUN)):
            run, launch = None, self._launch  # the user has not chosen its settings
        corpus, preset, recipe, fitted = launch.corpus, launch.recipe_name, launch.recipe, tuple[str, ...]()
        if run is not None:
            with suppress(RunError):
                facts = Run(Path(run)).facts()
                corpus, preset, recipe, fitted = facts.corpus_spec, facts.recipe_name, facts.recipe, facts.fitted
        corpus = () if "-" in corpus or corpus == (DEFAULT,) else corpus
        return Draft.of(corpus, preset, recipe, self._launch, fitted)

    def rename(self, name: str, new: str) -> None:
        """Rename a run.

        Raises:
            RunError: the run is in use, or the name is not a plain one or is taken.
        """
        from model.runs.housekeeping.own_runs import own_run, rename_run

        rename_run(own_run(name, self.folder()), new)

    def delete(self, name: str) -> int:
        """Delete a run for good; the bytes that were freed.

        Raises:
            RunError: the run is in use, is a link, or cannot be deleted completely.
        """
        from model.runs.housekeeping.own_runs import delete_run, own_run

        return delete_run(own_run(name, self.folder()))

    def export(self, name: str) -> Path:
        """Write a run into an archive in the current folder.

        Raises:
            RunError: the run is in use, or the archive cannot be written.
        """
        from model.runs.housekeeping.export import export_run
        from model.runs.housekeeping.own_runs import own_run

        return export_run(own_run(name, self.folder()), Path.cwd())
