"""Prints samples that are written in batches: the first of a batch as it comes, the others after it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.cli.console import say, say_json
from model.cli.writing.novelty import lines_line, novelty_fields, novelty_line, open_index
from model.cli.writing.seed_options import named
from model.cli.writing.written_text import WrittenText
from model.runs.checkpoint import Checkpoint
from model.runs.folder import Run
from model.writing.novelty.listed_lines import LineIndex

if TYPE_CHECKING:
    from model.writing.batch_writing import Wanted
    from model.writing.language_model import DrawnToken


class SamplePrinter:
    """Prints samples for people or as JSON.

    Args:
        run: whose weights write.
        checkpoint: with the weights.
        until: what ends each sample, empty for its length alone.
        options: `novelty` and `json`.

    Raises:
        RunError: novelty is asked for, and the run's text is not at hand.
    """

    def __init__(self, run: Run, checkpoint: Checkpoint, until: str, options: argparse.Namespace) -> None:
        self._weights = {"run": run.name, "step": checkpoint.manifest.step}
        self._encode = checkpoint.manifest.tokenizer.encode_seed
        self._until, self._json = until, options.json
        self._lines = checkpoint.manifest.read_recipe().lines
        """Whether each line is a text by itself: a sample is a line among others then."""
        self._index = open_index(run, checkpoint) if options.novelty else None
        self._headed = self._named = self._numbered = False
        self._heading = ""
        """The last one."""
        self._batch: Sequence[Wanted] = ()
        self._written: list[WrittenText] = []
        self._all: list[str] = []
        """Lines of the last heading."""

    def expect(self, wanted: Sequence[Wanted]) -> None:
        """Told of all samples before the first: several get headings, with what tells them apart."""
        different = len({(each.seed, each.sampling) for each in wanted})
        self._named = len({each.seed for each in wanted}) > 1
        self._headed = (different if self._lines else len(wanted)) > 1
        self._numbered = different < len(wanted) and not self._lines

    def begin(self, batch: Sequence[Wanted]) -> None:
        """Begin the samples that are written at once."""
        self._batch = batch
        self._written = [WrittenText(self._until, keep_tokens=self._json) for _ in batch]
        self._say_beginning(batch[0])

    def add(self, tokens: Sequence[Sequence[DrawnToken]]) -> bool:
        """Add a few tokens to every sample.

        Returns:
            Whether all have stopped.
        """
        certain = [written.add(new) for written, new in zip(self._written, tokens, strict=True)]
        if not self._json:
            say(certain[0], end="")
        return all(written.stopped for written in self._written)

    def end(self) -> None:
        """No more tokens come to these samples."""
        for place, (wanted, written) in enumerate(zip(self._batch, self._written, strict=True)):
            if self._json:
                self._say_record(wanted, written)
                continue
            if place:
                self._say_beginning(wanted)
            say(written.held if not place else written.text)
            if isinstance(self._index, LineIndex):
                self._all.append(self._encode(wanted.seed).text + written.text)
            elif self._index:
                say(f"--- {novelty_line(self._index, written.text)}")

    def end_all(self) -> None:
        """No more samples come."""
        if isinstance(self._index, LineIndex) and self._all:
            say(f"--- {lines_line(self._index, self._all)}")
            self._all = []

    def _say_beginning(self, wanted: Wanted) -> None:
        if self._json:
            return
        seed = self._encode(wanted.seed).text
        after = f"{named(seed)}: " if self._named else ""
        numbered = f", random seed {wanted.random_seed}" if self._numbered else ""
        heading = f"--- {after}{wanted.sampling.words}{numbered}"
        if self._headed and not (self._lines and heading == self._heading):
            self.end_all()
            say(heading)
        self._heading = heading
        say(seed, end="")

    def _say_record(self, wanted: Wanted, written: WrittenText) -> None:
        seed = self._encode(wanted.seed)
        text = {"text": written.text, "tokens": [each._asdict() for each in written.tokens]}
        say_json(
            {"event": "sample"}
            | self._weights
            | {"random_seed": wanted.random_seed}
            | wanted.sampling.to_plain()
            | {"seed": seed.text, "replaced": seed.replaced}
            | ({"prefix": seed.prefix} if seed.prefix else {})
            | ({"stopped": written.stopped} if self._until else {})
            | text
            | (novelty_fields(self._index, seed.text, written.text) if self._index else {})
        )
