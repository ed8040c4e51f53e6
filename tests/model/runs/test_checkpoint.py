import errno
import hashlib
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load_file, save_file

from model.networks.network_kinds import parameter_shapes
from model.options.recipe_file import to_plain
from model.recipe import FAST, NOTEBOOK, Recipe
from model.runs import checkpoint
from model.runs.checkpoint import (
    Checkpoint,
    CheckpointError,
    CorpusFacts,
    Manifest,
    current_versions,
    load,
    load_manifest,
    save,
)
from model.runs.files import tensor_file
from model.tokens.batches import Cursor
from model.tokens.characters import CharacterTokenizer

TINY = Recipe(hidden=1)
FOLDER = Path(__file__).parent


def make_checkpoint(recipe: Recipe = TINY, alphabet: str = "ab", step: int = 7, **extra: np.ndarray) -> Checkpoint:
    rng = np.random.default_rng(step)
    arrays = {
        name: rng.standard_normal(shape).astype(np.float32)
        for name, shape in parameter_shapes(recipe, len(alphabet)).items()
    }
    manifest = Manifest(
        recipe=to_plain(recipe),
        tokenizer=CharacterTokenizer(alphabet),
        corpus=CorpusFacts("aphorisms", "0" * 64, 1000),
        cursor=Cursor(1, 2),
        step=step,
        progress={"seconds": 0.1 + 0.2, "best": None, "best_epoch": 3},
        versions=current_versions(),
        created="2026-11-23T12:00:00+00:00",
    )
    return Checkpoint(arrays | {"step": np.array(step, np.int32)} | extra, manifest)


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    assert one.manifest == other.manifest
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        assert other.arrays[name].dtype == array.dtype
        assert other.arrays[name].shape == array.shape
        assert other.arrays[name].tobytes() == array.tobytes()


extra_arrays = hnp.arrays(
    st.sampled_from([np.bool_, np.uint8, np.int8, np.uint16, np.int32, np.uint32, np.int64, np.float16, np.float64]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(min_size=1, max_size=20).map(lambda name: "opt." + name), extra_arrays, max_size=4),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9).map(lambda t: "".join(dict.fromkeys(t))),
    st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.floats(allow_nan=False), max_size=4),
    st.text(max_size=20),
)
def test_a_checkpoint_is_loaded_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory,
    extra: dict[str, np.ndarray],
    alphabet: str,
    progress: dict[str, Any],
    name: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.safetensors"
    made = make_checkpoint(alphabet=alphabet, **extra)
    manifest = replace(made.manifest, progress=progress, corpus=CorpusFacts(name, "d", 1))
    save(path, replace(made, manifest=manifest))
    assert_same(load(path), replace(made, manifest=manifest))
    assert load_manifest(path) == manifest


def test_a_checkpoint_of_an_earlier_version_is_an_lstm_over_characters(tmp_path: Path) -> None:
    """It says neither; its alphabet is the `vocabulary`, and what is the memory now was the `carries`."""
    made, carry = make_checkpoint(), np.ones((32, 1), np.float32)
    facts = json.loads(json.dumps(checkpoint._to_facts(made.manifest)))
    facts["vocabulary"] = facts.pop("tokenizer")
    del facts["recipe"]["network"], facts["recipe"]["tokens"]
    tensor_file.write(tmp_path / "a.safetensors", made.arrays | {"carries.0.c": carry}, facts)
    back = load(tmp_path / "a.safetensors")
    assert back.manifest.read_recipe() == made.manifest.read_recipe()
    assert back.manifest.tokenizer == made.manifest.tokenizer
    assert back.arrays.keys() == made.arrays.keys() | {"memory.0.c"}
    np.testing.assert_array_equal(back.arrays["memory.0.c"], carry)


@pytest.mark.parametrize("recipe", [FAST, NOTEBOOK, replace(FAST, layers=3, hidden=16)])
def test_every_recipe_comes_back(tmp_path: Path, recipe: Recipe) -> None:
    save(tmp_path / "a.safetensors", make_checkpoint(recipe, "abc"))
    assert load(tmp_path / "a.safetensors").manifest.read_recipe() == recipe


