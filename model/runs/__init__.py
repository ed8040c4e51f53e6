"""Runs on the disk: folders of readable files, checkpoints that prove themselves, and what a run looks like."""
