"""How fast the network of 128 units writes, beside the exercise's own loop around Keras's `predict`.

Run by hand: uv run python tests/benchmarks/writing_speed.py. Only finished characters count:
text on the host, with its probabilities. Each engine has its own process, and they measure in turn, as in peers.py.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from tests.benchmarks.peer_engines import ALPHABET, PROJECT, choose_backend, encode, synthetic_text
from tests.benchmarks.workers import (
    PEERS,
    Measure,
    Row,
    add_peer_options,
    environments,
    measure_in_turn,
    median,
    ratio,
    repeat,
    serve,
)

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel

HIDDEN, WINDOW, TEMPERATURE = 128, 60, 0.5
WAYS = {
    "one lane, chunks of 8": (1, 8),
    "one lane, chunks of 32": (1, 32),
    "four lanes, chunks of 8": (4, 8),
    "one lane, a character at a time": (1, 1),
}
"""Of writing: lanes, and characters of each in a call."""
BEST, FOUR, SINGLE = "one lane, chunks of 8", "four lanes, chunks of 8", "one lane, a character at a time"
BACK, CHARACTERS_BACK = "going back through 400 characters of four lanes", 400
"""To the odds of a place in a text of which no state is kept, as the cursor of the screen does it."""


def charlstm() -> LanguageModel:
    """This project, as `charlstm write` sets it up."""
    from model.devices.jax_setup import start_jax
    from model.networks.network import build
    from model.recipe import Recipe
    from model.tokens.characters import CharacterTokenizer
    from model.writing.language_model import LanguageModel

    start_jax(devices=1)
    recipe, tokenizer = Recipe(hidden=HIDDEN), CharacterTokenizer("".join(sorted(ALPHABET)))
    graph, params = build(recipe, len(tokenizer))
    return LanguageModel(graph, params, recipe, tokenizer)


def writing(lanes: int, chunk: int) -> Measure:
    """Chunk after chunk."""
    import numpy as np

    from model.sampling import Sampling
    from model.writing.language_model import make_write_chunk, noise_keys, repeated
    from model.writing.probabilities import settings_of

    language_model = charlstm()
    write_chunk = make_write_chunk(language_model.graph)
    state = language_model.read(language_model.encode(synthetic_text()[:WINDOW]).ids)
    state = repeated(state, lanes)
    samplings, keys = [Sampling(TEMPERATURE)] * lanes, noise_keys(*range(lanes))

    def write() -> None:
        nonlocal state
        state, _, drawn = write_chunk(language_model.params, state, settings_of(samplings), keys, n=chunk)
        ids, *_ = (np.asarray(each) for each in drawn)
        for lane in range(lanes):
            language_model.tokenizer.decode(ids[:, lane])

    return per_character(repeat(write), lanes * chunk)


def going_back(lanes: int, characters: int) -> Measure:
    """To the odds of the last of so many characters."""
    import jax
    import numpy as np

    from model.sampling import Sampling
    from model.writing.language_model import repeated
    from model.writing.probabilities import settings_of
    from model.writing.trace import make_next_token
    from tui.engine.generating.generator_protocol import Token
    from tui.engine.generating.passage_states import PassageStates

    language_model, sampling = charlstm(), Sampling(TEMPERATURE, min_p=0.05)
    beginning = language_model.read(np.empty(0, np.int32))
    ids = language_model.encode(synthetic_text()[:characters]).ids.tolist()
    next_token = make_next_token(language_model.graph)

    def go_back() -> None:
        states = PassageStates(beginning, lanes)
        there = states.after([Token(each, sampling) for each in ids], language_model)
        odds = next_token(language_model.params, repeated(there, lanes), settings_of([sampling] * lanes))
        jax.tree.map(np.asarray, odds)

    return per_character(repeat(go_back), characters)


def keras() -> Measure:
    """The exercise's loop: 60 characters made one-hot and read from the start for every one that is written."""
    import numpy as np
    from keras import Input, Sequential, layers

    ids = encode(synthetic_text())
    size = int(ids.max()) + 1
    model = Sequential(
        [Input((WINDOW, size)), layers.LSTM(HIDDEN), layers.Dense(size, activation="softmax")],
    )
    read = list(ids[:WINDOW])
    chance = np.random.default_rng(1)

    def write() -> None:
        x = np.zeros((1, WINDOW, size), np.float32)
        x[0, np.arange(WINDOW), read] = 1
        warm = np.exp(np.log(model.predict(x, verbose=0)[0].astype(np.float64)) / TEMPERATURE)
        read.append(int(np.argmax(chance.multinomial(1, warm / warm.sum()))))
        del read[0]

    return per_character(repeat(write), 1)


def per_character(measure: Measure, characters: int) -> Measure:
    """The time of a call, shared out among its characters, and in full."""

    def share(seconds: float) -> dict[str, float]:
        milliseconds = measure(seconds)["ms"]
        return {"ms": milliseconds / characters, "call": milliseconds}

    return share


def be_engine(name: str, *numbers: str) -> None:
    """What a worker's process does."""
    if name != PROJECT:
        choose_backend(name)
    ours = going_back if numbers[:1] == ("back",) else writing
    serve(lambda: ours(*map(int, numbers[-2:])) if name == PROJECT else keras())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_peer_options(parser, [name for name in PEERS if name.startswith("keras-")])
    given = parser.parse_args()
    rows = [
        Row(way, sys.executable, ("--engine", PROJECT, str(lanes), str(chunk))) for way, (lanes, chunk) in WAYS.items()
    ]
    rows.append(Row(BACK, sys.executable, ("--engine", PROJECT, "back", "4", str(CHARACTERS_BACK))))
    rows += [Row(name, python, ("--engine", name)) for name, python in environments(given).items()]
    begun, load = time.strftime("%H:%M"), os.getloadavg()[0]
    measured = measure_in_turn("tests.benchmarks.writing_speed", rows, given.rounds, given.seconds)
    print(f"Writing at H={HIDDEN}, V={len(ALPHABET)}; {given.rounds} rounds from {begun}, load {load:.1f}")
    peers = [name for name in measured if name in PEERS]
    print(f"  {'':34}{'characters/s':>14}{'ms a call':>11}" + "".join(f"{f'x {peer}':>20}" for peer in peers))
    back = measured.pop(BACK, None)
    for name, rounds in measured.items():
        times = "".join(f"{ratio(measured[peer], rounds):20,.1f}" for peer in peers)
        print(f"  {name:34}{1000 / median(rounds, 'ms'):14,.0f}{median(rounds, 'call'):11.3f}{times}")
    if BEST in measured and FOUR in measured:
        print(f"  four lanes cost {ratio(measured[FOUR], measured[BEST], 'call'):.2f} times what one does")
    if back:
        print(f"  {BACK}: {median(back, 'call'):.1f} ms")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--engine"]:
        be_engine(*sys.argv[2:])
    else:
        main()
