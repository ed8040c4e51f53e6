"""Another kind of network and another kind of tokenizer, of which nothing outside these tests knows: they train, write,
score, are saved, resumed bit for bit and watched, all in the public ways.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.cli import main
from model.networks.network_kinds import NETWORKS, Kind
from model.recipe import FAST, RecipeError
from model.runs.continuing.begin_from import read_origin
from model.runs.continuing.begun_from import BegunFrom
from model.runs.continuing.resuming import read_past
from model.runs.folder import Run
from model.tokens.tokenizer_kinds import TOKENIZERS
from model.tokens.tokenizer_kinds import Kind as TokenizerKind
from model.training.events import EpochEnd, Finished, Progress
from model.training.steering.training_commands import Stop
from tests.model.runs.made_runs import create_run, metrics_of
from tests.tui.engine.watching.test_watching_engine import watched
from tui.engine.writing.items import Written

OTHERS = ["--network", "average", "--tokens", "pairs"]
SMALL = ["--hidden", "16", "--batch", "16", "--sample-length", "40", "--seed-length", "12", "--epochs", "2"]
LANES = replace(FAST, hidden=8, window=6, batch=16, epochs=3)

pytestmark = pytest.mark.usefixtures("two_devices", "other_kinds")


@pytest.fixture(scope="module")
def other_kinds() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NETWORKS, "average", Kind("tests.model.networks.average:Average"))
        patch.setitem(TOKENIZERS, "pairs", TokenizerKind("tests.model.tokens.pairs:PairTokenizer"))
        yield


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    random = np.random.default_rng(7)
    text = "".join(random.choice(["the ", "then ", "hat ", "handed ", "and "], 1000))
    alphabet = "".join(sorted(set(text)))
    ids = np.array([alphabet.index(character) for character in text], np.uint8)
    return Corpus("synthetic", "A synthetic text", alphabet, ids, None, ())


@pytest.fixture(scope="module")
def trained(other_kinds: object, two_devices: None, tmp_path_factory: pytest.TempPathFactory) -> Run:
    runs = tmp_path_factory.mktemp("runs")
    assert main(["train", "aphorisms", *OTHERS, *SMALL, "--runs", str(runs), "--name", "other"]) == 0
    return Run(runs / "other")


def test_other_networks_and_tokens_train_and_are_named_in_the_run(trained: Run) -> None:
    ends = [line for line in metrics_of(trained) if line["event"] == "epoch_end"]
    assert ends[1]["loss"] < ends[0]["loss"]
    recipe = trained.load("newest").manifest.read_recipe()
    assert (recipe.network, recipe.tokens) == ("average", "pairs")


def test_other_networks_and_tokens_write_and_score(trained: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write", str(trained.folder), "--length", "30", "--seed-text", "the "]) == 0
    assert len(capsys.readouterr().out) > 30
    for reading in ([], ["--dynamic"], ["--dynamic", "--counting"]):
        assert main(["score", str(trained.folder), "aphorisms", "--json", *reading]) == 0
        assert 0.1 < json.loads(capsys.readouterr().out)["loss"] < 4


def test_other_networks_and_tokens_are_watched(trained: Run) -> None:
    with watched(trained) as heard:
        heard.wait_until(
            lambda: any(len(item.character) == 2 for item in heard.written if isinstance(item, Written)),
            "a token of two characters",
        )
        assert heard.states() == ["finished"]


def test_other_networks_and_tokens_begin_from_another_run(trained: Run, corpus: Corpus) -> None:
    from model.training.learner import Learner

    origin = read_origin(str(trained.folder), "newest", trained.folder.parent)
    learner = Learner(corpus, replace(origin.facts.recipe, batch=16))
    learner.begin_from(*origin.carried_over(learner.tokenizer))
    _, begun = learner.introduction()
    assert isinstance(begun, BegunFrom)
    assert begun.tokens == "pairs"
    assert {*map(len, begun.dropped)} == {1, 2}
    before, after = origin.checkpoint, learner.capture()
    assert after is not None
    token = "th"
    old, new = (next(at for at in range(len(each)) if each.text_of(at) == token)
                for each in (before.manifest.tokenizer, learner.tokenizer))  # fmt: skip
    for name in ("params.x", "params.pace"):
        assert (before.arrays[name][old] == after.arrays[name][new]).all()
    assert (before.arrays["params.w"][:, old] == after.arrays["params.w"][:, new]).all()


def test_a_resumed_run_is_the_run_that_was_never_interrupted(corpus: Corpus, tmp_path: Path) -> None:
    from model.training.trainer import Trainer

    recipe = replace(LANES, network="average", tokens="pairs")
    whole = list(Trainer(corpus, recipe).run())
    run = create_run(tmp_path, "left", "synthetic", "fast", recipe, datetime.now(UTC), ["synthetic"])
    ends: list[EpochEnd] = []
    for stops in (1, 2, 1, 1000):
        past = read_past(run)
        trainer = Trainer(corpus, recipe, resume_from=past.newest, best=past.best)
        for event in trainer.run(keep=run):
            ends += [event] if isinstance(event, EpochEnd) else []
            stops -= isinstance(event, Progress)
            if not stops:
                trainer.send(Stop())
    assert isinstance(whole[-1], Finished)
    assert [(end.loss, end.held_out, end.windowed) for end in ends] == [
        (end.loss, end.held_out, end.windowed) for end in whole if isinstance(end, EpochEnd)
    ]


def test_losses_are_nats_per_character_whatever_the_tokens(corpus: Corpus) -> None:
    from model.training.learner import Learner

    learner, by_token = (Learner(corpus, replace(LANES, tokens="pairs")) for _ in range(2))
    by_token.tokenizer.__dict__["lengths"] = np.ones(len(by_token.tokenizer), np.int32)  # as if each were a character
    here, there = learner.learn(5), by_token.learn(5)
    np.testing.assert_allclose((here.losses * here.counts), there.losses * there.counts, rtol=1e-6)
    targets = learner.training_ids[: 16 * ((len(learner.training_ids) - 1) // 16) + 1]
    read = learner.reader.take(type(learner.cursor)(0, 0), 5).targets
    characters = [len(learner.tokenizer.decode(step.ravel())) for step in read]
    np.testing.assert_allclose(here.counts * LANES.window, characters, rtol=1e-6)
    assert 1 < len(learner.tokenizer.decode(targets)) / len(targets) < 2
    assert learner.characters(learner.reader.steps_per_epoch) > learner.reader.tokens(learner.reader.steps_per_epoch)

    mine, whole = learner.judge(lambda: False), by_token.judge(lambda: False)
    assert mine is not None
    assert whole is not None
    predicted = learner.held_out_ids[1:]
    ratio = len(learner.tokenizer.decode(predicted)) / len(predicted)
    assert mine.held_out == pytest.approx(whole.held_out / ratio)
    ids = learner.held_out_ids
    assert learner.language_model().score(ids) == pytest.approx(mine.held_out, rel=1e-6)
    assert learner.language_model().after_reading(ids)[1] == pytest.approx(
        by_token.language_model().after_reading(ids)[1] / ratio, rel=1e-6
    )


def test_a_corpus_is_tokenized_to_its_end(corpus: Corpus) -> None:
    from model.training.learner import Learner

    learner = Learner(corpus, replace(LANES, tokens="pairs"))
    tokenizer = learner.tokenizer
    read = tokenizer.decode(learner.training_ids) + tokenizer.decode(learner.held_out_ids)
    assert read == corpus.text()
    assert {len(tokenizer.text_of(token)) for token in range(len(tokenizer))} == {1, 2}
    assert learner.training_characters + learner.held_out_characters == len(corpus)


def test_a_kind_that_is_not_registered_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"^network is 'other'; choose one of: lstm, .*average\.$"):
        replace(FAST, network="other")
