"""Runs on the disk: folders of readable files, verified checkpoints, and what a run looks like."""
