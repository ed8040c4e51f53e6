# ruff: noqa: RUF001 - texts in other scripts are what this file is about
from __future__ import annotations

import codecs
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import ReadAs
from corpora.corpus import Corpus, CorpusError
from corpora.formats.format_errors import NotTextError
from corpora.reading.encoding import SAMPLE
from corpora.reading.reader import read_corpus
from corpora.safe_text import OVERSTRIKE, without_sequences
from corpora.sources import BLOCK, from_bytes
from tests.hostile import examples

ENGLISH = "It was the best of times, it was the worst of times; it was the age of wisdom.\n" * 4
FRENCH = "«\xa0L’été dernier, j’ai rencontré un garçon très drôle à Orléans\xa0»… Où vas-tu\xa0?\n" * 4
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n" * 4
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n" * 8


def opened(data: bytes, block: int = BLOCK, **how: Any) -> Corpus:
    return read_corpus(from_bytes("name", "here.txt", data), ReadAs(**how), block=block)


def normalised(text: str, lowercase: bool = False) -> str:
    """What opening a text does to it, in the plainest words."""
    text = OVERSTRIKE.sub("", without_sequences(text.replace("\r\n", "\n").replace("\r", "\n")))
    kept = "".join(
        each for each in text if each in "\n\t" or not (unicodedata.category(each) == "Cc" or each == "\ufeff")
    )
    kept = unicodedata.normalize("NFC", kept)
    return kept.lower() if lowercase else kept


@pytest.mark.parametrize("text", [ENGLISH, FRENCH, RUSSIAN, JAPANESE, "naïve 🦊 עברית\n"])
def test_utf8_text_is_unchanged_and_has_no_notes(text: str) -> None:
    corpus = opened(text.encode())
    assert corpus.text() == text
    assert corpus.notes == ()


@pytest.mark.parametrize(
    ("codec", "mark", "label"),
    [
        ("utf-16-le", codecs.BOM_UTF16_LE, "UTF-16 (little-endian)"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16 (big-endian)"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "UTF-32 (little-endian)"),
        ("utf-32-be", codecs.BOM_UTF32_BE, "UTF-32 (big-endian)"),
    ],
)
@pytest.mark.parametrize("text", [ENGLISH, FRENCH, RUSSIAN, JAPANESE])
def test_a_byte_order_mark_sets_the_encoding_and_is_removed(text: str, codec: str, mark: bytes, label: str) -> None:
    corpus = opened(mark + text.encode(codec))
    assert corpus.text() == text
    assert corpus.notes == (f"Read as {label}.", "Byte-order mark removed.")


def test_the_utf8_byte_order_mark_is_removed() -> None:
    corpus = opened(codecs.BOM_UTF8 + FRENCH.encode())
    assert corpus.text() == FRENCH
    assert corpus.notes == ("Byte-order mark removed.",)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [ENGLISH, FRENCH, RUSSIAN, JAPANESE])
def test_utf16_without_a_mark_is_detected(text: str, codec: str) -> None:
    corpus = opened(text.encode(codec))
    assert corpus.text() == text
    assert "without a byte-order mark" in corpus.notes[0]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("“It’s a test,” he said—and that’s all there is…\n", "cp1252"),
        ("One apostrophe that isn’t ASCII in a page of English.\n" + ENGLISH * 50, "cp1252"),
        (ENGLISH * 1000 + "and far behind, a café.\n", "cp1252"),
        (FRENCH, "cp1252"),
        ("café", "latin-1"),
        ("Ich weiß nicht, was soll es bedeuten, daß ich so traurig bin.\n", "latin-1"),
        ("¿Qué hará el niño mañana? Volverá, quizás, con el corazón más tranquilo.\n", "latin-1"),
    ],
)
def test_western_text_from_before_unicode_is_read_and_reported(text: str, codec: str) -> None:
    corpus = opened(text.encode(codec))
    assert corpus.text() == text
    assert corpus.notes[0].startswith("Read as Western European (cp1252), a guess (confidence ")


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift-jis"),
        (JAPANESE, "euc-jp"),
        ("道可道，非常道。名可名，非常名。无名天地之始；有名万物之母。\n" * 8, "gb18030"),
        (JAPANESE * 400, "shift-jis"),
        (ENGLISH * 1000 + JAPANESE * 400, "shift-jis"),
    ],
)
def test_other_alphabets_from_before_unicode_are_guessed(text: str, codec: str) -> None:
    corpus = opened(text.encode(codec))
    assert corpus.text() == text
    assert corpus.notes[0].startswith("Read as ")


