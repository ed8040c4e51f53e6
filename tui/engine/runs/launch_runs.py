"""Which run a launch resumes or watches: found on the disk before anything of it is opened.

It imports NumPy, so neither the screen nor a start without `--resume` or `--watch` imports it.
"""

from __future__ import annotations

from dataclasses import replace

from model.runs.continuing.begin_from import settled
from model.runs.continuing.edited_recipe import refuse_edits
from model.runs.continuing.resuming import open_unfinished
from model.runs.folder import Run
from model.runs.folders.run_folder import default_runs_folder
from model.runs.kept import kept_states
from model.runs.listing import LATEST, open_run, runs_folder
from tui.engine.runs.settings_file import read_settings
from tui.launch import Launch


def launch_with_run(launch: Launch) -> Launch:
    """The launch with what the run settles that it resumes, watches or begins from.

    Raises:
        CharlstmError: that run cannot be opened, or the launch does not fit it.
    """
    if launch.watch is not None:
        return watching(launch)
    return resuming(launch) if launch.resume is not None else beginning(launch)


def resuming(launch: Launch) -> Launch:
    """The launch with what the run that it resumes has settled.

    Raises:
        RunError: there is no such run, or its recipe.toml is damaged, or was edited in what cannot be obeyed.
    """
    run = open_unfinished(launch.resume or None, runs_folder(launch.runs), launch.program)
    if newest := next((each.manifest for each in kept_states(run) if each.manifest), None):
        refuse_edits(run, run.facts(), newest.read_recipe())  # before what is open is ended
    chosen = replace(_with(launch, run), resume=str(run.folder))
    if launch.total_epochs is None:
        return chosen
    return replace(chosen, recipe=replace(chosen.recipe, epochs=launch.total_epochs))


def watching(launch: Launch) -> Launch:
    """The launch with what the run that it watches has settled; nothing of the run is touched.

    Raises:
        RunError: there is no such run, or its recipe.toml is damaged.
    """
    run = open_run(launch.watch or LATEST, runs_folder(launch.runs))
    return replace(_with(launch, run), watch=str(run.folder))


def beginning(launch: Launch) -> Launch:
    """The launch with what the run settles whose weights a new run begins with.

    Raises:
        CharlstmError: there is no such run, or an option does not fit its network.
    """
    run = open_run(launch.from_ or LATEST, runs_folder(launch.runs))
    return replace(settled(launch, run, run.facts()), from_=str(run.folder))


def _with(launch: Launch, run: Run) -> Launch:
    """The launch with what the run's recipe.toml says, and what was set on the screen unless the launch sets it."""
    kept, note = read_settings(run.folder)
    facts, usual = run.facts(), run.folder.parent == default_runs_folder()
    return replace(
        launch,
        runs=launch.runs or (None if usual else run.folder.parent),  # a run that lies elsewhere goes by its path
        name=run.name,
        recipe=facts.recipe,
        recipe_name=facts.recipe_name,
        seed_text=kept.pinned if launch.seed_text is None else launch.seed_text,
        speed=kept.speed if launch.speed == "auto" else launch.speed,
        kept=kept,
        kept_note=note,
        choose_run=False,
    )
