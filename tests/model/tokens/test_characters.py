import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.tokens.characters import CharacterTokenizer
from model.tokens.tokenizer import TokenizerError

LETTERS = CharacterTokenizer("abcdefghijklmnopqrstuvwxyz '\"-?\n", None, lowercase=True)

alphabets = st.text(min_size=1, max_size=30).map(lambda text: "".join(dict.fromkeys(text)))
any_text = st.text(st.characters(exclude_categories=()), max_size=200)


@st.composite
def tokenizers(draw: st.DrawFn) -> CharacterTokenizer:
    alphabet = draw(alphabets)
    unknown = draw(st.none() | st.sampled_from(alphabet))
    return CharacterTokenizer(alphabet, unknown, draw(st.booleans()))


@given(tokenizers(), any_text, st.booleans())
def test_any_text_is_read_character_by_character(tokenizer: CharacterTokenizer, text: str, relatives: bool) -> None:
    encoded = tokenizer.encode(text, relatives=relatives)
    assert encoded.ids.dtype == np.int32
    assert len(encoded.ids) == len(encoded.text) == len(text)
    assert encoded.text == tokenizer.decode(encoded.ids)
    for offset, (given_one, read) in enumerate(zip(text, encoded.text, strict=True)):
        assert read in tokenizer.alphabet
        if offset in encoded.replaced:
            assert given_one not in tokenizer.alphabet
        else:
            assert read == given_one or (tokenizer.lowercase and read == given_one.lower())


@given(tokenizers(), st.data())
def test_text_of_the_alphabet_comes_back_unchanged(tokenizer: CharacterTokenizer, data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from(tokenizer.alphabet)))
    encoded = tokenizer.encode(text)
    assert (encoded.text, encoded.replaced) == (text, ())


@given(tokenizers())
def test_a_vocabulary_survives_json(tokenizer: CharacterTokenizer) -> None:
    assert CharacterTokenizer.from_plain(json.loads(json.dumps(tokenizer.to_plain()))) == tokenizer


@pytest.mark.parametrize(
    ("text", "read", "replaced"),
    [
        ("God is Dead", "god is dead", ()),
        ("\u201cdon\u2019t\u201d", '"don\'t"', (0, 4, 6)),
        ("caf\u00e9 \u00c9", "cafe e", (3, 5)),
        ("a\u2014b\u2212c", "a-b-c", (1, 3)),
        ("a\tb\u00a0c", "a b c", (1, 3)),
        ("snow \u2603", "snow ?", (5,)),
        ("\u0130x", "ix", (0,)),
        ("\ud800", "?", (0,)),
    ],
)
def test_the_nearest_known_character_is_read(text: str, read: str, replaced: tuple[int, ...]) -> None:
    assert LETTERS.encode(text)[1:3] == (read, replaced)


def test_the_other_case_and_curly_quotes_stand_in_where_only_they_are_known() -> None:
    tokenizer = CharacterTokenizer("ABC\u2019", None, lowercase=False)
    assert tokenizer.encode("abc'").text == "ABC\u2019"


@pytest.mark.parametrize(
    ("alphabet", "unknown", "read"),
    [
        ("ab?\ufffd", "\ufffd", "\ufffd"),
        ("ab?_*", None, "?"),
        ("ab*.", None, "*"),
        ("ab ", None, " "),
        ("ba", None, "b"),
    ],
)
def test_a_character_without_relatives_becomes_a_visible_stand_in(
    alphabet: str, unknown: str | None, read: str
) -> None:
    assert CharacterTokenizer(alphabet, unknown).encode("\u4e00").text == read


@pytest.mark.parametrize(
    ("alphabet", "text", "read"),
    [
        ("\nJLacenu", "Jean-Luc", "JeaneLuc"),
        ("\nJLacnu", "Ja Luc\n", "JaJLuc\n"),
        ("\n ab", "a-b\u2028", "a b "),
        ("\n\u241e\u00e9", "a", "\u00e9"),
        ("\n\u241e!", "a\tb", "!!!"),
    ],
)
def test_no_unknown_character_becomes_the_end_of_a_line_or_of_a_text(alphabet: str, text: str, read: str) -> None:
    assert CharacterTokenizer(alphabet).encode(text).text == read
    assert CharacterTokenizer(alphabet).encode(text, relatives=False).text == read


def test_a_score_reads_rare_characters_as_training_did() -> None:
    tokenizer = CharacterTokenizer("abe\ufffd", "\ufffd")
    assert tokenizer.encode("\u00e9").text == "e"
    assert tokenizer.encode("\u00e9", relatives=False).text == "\ufffd"


def test_offsets_are_right_across_blocks() -> None:
    text = "a" * ((1 << 20) + 5) + "\u2603" + "a"
    encoded = LETTERS.encode(text)
    assert encoded.replaced == ((1 << 20) + 5,)
    assert encoded.text == text.replace("\u2603", "?")


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        {},
        {"alphabet": "ab"},
        {"alphabet": "", "unknown": None, "lowercase": False},
        {"alphabet": "aa", "unknown": None, "lowercase": False},
        {"alphabet": "ab", "unknown": "c", "lowercase": False},
        {"alphabet": "ab", "unknown": "ab", "lowercase": False},
        {"alphabet": "ab", "unknown": None, "lowercase": 1},
        {"alphabet": ["a", "b"], "unknown": None, "lowercase": False},
        {"alphabet": "a\ud800", "unknown": None, "lowercase": False},
        {"alphabet": "ab", "unknown": None, "lowercase": False, "more": 1},
    ],
)
def test_an_invalid_vocabulary_is_refused(plain: object) -> None:
    with pytest.raises(TokenizerError):
        CharacterTokenizer.from_plain(plain)


@pytest.mark.parametrize("ids", [[-1], [3], [0, 99]])
def test_ids_outside_the_alphabet_are_refused(ids: list[int]) -> None:
    with pytest.raises(IndexError):
        CharacterTokenizer("abc").decode(ids)
