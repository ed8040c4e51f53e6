import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.corpus import Corpus
from corpora.progress import Pace, TextProgress
from model.recipe import FAST
from model.tokens import longer_tokens
from model.tokens.characters import CharacterTokenizer
from model.tokens.longer_tokens import LONGEST, LongerTokens, splitter
from model.tokens.pieces import PieceTokenizer
from model.tokens.tokenizer import TokenizerError
from model.tokens.words import WordTokenizer

KINDS = {"words": WordTokenizer, "pieces": PieceTokenizer}
TEXT = (
    "The king's crown is lost -- lost, I say!\n\nFIRST LORD:\nHe'll find it; the king will find it, 12 of 12.  So.\n"
    * 9
)
ALPHABET = "".join(sorted({*TEXT, *"abcdefghijklmnopqrstuvwxyz\té日本ह\u093f…\U0001f600"}))
OF_THE_ALPHABET = st.text(st.sampled_from(ALPHABET), max_size=120)
WORDY = st.lists(st.sampled_from(["the", " king", "'s", " ", "\n", "  ", "x", " zebra", "日本", "12", "--", "'"])).map(
    "".join
)


def corpus_of(text: str, alphabet: str = ALPHABET) -> Corpus:
    ids = np.array([alphabet.index(character) for character in text], np.uint8)
    return Corpus("made", "A made text", alphabet, ids, None, ())


def trained(kind: str, text: str = TEXT, vocabulary: int = 60) -> LongerTokens:
    return KINDS[kind].train(corpus_of(text), replace(FAST, tokens=kind, vocabulary=vocabulary))


LEARNED = {kind: trained(kind) for kind in KINDS}
both = pytest.mark.parametrize("kind", KINDS)


@both
@given(OF_THE_ALPHABET | WORDY)
def test_a_text_of_known_characters_comes_back_exactly(kind: str, text: str) -> None:
    tokenizer = LEARNED[kind]
    encoded = tokenizer.encode(text)
    assert tokenizer.decode(encoded.ids) == encoded.text == text
    assert encoded.ids.dtype == np.int32
    assert encoded.replaced == ()
    assert int(tokenizer.lengths[encoded.ids].sum()) == len(text)


@both
@given(st.text(st.characters(exclude_categories=()), max_size=60), st.booleans())
def test_unknown_characters_are_replaced_as_for_characters(kind: str, text: str, relatives: bool) -> None:
    tokenizer = LEARNED[kind]
    encoded = tokenizer.encode(text, relatives=relatives)
    as_characters = tokenizer.characters.encode(text, relatives=relatives)
    assert (encoded.text, encoded.replaced) == (as_characters.text, as_characters.replaced)
    assert tokenizer.decode(encoded.ids) == encoded.text


@both
@pytest.mark.parametrize("text", ["", "k", "ж", "жжж \u2603", "\ud800"])
def test_no_text_is_too_short_or_too_strange(kind: str, text: str) -> None:
    encoded = LEARNED[kind].encode(text)
    assert len(encoded.text) == len(text) == int(LEARNED[kind].lengths[encoded.ids].sum())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The king's crown", ["The", " king", "'s", " crown"]),
        ("'Tis so, -- 'tis!", ["'", "Tis", " so", ",", " --", " '", "tis", "!"]),
        ("a  b   12\n\n c \n", ["a", " ", " b", "  ", " 12", "\n\n", " c", " ", "\n"]),
        ("caf\u00e9 日本 \u0939\u093f", ["caf\u00e9", " ", "日", "本", " \u0939\u093f"]),
        ("x" * (LONGEST + 5), ["x" * (LONGEST - 1), "x" * 6]),
        ("one--two...three", ["one", "--", "two", "...", "three"]),
    ],
)
def test_a_word_comes_with_the_space_before_it(text: str, words: list[str]) -> None:
    assert splitter("".join(sorted({*text}))).findall(text) == words


