"""The lines between samples: as much as there is room for, the temperature and the part longest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.recipe import FAST
from model.sampling import Sampling
from tui.engine.writing.items import Item, SampleEnd, SampleStart, Written
from tui.terminal.glyphs import UNICODE
from tui.text.transcript import Transcript
from tui.widgets.writing.stream_panel import StreamPanel

START = SampleStart(1, Sampling(0.5), 1, 4)
LETTER = Written("a", 0.25, 1.5)
THREE_FILTERS = Sampling(1.5, top_k=5, top_p=0.9, min_p=0.05)


def newest(transcript: Transcript, *items: Item) -> str:
    """The heading of the sample that comes last."""
    transcript.append(items)
    assert transcript.last
    return transcript.heading(transcript.last)


def test_headings_of_streams_name_a_sampling_only_where_it_is_another() -> None:
    transcript = Transcript(30)
    transcript.seeds_shown = False
    changed = Sampling(0.8, top_k=5, min_p=0.05)
    assert newest(transcript, START, LETTER, SampleEnd("")) == "── epoch 1 "
    assert newest(transcript, START._replace(epoch=3.9), LETTER, SampleEnd("")) == "── epoch 3.9 "
    assert newest(transcript, START._replace(sampling=Sampling(0.8)), LETTER) == "── epoch 1 · 0.80 "
    assert newest(transcript, START._replace(sampling=changed), LETTER) == "── epoch 1 · 0.80, 2 more "


@pytest.mark.parametrize(
    ("part", "width", "heading"),
    [
        (5, 60, "── epoch 1 · 1.50, top-k 5, top-p 0.9, min-p 0.05 · 5 of 6 "),
        (5, 45, "── epoch 1 · 1.50, top-k 5, 2 more · 5 of 6 "),
        (5, 36, "── epoch 1 · 1.50, 3 more · 5 of 6 "),
        (5, 30, "── epoch 1 · 1.50 · 5 of 6 "),
        (5, 24, "── epoch 1 · 1.50 "),
        (5, 17, "── epoch 1 "),
        (0, 40, "── epoch 1 · 1.50, top-k 5, 2 more "),
    ],
)
def test_headings_name_temperature_and_part_where_streams_write_in_turn(part: int, width: int, heading: str) -> None:
    start, panel = SampleStart(1, THREE_FILTERS, part, 6 * bool(part)), StreamPanel(0, UNICODE)
    panel.adopt(replace(FAST, temperatures=(0.2, 0.5, 0.8, 1.0, 1.5, 2.0)))
    panel.text.transcript.wrap(width)
    for before in ((), (start, LETTER, SampleEnd(""))):
        assert newest(panel.text.transcript, *before, start, LETTER) == heading


@pytest.mark.parametrize(
    ("width", "heading"),
    [
        (70, "── best, epoch 10 · temperature 1, top-k 5, min-p 0.05 · 3 of 4 "),
        (60, "── best, epoch 10 · 1.00, top-k 5, min-p 0.05 · 3 of 4 "),
        (48, "── best, epoch 10 · 1.00, 2 more · 3 of 4 "),
        (40, "── best, epoch 10 · 1.00 · 3 of 4 "),
        (27, "── best, epoch 10 · 1.00 "),
        (22, "── best, epoch 10 "),
    ],
)
def test_the_heading_of_a_lone_stream_keeps_temperature_and_part(width: int, heading: str) -> None:
    start = SampleStart(10, Sampling(1.0, top_k=5, min_p=0.05), 3, 4, best=True)
    assert newest(Transcript(width), start, LETTER) == heading