def test_utf8_with_a_few_invalid_bytes_is_still_utf8() -> None:
    damaged = FRENCH.encode() + b"a \x92 b\n" + FRENCH.encode()
    corpus = opened(damaged)
    assert corpus.text() == FRENCH + "a \ufffd b\n" + FRENCH
    assert corpus.notes == ("Bytes that are not valid UTF-8 became '\ufffd' in 1 places.",)


def test_a_cut_off_last_character_of_utf16_is_one_invalid_place() -> None:
    corpus = opened(codecs.BOM_UTF16_LE + ENGLISH.encode("utf-16-le")[:-1])
    assert corpus.text() == ENGLISH[:-1] + "\ufffd"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "JPEG"),
        (b"\x7fELF" + bytes(200), "program"),
        (b"\xa7\r\r\n" + bytes(12) + bytes(range(256)), "encoding is unknown"),
        (bytes(1000), "encoding is unknown"),
        (bytes(range(256)) * 300, "encoding is unknown"),
        (b"\x00\x01\x02\x03" * 100 + b"text", "encoding is unknown"),
    ],
)
def test_bytes_that_are_not_text_are_refused_with_a_clear_message(data: bytes, what: str) -> None:
    with pytest.raises(NotTextError, match=what) as refusal:
        opened(data)
    assert "here.txt is not text" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("data", [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_text_says_so(data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"here.txt is empty"):
        opened(data)


@pytest.mark.parametrize(("data", "shown"), [(b"aaaa", "'a'"), (b"\n\r\n", "U\\+000A"), (b"a\0", "'a'")])
def test_a_text_of_one_distinct_character_is_refused(data: bytes, shown: str) -> None:
    with pytest.raises(CorpusError, match=f"only one distinct character, {shown}"):
        opened(data)


def test_thirty_characters_are_a_text() -> None:
    text = "thirty characters, no more, ok"
    assert len(opened(text.encode())) == 30


def test_line_ends_become_lf_and_are_reported() -> None:
    corpus = opened(b"one\r\ntwo\rthree\nfour\r")
    assert corpus.text() == "one\ntwo\nthree\nfour\n"
    assert corpus.notes == ("Windows line ends (CRLF) became LF.", "Bare carriage returns (CR) became LF.")


def test_control_characters_are_removed() -> None:
    text = ENGLISH + "null \0 bell \a csi \x9b\n delete \x7f mark \ufeff tab \t next \x85 lone \x1b\n"
    corpus = opened(text.encode())
    assert corpus.text() == ENGLISH + "null  bell  csi \n delete  mark  tab \t next  lone \n"
    assert corpus.notes == ("Control characters removed: 7.",)


def test_lower_casing_is_pythons_and_is_reported_if_it_changed_the_text() -> None:
    text = "ÅNGSTRÖM İstanbul ὈΔΥΣΣΕΎΣ ΣΑΣ"
    corpus = opened(text.encode(), lowercase=True)
    assert corpus.text() == text.lower()
    assert corpus.notes == ("Capital letters became lower case.",)
    assert opened(b"all small", lowercase=True).notes == ()


def test_rare_characters_become_the_replacement_character() -> None:
    corpus = opened("aaabbb\u0332ccxy€".encode(), min_count=2)
    assert corpus.text() == "aaabbb\ufffdcc\ufffd\ufffd\ufffd"
    assert corpus.unknown == "\ufffd"
    assert corpus.unknown in corpus.alphabet
    assert corpus.notes == (
        "Characters seen fewer than 2 times became '\ufffd': 'x', 'y', U+0332, '€' (4 distinct, 4 in total). "
        "That is 33% of the text: choose a smaller minimum count.",
    )
    assert opened(b"aaabbb" * 9 + b"xy", min_count=2).notes[-1].endswith("'y' (2 distinct, 2 in total).")


def test_there_is_no_replacement_character_if_none_was_rare() -> None:
    assert opened(b"aabb", min_count=2).unknown is None


def test_replacing_every_character_is_refused() -> None:
    with pytest.raises(CorpusError, match="fewer than 5 times"):
        opened(b"abc", min_count=5)


def test_characters_are_counted_after_lower_casing() -> None:
    assert opened(b"Aa Bb", lowercase=True, min_count=2).text() == "aa\ufffdbb"


@pytest.mark.parametrize("block", [1, 5, BLOCK])
def test_only_the_first_characters_are_read_where_that_is_asked_for(block: int) -> None:
    source = from_bytes("name", "here.txt", "Aé\r\nBbCc".encode())
    corpus = read_corpus(source, ReadAs(lowercase=True, length=5), block=block)
    assert corpus.text() == "aé\nbb"
    assert corpus.notes[-1] == "Only the first 5 characters were read."
    whole = read_corpus(source, ReadAs(length=7), block=block)
    assert (whole.text(), whole.notes) == ("Aé\nBbCc", ("Windows line ends (CRLF) became LF.",))


def test_an_encoding_is_detected_beyond_the_sample() -> None:
    text = "a" * (SAMPLE - 1) + "é" + "b" * SAMPLE
    assert opened(text.encode()).text() == text


PRINTABLE = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t \n\rΣσΑİ")
CONTROLS = st.characters(categories=["Cc"])


@st.composite
def unicode_texts(draw: st.DrawFn) -> str:
    """Any Unicode, with few enough control characters to be a text at all."""
    pieces = draw(st.lists(st.text(PRINTABLE, min_size=15, max_size=30), max_size=6))
    return "".join(piece + draw(st.text(CONTROLS, max_size=1)) for piece in pieces)


def assert_reads_as(data: bytes, text: str, lowercase: bool) -> None:
    expected = normalised(text, lowercase)
    if len(set(expected)) < 2:
        with pytest.raises(CorpusError):
            opened(data, lowercase=lowercase)
    else:
        corpus = opened(data, lowercase=lowercase)
        assert corpus.text() == expected
        assert corpus.alphabet == "".join(sorted(set(expected)))


@given(unicode_texts(), st.booleans())
def test_any_unicode_text_is_read_from_utf8(text: str, lowercase: bool) -> None:
    assert_reads_as(text.encode(), text, lowercase)


@given(unicode_texts(), st.booleans(), st.sampled_from(["utf-16", "utf-32"]))
def test_any_unicode_text_is_read_from_encodings_with_a_mark(text: str, lowercase: bool, codec: str) -> None:
    assert_reads_as(text.encode(codec), text, lowercase)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), st.text(PRINTABLE, max_size=20))
