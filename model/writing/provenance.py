"""Provenance: a finished sample with all that is needed to write it again, and its line in samples.jsonl.

Such a line has

    id, kind            a name of its own, and what asked for it: see Kind
    epoch, step, best   the weights: epochs (2.5 is in the middle of the third) and steps that they have seen
    part, parts         its place in a showing, from 1; 0 for any other sample
    seed                the text that it continues, as the model read it
    prefix              what its first token begins with; only where words or pieces are tokens, and the text that was
                        given ends with a space or within a word
    noise_seed, noise_position
                        where its noise begins; samples with the same two draw with the same noise
    stream, streams     its row in the batch that was written at once, and the batch's size
    sampling            [[offset in text, settings], ...], the first at offset 0
    parent              [id, offset] where it continues another sample's text and memory, otherwise null
    chosen              how many of the first characters were chosen by hand; they count as drawn
    chosen_lengths      of each token that they are: its characters; only where one has several
    text                what was written
    surprisal, entropy  of each token, in bits: only where kind is time-lapse
    lengths             of each token that these are of: its characters; only where one has several

Lines of earlier versions have `settings`, [[offset, temperature], ...], and cannot be written again.
"""

from __future__ import annotations

import math
import secrets
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from corpora.errors import CharlstmError
from model.recipe import MOST_STREAMS
from model.sampling import Sampling

Kind = Literal["first", "showing", "meanwhile", "key", "continued", "branch", "time-lapse", "unknown"]
"""'first': before the first epoch ended; 'showing': after an epoch; 'meanwhile': while nothing else was due; 'key': a
key or another program asked for it; 'continued': the text of another goes on, as its sampling was changed after its end
or undo returned to it; 'branch': the user chose another token in a sample; 'time-lapse': after each epoch, from the
same seed and noise; 'unknown': an earlier version did not say."""

_DECIMALS = 2
"""Of a number of bits, in the file and in memory."""

SamplingChanges = tuple[tuple[int, Sampling], ...]
"""(offset in the text, sampling) at each change; the first is at 0."""


class ProvenanceError(CharlstmError):
    """A sample cannot be written again; the message says why, as a clause."""


class Parent(NamedTuple):
    """The place in another sample that a sample continues from."""

    id: str
    offset: int
    """Characters of the parent's text before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """All of a sample that is known when it begins."""

    id: str
    kind: Kind
    epoch: float
    """Epochs that the weights have seen."""
    step: int
    """Optimiser steps that the weights have seen."""
    best: bool = False
    part: int = 0
    """1-based place in a showing; 0 for any other sample."""
    parts: int = 0
    seed: str = ""
    prefix: str = ""
    """What the first token begins with; see `model.tokens.tokenizer.Encoded`."""
    noise_seed: int | None = None
    """None where it is not known: the sample cannot be written again."""
    noise_position: int = 0
    stream: int = 0
    streams: int = 1
    parent: Parent | None = None
    chosen: int = 0
    """How many of the first characters were chosen by hand."""
    chosen_lengths: tuple[int, ...] = ()
    """Characters of each token that they are; empty where each is one."""

    @property
    def asked(self) -> str:
        """The text that was to be continued, as the model read it."""
        return self.seed + self.prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Origin):
    """A finished sample."""

    sampling: SamplingChanges
    text: str
    surprisal: array[float] = field(default_factory=lambda: array("f"))
    """Of each token, in bits: -log2 of its probability in the distribution it was drawn from; empty where not kept."""
    entropy: array[float] = field(default_factory=lambda: array("f"))
    """Of the distribution that each token was drawn from, in bits; empty where not kept."""
    lengths: array[int] = field(default_factory=lambda: array("H"))
    """Characters of each of these tokens; empty where each is one, or not kept."""


def bits(values: Iterable[float] = ()) -> array[float]:
    """A number for each token of a sample, rounded, in little memory: a run may have thousands of samples."""
    return array("f", (round(max(0.0, float(each)), _DECIMALS) for each in values))


def new_id() -> str:
    """A name that no other sample of the run has."""
    return secrets.token_hex(6)


def finished(origin: Origin, sampling: SamplingChanges, text: str) -> Sample:
    """The sample that began like this."""
    return Sample(**asdict(origin) | {"parent": origin.parent}, sampling=sampling, text=text)


def to_record(sample: Sample) -> dict[str, Any]:
    """A line of samples.jsonl."""
    bits_of = {"surprisal": sample.surprisal, "entropy": sample.entropy}
    rounded = {name: [round(each, _DECIMALS) for each in values] for name, values in bits_of.items()}
    optional = {"chosen_lengths": list(sample.chosen_lengths), **rounded, "lengths": sample.lengths.tolist()}
    lists = {
        "parent": sample.parent and list(sample.parent),
        "sampling": [[offset, sampling.to_plain()] for offset, sampling in sample.sampling],
    }
    whole = asdict(sample) | lists | optional
    return {name: value for name, value in whole.items() if value or name not in (*optional, "prefix")}


def from_record(record: Mapping[str, Any]) -> Sample | None:
    """The sample of a line of samples.jsonl, also of an earlier version's; None for a damaged line."""
    try:
        sample = _read(record) if "sampling" in record else _read_old(record)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return sample if sample.text and sample.sampling and sample.sampling[0][0] == 0 else None


def _read(record: Mapping[str, Any]) -> Sample:
    kind = record["kind"]
    stream, streams = _count(record["stream"]), _count(record["streams"])
    if not stream < streams <= MOST_STREAMS:
        raise ValueError("not a stream")
    return Sample(
        id=_text(record["id"]),
        kind=kind if kind in get_args(Kind) else "unknown",
        epoch=_epoch(record["epoch"]),
        step=_count(record["step"]),
        best=record["best"] is True,
        part=_count(record["part"]),
        parts=_count(record["parts"]),
        seed=_text(record["seed"]),
        prefix=_text(record.get("prefix", "")),
        noise_seed=_count(record["noise_seed"]),
        noise_position=_count(record["noise_position"]),
        stream=stream,
        streams=streams,
        parent=_parent(record["parent"]),
        chosen=_count(record["chosen"]),
        chosen_lengths=tuple(map(_count, record.get("chosen_lengths", []))),
        sampling=tuple((_count(offset), Sampling.from_plain(settings)) for offset, settings in record["sampling"]),
        text=_text(record["text"]),
        surprisal=_bits(record.get("surprisal", [])),
        entropy=_bits(record.get("entropy", [])),
        lengths=array("H", map(_count, record.get("lengths", []))),
    )


def _read_old(record: Mapping[str, Any]) -> Sample:
    return Sample(
        id="",
        kind="unknown",
        epoch=_epoch(record["epoch"]),
        step=_count(record.get("step", 0)),
        part=_count(record["part"]),
        parts=_count(record["parts"]),
        seed=_text(record["seed"]),
        sampling=tuple((_count(offset), Sampling(value)) for offset, value in record["settings"]),
        text=_text(record["text"]),
    )


def _parent(value: Any) -> Parent | None:
    if value is None:
        return None
    name, offset = value
    return Parent(_text(name), _count(offset))


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError("not a count")
    return value


def _epoch(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(value) or value < 0:
        raise ValueError("not an epoch")
    return float(value)


def _bits(values: Any) -> array[float]:
    if not all(type(each) in (int, float) and math.isfinite(each) and each >= 0 for each in values):
        raise ValueError("not bits")
    return bits(values)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
