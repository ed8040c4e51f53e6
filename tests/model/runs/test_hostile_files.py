"""Whatever stands in a run's files: what is sound in them, or one sentence, and nothing in them is ever run."""

from __future__ import annotations

import codecs
import hashlib
import io
import json
import pickle
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import fields
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from model.cli import main
from model.networks.network_kinds import parameter_shapes
from model.options.recipe_file import from_plain, to_plain
from model.recipe import FAST, Recipe, RecipeError
from model.runs import checkpoint as checkpoints
from model.runs.checkpoint import Checkpoint, CheckpointError, CorpusFacts, Manifest
from model.runs.files import tensor_file
from model.runs.folder import Run
from model.runs.listing import list_runs
from model.runs.run_facts import RunError, RunFacts
from model.tokens.batches import Cursor
from model.tokens.characters import CharacterTokenizer
from tests.hostile import examples, obeyed, texts
from tests.model.runs.made_runs import create_run, metrics_of

NAMES = [field.name for field in fields(Recipe)]
NOW = datetime.fromisoformat("2026-11-23T12:00:05+00:00")

numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, 1, -1, 2**31, 2**63, 10**400, -(10**400), 0.5, float("nan"), float("inf"), -0.0, 1e-320]),
)
plain_values = st.recursive(
    st.none() | st.booleans() | numbers | texts(3) | st.just("long" * 1000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(2), inner, max_size=3),
    max_leaves=4,
)


def assert_one_sentence(error: Exception) -> None:
    said = str(error)
    assert said.isprintable()
    assert said.endswith((".", "?"))
    assert len(said) < 1000


# Nothing is run


for codec in ("utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32"):
    codecs.lookup(codec)  # json asks for these, and the first time Python loads them

WATCHED = ("pickle.find_class", "marshal.loads", "exec", "compile", "import", "subprocess.Popen", "os.system")
_watching: list[list[str]] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in WATCHED:
        _watching[-1].append(f"{event} {arguments!r:.100}")


@contextmanager
def nothing_run() -> Iterator[None]:
    """Fails where code is loaded or run meanwhile."""
    if not hasattr(sys, "_charlstm_hears"):
        sys.addaudithook(_hear)  # for good: there is no taking it back
        sys._charlstm_hears = True  # type: ignore[attr-defined]
    heard: list[str] = []
    _watching.append(heard)
    try:
        yield
    finally:
        _watching.pop()
    assert heard == []


# Recipes


@examples(1000)
@given(st.dictionaries(st.sampled_from(NAMES) | texts(2), plain_values, min_size=1, max_size=4))
def test_any_settings_are_a_recipe_or_a_sentence(plain: dict[str, object]) -> None:
    try:
        recipe = from_plain(plain)
    except RecipeError as refusal:
        assert_one_sentence(refusal)
    else:
        assert from_plain(json.loads(json.dumps(to_plain(recipe)))) == recipe