@given(OF_THE_ALPHABET | WORDY, st.integers(LONGEST + 2, 40))
def test_it_does_not_matter_where_a_block_ends(text: str, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(longer_tokens, "_BLOCK", block)
        in_blocks = LEARNED["words"].encode(text).ids
    np.testing.assert_array_equal(in_blocks, LEARNED["words"].encode(text).ids)


@both
def test_a_corpus_is_read_as_its_text_is(kind: str) -> None:
    tokenizer, corpus = LEARNED[kind], corpus_of(TEXT)
    ids, replaced = tokenizer.read(corpus, 10, 200)
    np.testing.assert_array_equal(ids, tokenizer.encode(TEXT[10:200]).ids)
    assert replaced == 0


@both
def test_how_far_a_text_is_split_is_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "is_due", lambda pace: True)
    monkeypatch.setattr(longer_tokens, "_BLOCK", 400)
    corpus, recipe, told = corpus_of(TEXT), replace(FAST, tokens=kind), list[TextProgress]()
    tokenizer = KINDS[kind].train(corpus, recipe, told.append)
    training = len(corpus.split(recipe.held_out)[0])
    assert {each.total for each in told if each.doing == "splitting"} == {training}
    assert [each.doing for each in told].count("joining pairs of") == (kind == "pieces")
    learned = len(told)
    tokenizer.read(corpus, 0, training, told.append)
    shares = [each.done / training for each in told[learned:]]
    assert len(shares) > 1
    assert shares == sorted(shares)
    assert told[-1].doing == "splitting"


@both
def test_held_out_text_never_shapes_the_vocabulary(kind: str) -> None:
    training = TEXT[: int(len(TEXT) * 0.9)]
    same, other = (trained(kind, (training + end * 500)[: len(TEXT)]) for end in ("the king ", "zebra "))
    assert same == other
    assert not any("zebra" in token for token in other.longer)


@both
def test_the_vocabulary_is_as_large_as_the_recipe_says_or_as_there_are_words(kind: str) -> None:
    small, large = trained(kind, vocabulary=5), trained(kind, vocabulary=100_000)
    assert 5 == small.learned < large.learned < 500
    assert large.longer[:5] == small.longer[:5]
    assert len(large.encode(TEXT).ids) < len(small.encode(TEXT).ids) < len(TEXT)


def test_the_most_frequent_words_are_learned_and_others_spelled_out() -> None:
    words = trained("words", "the cat and the dog and the bird " * 3 + "a unique word" + " " * 20, 4)
    assert words.words == (" the", " and", " bird", " cat")
    spelled = [words.text_of(token) for token in words.encode("the dog").ids]
    assert spelled == ["t", "h", "e", " do", "g"]


def test_a_rare_word_begins_with_frequent_letters_that_are_no_known_word() -> None:
    words = trained("words", "be we to be, we bewail, we unify a unit, " * 3 + "x" * 30, 2)
    assert (words.words, words.beginnings) == ((" we", " be"), (" bew", " un"))
    assert words.parts == ("2 words", "2 beginnings of words", f"{len(words.characters)} characters")
    spelled = [[words.text_of(token) for token in words.encode(word).ids] for word in (" unity", " bewitch", " arena")]
    assert spelled == [[" un", "i", "t", "y"], [" bew", "i", "t", "c", "h"], [" ", "a", "r", "e", "n", "a"]]
    assert [words.knows(word) for word in (" be", " to", "a")] == [True, False, True]


@both
def test_a_vocabulary_survives_json(kind: str) -> None:
    tokenizer = LEARNED[kind]
    again = KINDS[kind].from_plain(json.loads(json.dumps(tokenizer.to_plain())))
    assert again == tokenizer
    np.testing.assert_array_equal(again.encode(TEXT).ids, tokenizer.encode(TEXT).ids)
    assert not again.lowercase