@pytest.mark.parametrize("recipe", [TINY, Recipe(hidden=3, layers=3), Recipe(hidden=3, layers=2, character_gates=True)])
def test_the_parameters_asked_for_are_those_of_the_network(two_devices: None, recipe: Recipe) -> None:
    from model.networks.network import build
    from model.training.named_arrays import to_arrays

    built = to_arrays(build(recipe, 5)[1], "params.")
    assert {name: array.shape for name, array in built.items()} == parameter_shapes(recipe, 5)


def test_arrays_in_any_layout_are_saved_as_they_read(tmp_path: Path) -> None:
    transposed, every_other = np.arange(6.0).reshape(2, 3).T, np.arange(9)[::2]
    swapped = np.arange(3, dtype=np.float32).astype(">f4")
    save(tmp_path / "a", make_checkpoint(transposed=transposed, every_other=every_other, swapped=swapped))
    arrays = load(tmp_path / "a").arrays
    for name, array in {"transposed": transposed, "every_other": every_other, "swapped": swapped}.items():
        assert np.array_equal(arrays[name], array)


def test_loaded_arrays_may_be_changed(tmp_path: Path) -> None:
    save(tmp_path / "a", make_checkpoint())
    for array in load(tmp_path / "a").arrays.values():
        array[...] = 0


def test_progress_that_is_not_finite_survives(tmp_path: Path) -> None:
    made = make_checkpoint()
    progress = {"loss": float("nan"), "best": float("inf"), "low": float("-inf")}
    save(tmp_path / "a", replace(made, manifest=replace(made.manifest, progress=progress)))
    found = load(tmp_path / "a").manifest.progress
    assert np.isnan(found.pop("loss"))
    assert found == {"best": float("inf"), "low": float("-inf")}


def test_the_safetensors_package_reads_it(tmp_path: Path) -> None:
    made = make_checkpoint(replace(TINY, layers=2, hidden=3), "abcde", key=np.arange(2, dtype=np.uint32))
    save(tmp_path / "a.safetensors", made)
    found = load_file(tmp_path / "a.safetensors")
    assert found.keys() == made.arrays.keys()
    assert all(np.array_equal(found[name], made.arrays[name]) for name in found)


def test_the_same_checkpoint_gives_the_same_bytes(tmp_path: Path) -> None:
    save(tmp_path / "a", make_checkpoint())
    save(tmp_path / "b", make_checkpoint())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "sound.safetensors"
    save(path, make_checkpoint())
    return path.read_bytes()


def refused(path: Path, content: bytes) -> str:
    """What `load` says against this content: always one clear sentence with the path in it."""
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["a bit", "all bits"])
def test_every_flipped_byte_is_noticed(sound: bytes, tmp_path: Path, whole: bool) -> None:
    for offset in range(len(sound)):
        damaged = bytearray(sound)
        damaged[offset] ^= 0xFF if whole else 1 << offset % 8
        refused(tmp_path / "flipped", bytes(damaged))


def test_truncation_at_every_length_is_noticed(sound: bytes, tmp_path: Path) -> None:
    for length in range(len(sound)):
        refused(tmp_path / "short", sound[:length])


@pytest.mark.parametrize("more", [b"\0", b"more", b"\0" * 4096])
def test_trailing_bytes_are_noticed(sound: bytes, tmp_path: Path, more: bytes) -> None:
    assert "cut off or damaged" in refused(tmp_path / "long", sound + more)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused_as_a_checkpoint(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    refused(tmp_path_factory.getbasetemp() / "random", content)


@settings(deadline=None)
@given(st.data())
def test_spliced_checkpoints_are_noticed(
    tmp_path_factory: pytest.TempPathFactory, sound: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(sound) - 1))
    patch = data.draw(st.binary(min_size=1, max_size=40))
    spliced = sound[:start] + patch + sound[start + data.draw(st.integers(0, 60)) :]
    if spliced != sound:
        refused(tmp_path_factory.getbasetemp() / "spliced", spliced)


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("pickle-was-run",)


def test_a_pickle_is_refused_and_not_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: bytes) -> None:
    monkeypatch.chdir(tmp_path)
    refused(tmp_path / "pickle", pickle.dumps(Bomb()))
    refused(tmp_path / "pickle", sound[:8] + pickle.dumps(Bomb()) + sound[8:])
    assert not (tmp_path / "pickle-was-run").exists()


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file({"weight": np.zeros((2, 2), np.float32)}, tmp_path / "foreign.safetensors")
    assert "it is not a checkpoint" in refused(tmp_path / "f", (tmp_path / "foreign.safetensors").read_bytes())