@examples(500)
@given(st.sampled_from([name for name in NAMES if len(name) > 4]), st.data())
def test_a_misspelt_setting_suggests_the_nearest_one(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz_-\x1b"))
    more = data.draw(st.sampled_from(["", letter, letter + name[at], name[at].upper()]))
    wrong = name[:at] + more + name[at + 1 :]
    assume(wrong not in NAMES)
    with pytest.raises(RecipeError, match="did you mean '") as refusal:
        from_plain({wrong: 1})
    assert_one_sentence(refusal.value)
    suggested = str(refusal.value).split("did you mean '")[1].rstrip("'?")
    assert suggested in NAMES
    assert SequenceMatcher(None, wrong, suggested).ratio() >= SequenceMatcher(None, wrong, name).ratio()


def toml(value: object) -> str:
    """A value as TOML has it, or nearly."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


toml_values = plain_values.map(toml) | st.sampled_from(
    ["2026-11-23", "12:00:00", "2026-11-23T12:00:00", "0x" + "f" * 5000, "[" * 2000, "9" * 5000, "{", '"', ""]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A sound run, alone in its folder of runs."""
    run = create_run(tmp_path_factory.mktemp("runs"), "sound", "nietzsche", "fast", FAST, NOW, ["nietzsche"])
    run.facts()  # the first time, the names of types are compiled
    return run


@pytest.fixture(scope="module")
def described(run: Run) -> bytes:
    """Its recipe.toml."""
    return (run.folder / "recipe.toml").read_bytes()


def assert_facts_or_sentence(run: Run) -> None:
    with nothing_run():
        try:
            facts = run.facts()
        except RunError as refusal:
            assert_one_sentence(refusal)
        else:
            assert isinstance(facts, RunFacts)
            assert isinstance(facts.recipe, Recipe)
            assert isinstance(facts.created, datetime)
            assert all(isinstance(each, str) for each in (facts.corpus, facts.recipe_name, *facts.corpus_spec))


@examples(500)
@given(st.data(), toml_values)
def test_any_line_in_a_runs_recipe_gives_facts_or_a_sentence(
    run: Run, described: bytes, data: st.DataObject, value: str
) -> None:
    lines = described.decode().split("\n")
    at = data.draw(st.sampled_from([number for number, line in enumerate(lines) if " = " in line]))
    lines[at] = data.draw(
        st.sampled_from([f"{lines[at].split(' = ')[0]} = {value}", value, f"{value} = 3", f"[{value}]", ""])
    )
    (run.folder / "recipe.toml").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    assert_facts_or_sentence(run)


@examples(400)
@given(st.data(), st.binary(max_size=60))
def test_any_bytes_in_a_runs_recipe_give_facts_or_a_sentence(
    run: Run, described: bytes, data: st.DataObject, patch: bytes
) -> None:
    start = data.draw(st.integers(0, len(described)))
    end = data.draw(st.integers(start, min(len(described), start + 60)) | st.just(len(described)))
    (run.folder / "recipe.toml").write_bytes(described[:start] + patch + described[end:])
    assert_facts_or_sentence(run)


# Metrics and samples


def listed(root: Path) -> None:
    """List the runs both ways, which never fails and never commands the terminal."""
    for options in ([], ["--json"]):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            assert main(["runs", "--runs", str(root), *options]) == 0
        assert not obeyed(out.getvalue() + err.getvalue())
        assert len(out.getvalue().splitlines()) <= 3


@examples(500)
@given(
    st.binary(max_size=300) | st.lists(st.sampled_from([b"{}", b"\n", b'{"a":', b"\xff", b"[[", b"\0"])).map(b"".join)
)
@example(b'{"epoch": ' + b"9" * 5000 + b"}\n")
@example(b"[" * 200_000 + b"\n")
@example(pickle.dumps(print))
def test_any_bytes_are_whole_records_or_none(run: Run, content: bytes) -> None:
    for file, read in (("metrics.jsonl", run.events), ("samples.jsonl", run.samples)):
        (run.folder / file).write_bytes(content)
        with nothing_run():
            assert all(isinstance(each, dict) for each in read())


json_numbers = numbers | st.none() | st.booleans() | texts(2)


@pytest.mark.slow
@examples(500)
@given(st.lists(st.tuples(json_numbers, json_numbers), min_size=1, max_size=3), texts(3))
def test_any_numbers_in_the_metrics_are_listed(
    run: Run, described: bytes, epochs: list[tuple[object, object]], corpus: str
) -> None:
    lines = [json.dumps({"event": "epoch_end", "epoch": epoch, "held_out": loss}) for epoch, loss in epochs]
    (run.folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    name = json.dumps(corpus.encode("utf-8", "replace").decode()).replace("\x7f", "")
    recipe = described.replace(b'name = "nietzsche"', b"name = " + name.encode())
    (run.folder / "recipe.toml").write_bytes(recipe)
    listed(run.folder.parent)


# Checkpoints


TINY = Recipe(hidden=1)


@pytest.fixture(scope="module")
def sound() -> Checkpoint:
    """A checkpoint of a network of one unit and two characters."""
    random = np.random.default_rng(1)
    arrays = {
        name: random.standard_normal(shape).astype(np.float32) for name, shape in parameter_shapes(TINY, 2).items()
    }
    manifest = Manifest(
        recipe=to_plain(TINY),
        tokenizer=CharacterTokenizer("ab"),
        corpus=CorpusFacts("aphorisms", "0" * 64, 1000),
        cursor=Cursor(1, 2),
        step=7,
        progress={"seconds": 0.5, "best": None},
        versions={"jax": "0"},
        created=NOW.isoformat(),
    )
    return Checkpoint(arrays | {"step": np.array(7, np.int32)}, manifest)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints") / "step.safetensors"


@pytest.fixture(scope="module")
def saved(sound: Checkpoint, path: Path) -> bytes:
    checkpoints.save(path, sound)
    return path.read_bytes()


def assert_sound_or_refused(path: Path, sound: Checkpoint) -> Checkpoint | None:
    """Nothing is run, little memory is taken, and what is loaded has the sound one's weights."""
    size = path.stat().st_size
    loaded = None
    tracemalloc.start()
    try:
        with nothing_run():
            try:
                loaded = checkpoints.load(path)
            except CheckpointError as refusal:
                assert_one_sentence(refusal)
            with suppress(CheckpointError):
                checkpoints.load_manifest(path)
        assert tracemalloc.get_traced_memory()[1] < 40 * size + 500_000
    finally:
        tracemalloc.stop()
    if loaded:
        for name in parameter_shapes(TINY, 2):
            assert np.array_equal(loaded.arrays[name], sound.arrays[name])
    return loaded


FACTS = ["recipe", "tokenizer", "corpus", "cursor", "step", "progress", "versions", "created", "format_version"]


@examples(600)
@given(st.data(), plain_values)
def test_any_value_anywhere_in_a_manifest_is_sound_or_refused(
    sound: Checkpoint, path: Path, data: st.DataObject, value: object
) -> None:
    facts = checkpoints._to_facts(sound.manifest)
    place = data.draw(st.sampled_from(FACTS))
    if isinstance(facts[place], dict) and data.draw(st.booleans()):
        facts[place][data.draw(st.sampled_from(sorted(facts[place])) | texts(1))] = value
    else:
        facts[place] = value
    with suppress(ValueError):  # no JSON
        tensor_file.write(path, sound.arrays, facts)
    loaded = assert_sound_or_refused(path, sound)
    if loaded:
        manifest = loaded.manifest
        assert len(manifest.tokenizer) == 2
        assert all(type(each) is int and 0 <= each < 1 << 63 for each in (manifest.step, *manifest.cursor))
        assert isinstance(manifest.read_recipe(), Recipe)


def signed(header: bytes, content: bytes) -> bytes:
    """A file with this header, its length and its digest set right."""
    whole = len(header).to_bytes(8, "little") + header + content
    at = whole.find(b"0" * 64)
    return whole[:at] + hashlib.sha256(whole).hexdigest().encode() + whole[at + 64 :]


sizes = st.integers(-2, 20) | st.sampled_from([2**31, 2**32, 2**47, 2**48, 2**63, 2**64, 10**30, 1.5, None, "4", [4]])


@examples(600)
@given(st.data())
def test_any_array_in_a_header_is_sound_or_refused(
    sound: Checkpoint, path: Path, saved: bytes, data: st.DataObject
) -> None:
    length = int.from_bytes(saved[:8], "little")
    header = json.loads(saved[8 : 8 + length])
    facts = json.loads(header["__metadata__"]["charlstm"])
    header["__metadata__"] = {"charlstm": json.dumps(facts | {"sha256": "0" * 64}, separators=(",", ":"))}
    name = data.draw(st.sampled_from([name for name in header if name != "__metadata__"]))
    field = data.draw(st.sampled_from(["dtype", "shape", "data_offsets", "name"]))
    if field == "name":
        header[data.draw(st.sampled_from(["", "params."])) + data.draw(texts(2) | st.just("x" * 240))] = header.pop(
            name
        )
    elif field == "dtype":
        header[name][field] = data.draw(st.sampled_from(["F64", "F16", "I64", "BOOL", "BF16", "", 3, None, ["F32"]]))
    else:
        header[name][field] = data.draw(st.lists(sizes, max_size=10) | plain_values)
    with suppress(ValueError):
        path.write_bytes(signed(json.dumps(header, separators=(",", ":")).encode(), saved[8 + length :]))
    assert_sound_or_refused(path, sound)


@examples(500)
@given(st.data(), st.binary(max_size=80))
def test_any_damage_is_noticed(sound: Checkpoint, path: Path, saved: bytes, data: st.DataObject, patch: bytes) -> None:
    start = data.draw(st.integers(0, len(saved)))
    end = data.draw(st.integers(start, min(len(saved), start + 80)) | st.just(len(saved)))
    damaged = saved[:start] + patch + saved[end:]
    path.write_bytes(damaged)
    assert (assert_sound_or_refused(path, sound) is not None) == (damaged == saved)


class Bomb:
    """Ends the test where it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return pytest.fail, ("a pickle was run",)


@examples(300)
@given(st.integers(0, pickle.HIGHEST_PROTOCOL), st.integers(0, 200), st.binary(max_size=40))
def test_a_pickle_in_a_checkpoint_is_never_executed(
    sound: Checkpoint, path: Path, saved: bytes, run: Run, protocol: int, at: int, rest: bytes
) -> None:
    pickled = pickle.dumps([Bomb()], protocol)
    for content in (pickled + rest, saved[:at] + pickled + saved[at:]):
        path.write_bytes(content)
        assert assert_sound_or_refused(path, sound) is None
    for file in ("metrics.jsonl", "samples.jsonl", "recipe.toml"):
        (run.folder / file).write_bytes(pickled + rest)
    with nothing_run():
        metrics_of(run)
        run.samples()
    assert list_runs(run.folder.parent)[0].problem
