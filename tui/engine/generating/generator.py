"""ModelGenerator: writes all streams with the model in one step, and can go back in each, character by character.

It needs JAX, so only the engine imports it, inside its threads.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import jax
import numpy as np

from model.devices.local_devices import writing_device
from model.networks.network import Memory, Params
from model.networks.unit_network import UnitNetwork
from model.sampling import Sampling, Unit
from model.training.publishing import Snapshot
from model.writing.language_model import (
    CHUNK,
    READ_TOGETHER,
    Drawn,
    LanguageModel,
    WritingState,
    lane_of,
    make_write_chunk,
    noise_keys,
    repeated,
    with_lane,
)
from model.writing.probabilities import FILTERS, settings_of
from model.writing.trace import make_next_token
from tui.engine.generating.generator_protocol import Begun, Token, Weights
from tui.engine.generating.model_calls import Ahead, Call, state_after
from tui.engine.generating.passage_states import PassageStates
from tui.engine.generating.seeds import Seeds
from tui.engine.writing.branching.odds import Likeliest, OddsRow
from tui.engine.writing.items import Seed, Written

LIKELIEST = 10
"""Tokens whose odds are listed."""

_REMEMBERED = 256
"""Characters of each stream that can be taken back: as many as the token buffer holds."""

_DEFAULT = Sampling()


class ModelGenerator:
    """Writes with the newest or the best weights that training has published.

    Args:
        language_model: the network; its parameters are replaced by the published ones.
        seeds: where random seeds come from; may be replaced at any time.
        places: draws the random seeds and the noise.
        streams: how many texts are written at once, in a batch of this fixed size.
    """

    def __init__(self, language_model: LanguageModel, seeds: Seeds, places: random.Random, streams: int = 1) -> None:
        self.seeds, self._places, self.streams = seeds, places, streams
        self._device = writing_device()
        self._language_model = self._with_params(language_model, language_model.params)
        self._newest: Snapshot | None = None
        self._whole: Snapshot | None = None
        """The first of the newest epoch: as a rule, those at the end of the one before."""
        self._best: Snapshot | None = None
        self._current: Snapshot | None = None
        self._network = language_model.network
        self._watched: Unit | None = None
        self._write_chunk = make_write_chunk(language_model.graph, language_model.tokenizer.order)
        with jax.default_device(self._device):
            self._state = self._placed(repeated(self._language_model.read(np.empty(0, np.int32)), streams))
        self._ahead: Ahead | None = None
        self._calls: list[deque[Call]] = [deque() for _ in range(streams)]
        self._remembered = [0] * streams
        """Characters of these calls."""
        self._keys = noise_keys(*[0] * streams)
        self._next_token = make_next_token(language_model.graph, language_model.tokenizer.order)
        self._passages = [PassageStates(lane_of(self._state, stream), streams) for stream in range(streams)]

    @property
    def language_model(self) -> LanguageModel:
        """With the weights that write now."""
        return self._language_model

    def publish(self, snapshot: Snapshot) -> None:
        """Offer newer weights, or better ones, from any thread."""
        if snapshot.best:
            self._best = snapshot
        else:
            self._newest = snapshot
            if snapshot.ended or self._whole is None or int(snapshot.epoch) != int(self._whole.epoch):
                self._whole = snapshot

    def load_weights(self, best: bool, whole: bool = False) -> Weights | None:
        """Load the best weights or the newest, which also serve where no others are known to be better."""
        chosen = (self._best if best else None) or (self._whole if whole else None) or self._newest
        if chosen is None:
            return None
        if chosen is not self._current:
            self._settle()
            self._language_model = self._with_params(self._language_model, chosen.params)
            self._current = chosen
        return Weights(chosen.epoch, chosen.step, chosen.best)

    def warm_up(self, *counts: int) -> None:
        """Compile reading, and writing for these counts, so that no key waits for it later."""
        with jax.default_device(self._device):
            self._language_model.read(np.zeros(2 * READ_TOGETHER, np.int32))
        for count in counts:
            self._draw([_DEFAULT] * self.streams, count)

    def warm_up_odds(self) -> None:
        """Compile the odds and reading back, likewise; it changes nothing, so another thread may write meanwhile."""
        language_model = self._language_model
        with jax.default_device(self._device):
            state = self._placed(repeated(language_model.read(np.empty(0, np.int32)), self.streams))
            self._next_token(language_model.params, state, settings_of([_DEFAULT] * self.streams))
            PassageStates(lane_of(state, 0), self.streams).after([Token(0, _DEFAULT)], language_model)

    def draw_from(self, random_seed: str) -> None:
        """Draw random seeds and noise from here on from this."""
        self._places.seed(random_seed)

    def begin(self, streams: Collection[int], text: str | None = None, noise_seed: int | None = None) -> Begun:
        """Read a text in these streams, or a random seed, and draw from this noise, or from new one."""
        if text is None:
            text = self.seeds.draw(self._language_model.recipe.seed_length, self._places)
            text = self._language_model.tokenizer.without_cut_word(text)
        self._settle()
        encoded = self._language_model.encode_seed(text)
        noise_seed = self._places.getrandbits(63) if noise_seed is None else noise_seed
        with jax.default_device(self._device):
            read = self._language_model.after_seed(encoded)
        for stream in streams:
            self._state = self._placed(with_lane(self._state, stream, read))
            self._forget(stream)
            self._keys[stream] = noise_keys(noise_seed)[0]
        return Begun(Seed(encoded.text, encoded.replaced, prefix=encoded.prefix), noise_seed)

    def write(self, samplings: Mapping[int, Sampling], count: int) -> dict[int, list[Written]]:
        """The next `count` characters of each of these streams; the others keep still.

        While nothing but writing is asked for, a call of the model writes several characters, and what is not asked
        for yet is kept: a call for each would cost training several times as much.
        """
        ahead = self._ahead
        if ahead is None or ahead.samplings != samplings or ahead.left < count:
            steady = ahead is not None and ahead.samplings == samplings and not ahead.left
            self._settle()
            self._ahead = ahead = self._write_ahead(samplings, CHUNK if steady else count)
        ahead.done += count
        for stream in samplings:
            self._remember(stream, Call(ahead.before, ahead.after, count, ahead.done))
        return {stream: written[ahead.done - count : ahead.done] for stream, written in ahead.written.items()}

    def take_back(self, stream: int, count: int) -> None:
        """Go back to before the last `count` characters of a stream, with the same noise to come."""
        self._settle()
        calls, there = self._calls[stream], None
        self._remembered[stream] -= count
        while count:
            last = calls.pop()
            taken = min(count, last.n)
            there, count = lane_of(last.state(last.place - taken), stream), count - taken
            if taken < last.n:
                calls.append(last._replace(n=last.n - taken, place=last.place - taken))
        if there is not None:
            self._state = self._placed(with_lane(self._state, stream, there))

    def begin_passage(self, stream: int) -> None:
        """Let the text that `odds` and `go_to` know of begin here."""
        self._settle()
        self._passages[stream] = PassageStates(lane_of(self._state, stream), self.streams)

    def odds(
        self, stream: int, sampling: Sampling, text: Sequence[Token] | None = None, there: int | None = None
    ) -> Likeliest:
        """What may follow in a stream, where it writes or after this text of its passage."""
        state = self._here() if text is None else self._after(stream, text)
        with jax.default_device(self._device):
            odds = self._next_token(self._language_model.params, state, settings_of([sampling] * self.streams))
        before, after, cut_by = (np.asarray(each)[stream] for each in odds.stages)
        order: list[int] = np.argsort(-before, kind="stable")[:LIKELIEST].tolist()
        tokens = [token for token in order if before[token] > 0]  # within a word, only what completes it can come
        if there is not None and there not in tokens:
            tokens = [*tokens[: LIKELIEST - 1], there]
        rows = [
            OddsRow(
                token,
                self._language_model.tokenizer.text_of(token),
                float(before[token]),
                float(after[token]),
                FILTERS[cut_by[token]].replace("_", "-") if cut_by[token] >= 0 else "",
            )
            for token in tokens
        ]
        return Likeliest(tuple(rows), float(np.asarray(odds.entropy)[stream]))

    def watch(self, unit: Unit | None) -> None:
        """Tell what this unit says with each character from now on; None tells nothing."""
        self._settle()
        self._watched = unit

    def activations(self, stream: int, text: Sequence[Token]) -> list[float]:
        """What the unit that is watched says after each token of this text of a stream's passage."""
        said = list[float]()
        with jax.default_device(self._device):
            for memories in self._passages[stream].memories(text, self._language_model):
                said += self._said(memories)[:, 0].tolist()
        return said

    @property
    def newest(self) -> tuple[LanguageModel, float]:
        """The model with the newest weights, and the epochs that they have seen."""
        newest = self._newest or self._best
        if newest is None:
            return self._language_model, 0.0
        return self._with_params(self._language_model, newest.params), newest.epoch

    def go_to(self, stream: int, text: Sequence[Token]) -> None:
        """Continue the stream after this text of its passage, instead of where it writes."""
        self._settle()
        self._state = self._after(stream, text)
        self._forget(stream)

    def _write_ahead(self, samplings: Mapping[int, Sampling], count: int) -> Ahead:
        before = self._state
        last, after, drawn = self._draw([samplings.get(stream, _DEFAULT) for stream in range(self.streams)], count)
        drawn_now = [*map(np.asarray, (drawn.probability, drawn.entropy, drawn.ids, self._said(after.memory)))]
        written = {}
        for stream in samplings:
            columns = (each[:, stream].tolist() for each in drawn_now)
            written[stream] = [
                Written(self._language_model.tokenizer.text_of(token), likely, bits, stream, token, activation=says)
                for likely, bits, token, says in zip(*columns, strict=True)
            ]
        return Ahead(dict(samplings), before, after, last, written, count)

    def _said(self, memory: Memory) -> np.ndarray:
        """What the unit that is watched says, of memories (n, B, ...): (n, B), NaN where there is none."""
        unit, network = self._watched, self._network
        if (
            unit
            and isinstance(network, UnitNetwork)
            and unit.layer <= network.units[0]
            and unit.number <= network.units[1]
        ):
            return network.activations(jax.tree.map(np.asarray, memory))[..., unit.layer - 1, unit.number - 1]
        return np.full(jax.tree.leaves(memory)[0].shape[:2], math.nan)

    def _settle(self) -> None:
        """Forget what was written and not asked for: all streams are where the last character was asked for."""
        self._state, self._ahead = self._here(), None

    def _here(self) -> WritingState:
        """The state of all streams after what was asked for."""
        ahead = self._ahead
        if ahead is None:
            return self._state
        here = ahead.last if not ahead.left else self._placed(state_after(ahead.before, ahead.after, ahead.done))
        for stream in {*range(self.streams)} - ahead.samplings.keys():
            here = self._placed(with_lane(here, stream, lane_of(ahead.before, stream)))
        return here

    def _remember(self, stream: int, call: Call) -> None:
        calls = self._calls[stream]
        calls.append(call)
        self._remembered[stream] += call.n
        while self._remembered[stream] - calls[0].n >= _REMEMBERED:
            self._remembered[stream] -= calls.popleft().n

    def _forget(self, stream: int) -> None:
        """Nothing of a stream can be taken back."""
        self._calls[stream].clear()
        self._remembered[stream] = 0

    def _after(self, stream: int, text: Sequence[Token]) -> WritingState:
        """The state of all streams, of this one after a text of its passage."""
        with jax.default_device(self._device):
            there = self._passages[stream].after(text, self._language_model)
        return self._placed(with_lane(self._state, stream, there))

    def _with_params(self, language_model: LanguageModel, params: Params) -> LanguageModel:
        return replace(language_model, params=jax.device_put(params, self._device))

    def _placed(self, state: WritingState) -> WritingState:
        """Where the results of a step are: JAX compiles a step anew for arguments from elsewhere."""
        placed: WritingState = jax.device_put(state, self._device)
        return placed

    def _draw(self, samplings: list[Sampling], count: int) -> tuple[WritingState, WritingState, Drawn]:
        settings = settings_of(samplings)
        with jax.default_device(self._device):
            return self._write_chunk(self._language_model.params, self._state, settings, self._keys, n=count)
