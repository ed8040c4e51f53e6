"""Whatever a seed is, and whatever a model's alphabet: it is read, and what is written is of the alphabet."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.cli import main
from model.networks.network_kinds import parameter_shapes
from model.options.recipe_file import to_plain
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint, CorpusFacts, Manifest
from model.sampling import Sampling
from model.tokens.batches import Cursor
from model.tokens.characters import CharacterTokenizer
from tests.hostile import examples, obeyed, texts
from tests.model.runs.made_runs import create_run
from tests.model.writing.written_text import text_of

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel

TINY = Recipe(hidden=2)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CHARACTERS = 12
"""Of every alphabet here, so that all networks are compiled once."""

ALPHABETS = (
    "abcdefghijkl",
    "\x00\x07\x08\x1b\x7f\x85\x9b\x9d\u202e\u2028[m",
    "\u0301\u0323\u05d0\u0661\u2066\ufeff\U0001f1e9\U0001f44d\U0001f3fd\U000e0041\U0010ffff\ufffd",
)
tokenizers = st.builds(CharacterTokenizer, st.sampled_from(ALPHABETS), st.none(), st.booleans()) | st.builds(
    lambda alphabet: CharacterTokenizer(alphabet, alphabet[3]), st.sampled_from(ALPHABETS)
)


def untrained(tokenizer: CharacterTokenizer) -> Checkpoint:
    random = np.random.default_rng(1)
    arrays = {
        name: random.standard_normal(shape).astype(np.float32)
        for name, shape in parameter_shapes(TINY, CHARACTERS).items()
    }
    manifest = Manifest(
        recipe=to_plain(TINY),
        tokenizer=tokenizer,
        corpus=CorpusFacts("name", "", 100),
        cursor=Cursor(0, 1),
        step=1,
        progress={},
        versions={},
        created=NOW.isoformat(),
    )
    return Checkpoint(arrays, manifest)


@pytest.fixture(scope="module")
def author_of(two_devices: None) -> Callable[[CharacterTokenizer], LanguageModel]:
    from model.writing.language_model import LanguageModel

    return cache(lambda tokenizer: LanguageModel.from_checkpoint(untrained(tokenizer)))


def assert_read(tokenizer: CharacterTokenizer, seed: str) -> None:
    encoded = tokenizer.encode(seed)
    assert len(encoded.ids) == len(encoded.text) == len(seed)
    assert set(encoded.text) <= set(tokenizer.alphabet)
    assert all(0 <= each < len(tokenizer) for each in encoded.ids)
    assert all(0 <= offset < len(seed) for offset in encoded.replaced)


@examples(600)
@given(tokenizers, texts())
def test_any_seed_is_read_in_the_models_characters(tokenizer: CharacterTokenizer, seed: str) -> None:
    assert_read(tokenizer, seed)


@examples(500)
@given(
    tokenizers,
    texts(30),
    st.integers(0, 20),
    st.floats(0, 100) | st.sampled_from([0.0, 1e-320, 5e-324, 1e-30]),
    st.integers(0, 2**64 - 1),
)
def test_any_seed_is_gone_on_from_at_any_temperature(
    author_of: Callable[[CharacterTokenizer], LanguageModel],
    tokenizer: CharacterTokenizer,
    seed: str,
    length: int,
    temperature: float,
    random_seed: int,
) -> None:
    written = text_of(author_of(tokenizer), seed, length, Sampling(temperature), random_seed)
    assert len(written) == length
    assert set(written) <= set(tokenizer.alphabet)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs called 0, 1 and 2, of the three alphabets."""
    root = tmp_path_factory.mktemp("runs")
    for number, alphabet in enumerate(ALPHABETS):
        run = create_run(root, str(number), "name", "fast", TINY, NOW)
        run.save(untrained(CharacterTokenizer(alphabet)))
    return root


@examples(60)
@given(st.integers(0, 2), texts(), st.booleans(), st.booleans())
def test_whatever_is_asked_and_written_the_terminal_is_not_commanded(
    two_devices: None, runs: Path, number: int, seed: str, json: bool, dynamic: bool
) -> None:
    seed = "abc" * dynamic + seed  # what is learned from must not be empty
    words = ["write", str(number), "--runs", str(runs), "--length", "24", "--temperature", "3", f"--seed-text={seed}"]
    words += ["--json"] * json + ["--dynamic"] * dynamic
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert main(words) == 0
    assert not obeyed(out.getvalue())
    assert not obeyed(err.getvalue())
    assert err.getvalue().count("\n") <= 2, "characters that are replaced, and the random seed"
