"""Lines of samples.jsonl: what is written comes back, earlier versions' lines are read, damaged ones passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.runs.files.json_lines import from_lines, to_line
from model.runs.folder import Run
from model.sampling import Sampling
from model.writing.provenance import Parent, ProvenanceError, Sample, from_record, new_id, to_record
from model.writing.stored_samples import read_samples, weights_of

SAMPLE = Sample(
    id="a1b2",
    kind="continued",
    epoch=3.85,
    step=2035,
    best=True,
    part=2,
    parts=4,
    seed="a seed",
    noise_seed=2**63 - 1,
    noise_position=400,
    stream=1,
    streams=4,
    parent=Parent("c3d4", 20),
    chosen=1,
    sampling=((0, Sampling(0.5)), (4, Sampling(1.2))),
    text="written\n",
)
OLD = {"epoch": 1, "part": 1, "parts": 4, "seed": "a seed", "settings": [[0, 0.2], [3, 0.5]], "text": "written"}


def through_a_file(record: dict[str, object]) -> Sample | None:
    (read,) = from_lines(to_line(record).encode())
    return from_record(read)


def test_a_sample_comes_back_from_its_line() -> None:
    record = to_record(SAMPLE)
    assert through_a_file(record) == SAMPLE
    assert {"kind", "epoch", "step", "seed", "sampling", "text"} <= record.keys()
    assert record["sampling"] == [[0, {"temperature": 0.5}], [4, {"temperature": 1.2}]]


def test_an_earlier_versions_line_is_read_and_nothing_is_guessed() -> None:
    sample = through_a_file(OLD | {"step": 10, "noise_seed": 3})
    assert sample is not None
    assert (sample.epoch, sample.step, sample.seed, sample.text) == (1, 10, "a seed", "written")
    assert sample.sampling == ((0, Sampling(0.2)), (3, Sampling(0.5)))
    assert (sample.kind, sample.noise_seed) == ("unknown", None)
    with pytest.raises(ProvenanceError, match="an earlier version"):
        weights_of(Run(Path("nowhere")), sample)


@pytest.mark.parametrize(
    "damage",
    [
        {"epoch": -1},
        {"epoch": "nan"},
        {"step": 1.5},
        {"text": ""},
        {"seed": None},
        {"sampling": []},
        {"sampling": [[1, {"temperature": 1}]]},
        {"sampling": [[0, {"temperature": -1}]]},
        {"sampling": [[0, {"warmth": 1}]]},
        {"sampling": [[0, 0.5]]},
        {"parent": ["a"]},
        {"parent": [1, 2]},
        {"stream": 4},
        {"streams": 10**9},
        {"noise_seed": None},
    ],
)
def test_a_damaged_line_is_none(damage: dict[str, object]) -> None:
    assert through_a_file(to_record(SAMPLE) | damage) is None


def test_a_later_versions_kind_is_shown_all_the_same() -> None:
    sample = through_a_file(to_record(SAMPLE) | {"kind": "dreamt"})
    assert sample is not None
    assert (sample.kind, sample.text) == ("unknown", SAMPLE.text)


def test_lines_keep_their_numbers_whatever_is_damaged(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert read_samples(run) == []
    lines = [to_line(to_record(SAMPLE)), "nonsense\n", "\n", to_line(OLD), '{"torn": ']
    (tmp_path / "samples.jsonl").write_text("".join(lines))
    first, second, third, fourth = read_samples(run)
    assert (first, second, third) == (SAMPLE, None, None)
    assert fourth is not None


def test_ids_differ() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
