"""What is printed after the screen has closed: what was trained, and how to continue."""

from __future__ import annotations

from corpora.safe_text import shown
from model.options.shell_command import typed
from model.runs.housekeeping.unkept import after_the_end, unkept
from tui.views import quantities
from tui.views.training_view import TrainingView


def summary(view: TrainingView, reference: str) -> list[str]:
    """Short lines, which fit into most terminals; none if no text was read.

    Args:
        view: of the run.
        reference: what names the run on a command line.
    """
    if view.corpus is None:
        return []
    if view.progress is None:
        return [] if view.run else ["Nothing was trained, so no run was kept."]
    whole = view.whole_epochs  # as `charlstm runs` counts them
    part = ", and part of the next" * (view.epochs_done > whole)
    epochs = "epoch" if view.epochs == 1 else "epochs"
    lines = [f"Trained on {shown(view.corpus.name)}: {whole} of {view.epochs} {epochs}{part}."]
    kept, lost = view.kept or 0, "" if view.watched or view.run is None else unkept(view, view.kept)
    if view.best is not None and view.best.held_out is not None:
        loss, bits = (quantities.loss(view.best.held_out, unit) for unit in ("nats", "bits"))
        where = f"in epoch {view.best.epoch}{', not kept' if lost and view.best.step > kept else ''}"
        lines.append(f"Best held-out loss {loss} nats ({bits} bits) per character, {where}.")
    if view.save_failure is not None:
        lines.append(f"The last save failed. {shown(after_the_end(view.save_failure), 500)}")
    if lost:
        lines.append(f"{lost}." + (f" The newest weights on the disk are those of step {kept:,}." if kept else ""))
    diverged = view.finished is not None and view.finished.reason == "diverged"
    if diverged:
        lines.append(f"Training diverged repeatedly and was stopped{'' if lost else '; the best weights are kept'}.")
    if view.run is not None and (kept or not lost):
        lines += [
            f"Saved in {shown(view.run, 1000)}",
            f"To write more: {shown(typed('charlstm', 'write', reference), 1000)}",
        ]
        # As long as the last epoch is not judged, it is not done.
        if view.kept is not None and (lost or whole < view.epochs) and not diverged:
            watching = view.watched and view.finished is None
            purpose, option = ("watch", "--watch") if watching else ("resume", "--resume")
            lines.append(f"To {purpose} it: {shown(typed('charlstm-tui', option, reference), 1000)}")
    return lines