@both
@pytest.mark.parametrize("tokens", [["a"], ["ab", "ab"], ["a\u2603"], ["ab" * LONGEST], "ab", [3], None])
def test_a_damaged_vocabulary_is_refused(kind: str, tokens: object) -> None:
    characters, name = CharacterTokenizer("ab").to_plain(), "words" if kind == "words" else "merges"
    merges = [[each[:1], each[1:]] for each in tokens] if isinstance(tokens, list) and tokens != [3] else tokens
    plain = {"characters": characters, name: tokens if kind == "words" else merges}
    plain |= {"beginnings": []} if kind == "words" else {}
    if kind == "pieces" and tokens == ["ab", "ab"]:
        return  # the same piece may come of several pairs
    with pytest.raises(TokenizerError):
        KINDS[kind].from_plain(plain)
    for wrong in ({**plain, name: []} | {"more": 1}, {name: []}, [], {"characters": {}, name: []}):
        with pytest.raises(TokenizerError):
            KINDS[kind].from_plain(wrong)


@both
@pytest.mark.parametrize(
    ("text", "read", "prefix"),
    [
        ("the king ", "the king", " "),
        ("the king  ", "the king ", " "),
        ("the king\n", "the king\n", ""),
        ("the king", "the king", ""),
        (" ", "", " "),
        ("", "", ""),
        ("find the cro", "find the", " cro"),
        ("find the crow", "find the", " crow"),
        ("find the zeb", "find the zeb", ""),
        ("the fé", "the fé", ""),
    ],
)
def test_the_end_of_a_seed_may_belong_to_the_next_token(kind: str, text: str, read: str, prefix: str) -> None:
    encoded = LEARNED[kind].encode_seed(text)
    if kind == "pieces" and prefix.strip() and encoded.prefix == "":
        return  # it is a piece itself
    assert (encoded.text, encoded.prefix) == (read, prefix)
    if read:
        np.testing.assert_array_equal(encoded.ids, LEARNED[kind].encode(read).ids)


@both
def test_without_any_text_a_line_begins(kind: str) -> None:
    tokenizer = LEARNED[kind]
    assert [tokenizer.text_of(token) for token in tokenizer.encode_seed("").ids] == ["\n"]
    assert len(trained(kind, "no line ends " * 40).encode_seed("").ids) in (0, 1)


@both
@given(st.sampled_from([" ", " k", "the", " th", "x", "\n", "zebra"]))
def test_the_tokens_that_begin_with_a_text_are_neighbours_in_the_alphabet(kind: str, prefix: str) -> None:
    tokenizer = LEARNED[kind]
    low, beyond = tokenizer.among(prefix)
    expected = {token for token in range(len(tokenizer)) if tokenizer.text_of(token).startswith(prefix)}
    assert {token for token, place in enumerate(tokenizer.order) if low <= place < beyond} == expected


@both
def test_a_seed_from_the_text_does_not_end_within_a_word(kind: str) -> None:
    tokenizer = LEARNED[kind]
    assert tokenizer.without_cut_word("ing find the cro") == "ing find the"
    assert tokenizer.without_cut_word("the king ") == "the king"
    assert tokenizer.without_cut_word("the king cro wn") == "the king"
    assert [tokenizer.without_cut_word(text) for text in ("", "cro")] == ["", "cro"]


@settings(max_examples=30)
@given(st.lists(st.sampled_from([" the", " king", "'s", ",", " find", "\n", " crown", "."])), st.integers(0, 8))
def test_a_text_cut_between_two_words_has_the_same_tokens(words: list[str], cut: int) -> None:
    tokenizer, before, after = LEARNED["words"], "".join(words[:cut]), "".join(words[cut:])
    if (before.endswith("\n") and after.startswith("\n")) or (after.startswith("'") and not before[-1:].isalpha()):
        return
    both_parts = [
        *tokenizer.encode(before).ids.tolist(),
        *tokenizer.encode(before + after).ids[len(tokenizer.encode(before).ids) :],
    ]
    assert tokenizer.encode(before + after).ids.tolist() == both_parts
