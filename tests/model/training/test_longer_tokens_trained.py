"""Words and pieces are trained, judged, resumed and written as characters are."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from corpora.corpus import Corpus
from model.cli import main
from model.recipe import FAST
from model.runs.continuing.resuming import read_past
from model.runs.folder import Run
from model.sampling import Sampling
from model.tokens.tokenizer_kinds import class_of
from model.training.evaluation import _together
from model.training.events import CorpusReady, EpochEnd, Progress
from model.training.learner import Learner
from model.training.steering.training_commands import Stop
from model.training.trainer import Trainer
from model.writing.batch_writing import Wanted, draw_together
from model.writing.epoch_samples import Comparison, usual_seed, write_asked, write_epoch
from model.writing.provenance import from_record, to_record
from model.writing.replay import draw_again
from tests.model.runs.made_runs import create_run

KINDS = ("words", "pieces")
RECIPE = replace(FAST, hidden=8, window=6, batch=16, epochs=2, vocabulary=12, seed_length=20, sample_length=30)
WRITING = replace(RECIPE, vocabulary=60)
"""Four streams are written with it, everywhere, so that they are compiled once."""

pytestmark = [pytest.mark.usefixtures("two_devices"), pytest.mark.parametrize("kind", KINDS)]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    random = np.random.default_rng(5)
    text = "".join(random.choice(["the king", " found", " the crown", ".\n", ", and", " it's"], 1200))
    alphabet = "".join(sorted(set(text)))
    ids = np.array([alphabet.index(each) for each in text], np.uint8)
    return Corpus("made", "A made text", alphabet, ids, None, ())


def test_a_resumed_run_is_the_run_that_was_never_interrupted(
    kind: str, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = replace(RECIPE, tokens=kind)
    whole = [event for event in Trainer(corpus, recipe).run() if isinstance(event, EpochEnd)]
    run = create_run(tmp_path, "left", "made", "fast", recipe, datetime.now(UTC), ["made"])
    trainer = Trainer(corpus, recipe)
    ends = []
    for event in trainer.run(keep=run):
        ends += [event] if isinstance(event, EpochEnd) else []
        if isinstance(event, Progress):
            trainer.send(Stop())
    assert len(ends) < len(whole)
    # Its tokens come from the checkpoint: another version might find others in the text.
    monkeypatch.setattr(class_of(kind), "train", lambda corpus, recipe: pytest.fail("the vocabulary is known"))
    past = read_past(run)
    assert past.newest
    assert past.newest.manifest.tokenizer == trainer.tokenizer
    ends += [
        each
        for each in Trainer(corpus, recipe, resume_from=past.newest, best=past.best).run(keep=run)
        if isinstance(each, EpochEnd)
    ]
    assert [(end.loss, end.held_out) for end in ends] == [(end.loss, end.held_out) for end in whole]
    assert_odds_are_those_of_candidates(run, capsys)


def assert_odds_are_those_of_candidates(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["odds", str(run.folder), "--seed-text", "the king ", "--top-k", "1"]
    assert main([*argv, "--json"]) == 0
    odds = json.loads(capsys.readouterr().out)
    possible = {token for token in odds["tokens"] if token.startswith(" ")}
    cut_by = dict(zip(odds["tokens"], odds["cut_by"], strict=True))
    assert {token for token, by in cut_by.items() if by != "prefix"} == possible
    assert {cut_by[token] for token in possible} == {None, "top_k"}
    assert main([*argv, "--rows", "999"]) == 0
    said = capsys.readouterr().out
    assert f"top-k 1 cut {len(possible) - 1} of {len(possible)} tokens, which had" in said
    assert len([line for line in said.splitlines() if line.startswith("'")]) == len(possible)


def test_the_loss_is_that_of_all_tokens_over_all_characters(kind: str, corpus: Corpus) -> None:
    learner = Learner(corpus, replace(RECIPE, tokens=kind))
    (ready,) = learner.introduction()
    assert isinstance(ready, CorpusReady)
    assert ready.vocabulary == sum(int(each.split()[0]) for each in ready.parts) == len(learner.tokenizer)
    ids, model = learner.held_out_ids.astype(np.int32), learner.language_model()
    logits, _ = model.network.read(jnp.asarray(ids[:-1, None]), model.network.begin(1))
    log_p = np.asarray(logits[:, 0], np.float64)
    log_p -= np.log(np.exp(log_p).sum(axis=-1, keepdims=True))
    total = -log_p[np.arange(len(ids) - 1), ids[1:]].sum()
    judged = learner.judge(lambda: False)
    assert judged
    assert judged.held_out == pytest.approx(total / len(learner.tokenizer.decode(ids[1:])), rel=1e-5)


def test_samples_are_as_long_in_characters_as_they_should_be(kind: str, corpus: Corpus) -> None:
    learner = Learner(corpus, replace(WRITING, tokens=kind))
    model, longest = learner.language_model(), int(learner.tokenizer.lengths.max())
    wanted = [Wanted("the king ", Sampling(1.0), number) for number in (1, 2, 3)]
    texts = ["", "", ""]
    for tokens in draw_together(model, wanted, 30):
        texts = [text + "".join(each.token for each in new) for text, new in zip(texts, tokens, strict=True)]
    comparison = Comparison.of(learner.recipe, usual_seed(corpus, learner.recipe))
    texts += [sample.text for sample in write_epoch(model, comparison, 0.0, 0)]
    asked = write_asked(model, corpus, learner.recipe, 0.0, 0)
    assert not any(sample.lengths for sample in asked), "there is nothing of each token"
    texts += [sample.text for sample in asked]
    assert all(30 <= len(text) < 30 + longest for text in texts)
    assert len({*map(len, texts)}) > 1


def test_a_text_goes_on_where_its_seed_breaks_off(kind: str, corpus: Corpus) -> None:
    model = Learner(corpus, replace(WRITING, tokens=kind)).language_model()
    cut = ("it's and the kin", "it's and the", " kin")  # a piece of its own
    for text, seed, begins in (("the king ", "the king", " "), *([cut] if kind == "words" else [])):
        wanted = [Wanted(text, Sampling(5.0), number) for number in range(8)]
        first = [tokens[0].token for tokens in next(draw_together(model, wanted, 30))]
        assert all(token.startswith(begins) for token in first)
        samplings = (Sampling(5.0), Sampling(1.0, top_k=3), *model.recipe.samplings[:2])
        comparison = replace(Comparison.of(model.recipe, text), samplings=samplings)
        for sample in write_epoch(model, comparison, 0.0, 0):
            assert (sample.seed, sample.prefix) == (seed, begins)
            assert sample.text.startswith(begins)
            assert from_record(to_record(sample)) == sample
            assert sum(sample.lengths) == len(sample.text)
            assert len(sample.lengths) == len(sample.surprisal) == len(sample.entropy) < len(sample.text)
            draw_again(sample, {}, model)  # raises where another text comes


def test_lanes_begin_anew_whatever_the_number_of_devices(kind: str, corpus: Corpus) -> None:
    recipe = replace(RECIPE, tokens=kind)
    one, two = (Learner(corpus, recipe, devices=devices).learn(8).losses for devices in (1, 2))
    np.testing.assert_allclose(one, two, rtol=1e-4)


def test_a_large_vocabulary_is_judged_in_small_parts(kind: str) -> None:
    assert (_together(80), _together(1024), _together(5000), _together(1_000_000)) == (4096, 4096, 512, 128)