def test_mostly_ascii_text_is_read_from_utf16_without_a_mark(ascii_text: str, other: str) -> None:
    text = ascii_text * (1 + len(other)) + other
    for codec in ("utf-16-le", "utf-16-be"):
        assert_reads_as(text.encode(codec), text, lowercase=False)


def opened_or_refused(data: bytes) -> Corpus | str:
    """The corpus, or the message of the error."""
    try:
        return opened(data)
    except CorpusError as refusal:
        return str(refusal)


def assert_fit_to_show(result: Corpus | str) -> None:
    if isinstance(result, str):
        assert result.isprintable()
        assert "here.txt" in result
    else:
        assert len(result) >= 2
        assert result.text().encode()
        assert not any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in result.alphabet)


@examples(300)
@given(st.sampled_from([b"", b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE]), st.binary(max_size=400))
def test_any_bytes_are_a_text_or_a_clear_refusal(mark: bytes, data: bytes) -> None:
    assert_fit_to_show(opened_or_refused(mark + data))


@given(st.binary(min_size=1, max_size=200).map(lambda data: data.replace(b"\0", b"a")))
def test_any_bytes_after_a_text_are_read_or_clearly_refused(tail: bytes) -> None:
    assert_fit_to_show(opened_or_refused(ENGLISH.encode() + tail))


@given(unicode_texts(), st.booleans(), st.integers(1, 40), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_the_block_size_does_not_change_the_result(text: str, lowercase: bool, block: int, codec: str) -> None:
    data = (text + "ends ab\r\n").encode(codec)
    whole, in_blocks = opened(data, lowercase=lowercase), opened(data, lowercase=lowercase, block=block)
    assert in_blocks.digest() == whole.digest()
    assert in_blocks.notes == whole.notes
