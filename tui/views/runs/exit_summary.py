"""What is printed after the screen has closed: what was trained, and how to continue."""

from __future__ import annotations

from pathlib import Path

from corpora.safe_text import shown
from model.options.shell_command import typed
from tui.launch import Launch
from tui.views import quantities
from tui.views.training_view import TrainingView


def summary(view: TrainingView, launch: Launch) -> list[str]:
    """Short lines, which fit into most terminals; none if no step was trained."""
    if view.corpus is None or view.progress is None:
        return []
    whole = view.whole_epochs  # as `charlstm runs` counts them
    part = ", and part of the next" * (view.epochs_done > whole)
    epochs = "epoch" if view.epochs == 1 else "epochs"
    lines = [f"Trained on {shown(view.corpus.name)}: {whole} of {view.epochs} {epochs}{part}."]
    if view.best is not None and view.best.held_out is not None:
        loss, bits = (quantities.loss(view.best.held_out, unit) for unit in ("nats", "bits"))
        lines.append(f"Best held-out loss {loss} nats ({bits} bits) per character, in epoch {view.best.epoch}.")
    if view.save_failure is not None:
        lines.append(f"The last save failed. {shown(view.save_failure, 500)}")
    diverged = view.finished is not None and view.finished.reason == "diverged"
    if diverged:
        lines.append("Training diverged repeatedly and was stopped; the best weights are kept.")
    kept = view.saved or view.save_failure is None
    if kept and view.run is not None:
        folder = Path(view.run)
        # A run in the usual place goes by its name alone.
        run = folder.name if launch.runs is None else str(folder)
        lines += [
            f"Saved in {shown(str(folder), 1000)}",
            f"To write more: {shown(typed('charlstm', 'write', run), 1000)}",
        ]
        if (
            view.saved and whole < view.epochs and not diverged
        ):  # as long as the last epoch is not judged, it is not done
            watching = view.watched and view.finished is None
            purpose, option = ("watch", "--watch") if watching else ("resume", "--resume")
            lines.append(f"To {purpose} it: {shown(typed('charlstm-tui', option, run), 1000)}")
    return lines