def with_header(sound: bytes, change: Callable[[str], str]) -> bytes:
    """The sound file with its header's text changed, its length and its digest set right."""
    length = int.from_bytes(sound[:8], "little")
    header = change(sound[8 : 8 + length].decode()).encode()
    content = len(header).to_bytes(8, "little") + header + sound[8 + length :]
    found = re.search(rb"[0-9a-f]{64}", content)
    assert found is not None
    unsigned = content[: found.start()] + b"0" * 64 + content[found.end() :]
    return content.replace(found.group(), hashlib.sha256(unsigned).hexdigest().encode(), 1)


def test_a_changed_header_with_a_new_digest_is_read(sound: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(with_header(sound, lambda header: header.replace("aphorisms", "maxims")))
    assert load(tmp_path / "a").manifest.corpus.name == "maxims"


def test_nothing_in_a_checkpoint_can_command_the_terminal(sound: bytes, tmp_path: Path) -> None:
    named = with_header(sound, lambda header: header.replace("params.output.b", "params.\\u001b[2J\\n"))
    said = refused(tmp_path / "named", named)
    assert said.isprintable()
    assert "the network of its recipe has no params.?[2J?" in said


BOMBS = {
    "length of 2^64 - 1": lambda sound: b"\xff" * 8 + sound[8:],
    "length of 2^63": lambda sound: (1 << 63).to_bytes(8, "little") + sound[8:],
    "length of 1 TB": lambda sound: (1 << 40).to_bytes(8, "little") + sound[8:],
    "length of 0": lambda sound: bytes(8) + sound[8:],
    "huge shape": lambda sound: with_header(sound, lambda h: h.replace('"shape":[1,2]', '"shape":[1000000000000,2]')),
    "huge offsets": lambda sound: with_header(
        sound,
        lambda h: h.replace(
            '"shape":[1,2],"data_offsets":[', '"shape":[99999999999,2],"data_offsets":[0,799999999992],"x":['
        ),
    ),
    "shape that overflows": lambda sound: with_header(
        sound, lambda h: h.replace('"shape":[1,2]', '"shape":[' + "4294967296," * 7 + "4294967296]")
    ),
    "many axes": lambda sound: with_header(sound, lambda h: h.replace('"shape":[1,2]', '"shape":[' + "1," * 99 + "2]")),
    "negative shape": lambda sound: with_header(sound, lambda h: h.replace('"shape":[1,2]', '"shape":[-1,-2]')),
    "fractional shape": lambda sound: with_header(sound, lambda h: h.replace('"shape":[1,2]', '"shape":[1.0,2]')),
    "long integer": lambda sound: with_header(sound, lambda h: h.replace('"shape":[1,2]', f'"shape":[{"9" * 5000},2]')),
    "unknown type": lambda sound: with_header(sound, lambda h: h.replace('"F32"', '"F33"')),
    "type that is a list": lambda sound: with_header(sound, lambda h: h.replace('"F32"', '["F32"]')),
    "deep nesting": lambda sound: with_header(sound, lambda h: h.replace('"F32"', "[" * 200_000 + "]" * 200_000)),
    "no JSON": lambda sound: with_header(sound, lambda h: h.replace('"F32"', "NaN")),
    "header that is a list": lambda sound: with_header(sound, lambda h: h + "[]"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_false_header_allocates_no_memory(sound: bytes, tmp_path: Path, name: str) -> None:
    content = BOMBS[name](sound)
    assert content != sound
    tracemalloc.start()
    try:
        refused(tmp_path / "bomb", content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(content) + 1_000_000


WRONG_MANIFESTS = {
    "newer format": {"format_version": 2},
    "recipe of other width": {"recipe": to_plain(Recipe(hidden=2))},
    "recipe of more layers": {"recipe": to_plain(Recipe(hidden=1, layers=2))},
    "unknown setting": {"recipe": {"hiden": 1}},
    "setting out of bounds": {"recipe": {"hidden": 10**9}},
    "setting of the wrong kind": {"recipe": {"hidden": "1"}},
    "switch for a number": {"recipe": {"hidden": True}},
    "setting beyond any float": {"recipe": {"rate": 10**400}},
    "recipe that is no table": {"recipe": 3},
    "other tokenizer": {"tokenizer": {"alphabet": "abc", "unknown": None, "lowercase": False}},
    "no tokenizer": {"tokenizer": None},
    "wrong step": {"step": 8},
    "negative step": {"step": -1},
    "fractional step": {"step": 7.0},
    "cursor of the wrong kind": {"cursor": {"epoch": 1, "step": "2"}},
    "cursor beyond any text": {"cursor": {"epoch": 1, "step": 10**30}},
    "cursor that is a list": {"cursor": [1, 2]},
    "corpus without a name": {"corpus": {"digest": "0", "characters": 1}},
    "corpus name of the wrong kind": {"corpus": {"name": 3, "digest": "0", "characters": 1}},
    "progress that is text": {"progress": {"seconds": "soon"}},
    "progress that is a switch": {"progress": {"seconds": True}},
    "progress that is a list": {"progress": []},
    "versions that are numbers": {"versions": {"jax": 1}},
    "no date": {"created": None},
}


@pytest.mark.parametrize("name", WRONG_MANIFESTS)
def test_a_manifest_that_disagrees_is_refused(tmp_path: Path, name: str) -> None:
    # A file whose digest is right, as another program could have written it.
    made = make_checkpoint()
    tensor_file.write(tmp_path / "a", made.arrays, checkpoint._to_facts(made.manifest) | WRONG_MANIFESTS[name])
    with pytest.raises(CheckpointError):
        load(tmp_path / "a")


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("params.output.b"),
        lambda arrays: arrays.update({"params.output.b": np.zeros(3, np.float32)}),
        lambda arrays: arrays.update({"params.output.b": np.zeros(2, np.float64)}),
        lambda arrays: arrays.update({"params.layers.1.b": np.zeros(4, np.float32)}),
        lambda arrays: arrays.update({"step": np.array(8)}),
        lambda arrays: arrays.update({"step": np.array([np.nan])}),
        lambda arrays: arrays.update({"opt": np.array(["text"])}),
        lambda arrays: arrays.update({"opt": np.array([1j])}),
        lambda arrays: arrays.update({"": np.array(1)}),
    ],
)
def test_an_unreadable_checkpoint_is_never_written(
    tmp_path: Path, change: Callable[[dict[str, np.ndarray]], object]
) -> None:
    made = make_checkpoint()
    change(made.arrays)
    with pytest.raises(CheckpointError, match="was not written"):
        save(tmp_path / "a", made)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["missing", "", "a\0b", "x" * 5000])
def test_a_path_that_is_not_a_file_is_refused(tmp_path: Path, path: str) -> None:
    for read in (load, load_manifest):
        with pytest.raises(CheckpointError):
            read(tmp_path / path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="not a file"):
        load(tmp_path / "pipe")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_explained_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "a"
    save(path, make_checkpoint(step=1))

    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(CheckpointError, match="could not be written: No space left on device"):
            save(path, make_checkpoint(step=2))
    assert list(tmp_path.iterdir()) == [path]
    assert load(path).manifest.step == 1


def test_a_missing_folder_is_explained_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="could not be written"):
        save(tmp_path / "gone" / "a", make_checkpoint())


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be synced there")
def test_bytes_reach_the_disk_before_the_name_and_the_name_before_returning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, os.replace

    def spy_fsync(handle: int) -> None:
        calls.append("folder" if os.path.isdir(f"/dev/fd/{handle}") else "file")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", lambda *paths, **more: (calls.append("rename"), rename(*paths, **more)))
    save(tmp_path / "a", make_checkpoint())
    assert calls == ["file", "rename", "folder"]


SAVE_FOR_EVER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from typing import Any, NoReturn
from test_checkpoint import Recipe, make_checkpoint, save
recipe, step = Recipe(hidden=64), 0
while True:
    step += 1
    save(Path(sys.argv[2]), make_checkpoint(recipe, step=step))
    print(step, flush=True)
"""


def test_killing_a_saving_program_leaves_a_sound_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    rng = np.random.default_rng(0)
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, FOLDER, path],
            stdout=subprocess.PIPE,
            cwd=FOLDER.parents[2],
        ) as saving:
            assert saving.stdout is not None
            saving.stdout.readline()
            time.sleep(rng.uniform(0.05, 0.3))
            saving.send_signal(signal.SIGKILL)
            printed = saving.stdout.read().split()
        step = load(path).manifest.step
        assert step >= (int(printed[-1]) if printed else 1)
        assert_same(load(path), make_checkpoint(Recipe(hidden=64), step=step))
