"""Which encoding a text is taken for, what is said of a guess, and how the user overrules it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from encodings.aliases import aliases

import pytest

from corpora.corpus import Corpus, CorpusError
from corpora.reading.encoding import BLOCK, SAMPLE, as_served, detect
from corpora.reading.encoding_names import check_encoding, codec_of
from corpora.reading.guessing import telling_passage
from corpora.reading.read_as import ReadAs
from corpora.reading.reader import read_corpus
from corpora.sources import from_bytes
from tests.corpora.reading.language_texts import Case, coloured_cases, languages, old_cases, text_of, wide_cases


def opened(data: bytes, encoding: str = "") -> Corpus:
    return read_corpus(from_bytes("name", "here.txt", data), ReadAs(encoding=encoding))


def codec_for(data: bytes) -> str:
    return detect(from_bytes("name", "here.txt", data).parts[0]).codec


def wrong(cases: list[Case]) -> list[str]:
    """The cases that are read wrongly, and as what."""
    found = [(case, codec_for(case.data)) for case in cases]
    return [f"{case.name}: {codec}" for case, codec in found if not case.is_read_as(codec)]


@pytest.mark.parametrize("language", languages())
def test_no_text_is_read_in_a_wrong_encoding(language: str) -> None:
    every = (*old_cases(1000), *wide_cases(300), *coloured_cases(2000))
    assert wrong([case for case in every if case.language == language]) == []


def test_a_passage_behind_a_megabyte_of_ascii_decides() -> None:
    ascii_lines = "Nothing of this tells one encoding from another.\n" * (BLOCK // 40)
    text = ascii_lines + text_of("Polish", "iso8859_2", 4000)
    assert codec_for(text.encode("iso8859_2")) == "iso8859-2"


def test_a_line_longer_than_the_sample_is_cut_between_any_two_bytes() -> None:
    for odd in ("", "a"):
        text = odd + text_of("Chinese", "gb18030", 3 * SAMPLE).replace("\n", "")
        assert text.encode("gb18030").decode(codec_for(text.encode("gb18030"))) == text


def test_a_guess_is_said_with_its_confidence_and_a_passage_that_shows_it() -> None:
    data = text_of("Russian", "koi8_r", 1000).encode("koi8_r")
    (note,) = opened(data).notes
    assert note.startswith("Read as Cyrillic (koi8-r), a guess (confidence 0.")
    assert note.endswith("”. If it reads wrong, add --encoding NAME.")
    passage = note.partition("“")[2].partition("”")[0]
    assert passage in data.decode("koi8_r")
    assert sum(not each.isascii() for each in passage) > 20


def test_a_close_second_guess_is_named_with_the_option_that_chooses_it() -> None:
    data = text_of("Russian", "mac_cyrillic", 1000).encode("mac_cyrillic")
    (note,) = opened(data).notes
    assert "Nearly as likely is Cyrillic (cp1251, 0." not in note
    assert "Nearly as likely is Cyrillic (cp1251), 0." in note
    assert note.endswith("add --encoding cp1251.")
    corpus = opened(data, "cp1251")
    assert corpus.text() == data.decode("cp1251")
    assert corpus.notes[0].startswith("Read as Cyrillic (cp1251): “")


@pytest.mark.parametrize("text", ["déjà vu", "naïve café", "über", "El niño"])
def test_a_few_words_in_latin_letters_are_no_cyrillic_in_the_middle_of_them(text: str) -> None:
    corpus = read_corpus(from_bytes("name", "text", text.encode("latin-1")))
    assert corpus.text() == text


def test_what_is_certain_is_no_guess() -> None:
    assert opened("naïve café\n".encode()).notes == ()
    encoding = opened("naïve café\n".encode("utf-16")).encoding
    assert encoding is not None
    assert (encoding.codec, encoding.guess) == ("utf-16", None)


def test_the_excerpt_has_letters_outside_ascii_and_nothing_that_a_terminal_obeys() -> None:
    text = "plain words\n" * 50 + "a \x1b[31mna\u00efve\x1b[0m caf\u00e9\x07 \u202e" + "x" * 100 + "\n"
    passage = telling_passage(text)
    assert "naïve café" in passage
    assert passage.isprintable()
    assert telling_passage("plain\n") == "plain"
    assert telling_passage("") == ""


@pytest.mark.parametrize("before", ["plain words here\n" * 600, "plain words here " * 600, "plain words " * 9000])
@pytest.mark.parametrize("after", ["", " au lait", "\n" + "more plain words\n" * 600])
def test_a_single_letter_outside_ascii_is_in_the_excerpt(before: str, after: str) -> None:
    encoding = opened(f"{before}un caf\xe9{after}".encode("latin-1")).encoding
    assert encoding is not None
    assert "un caf\xe9" in encoding.passage


def test_the_encoding_that_is_named_is_obeyed_though_another_would_be_guessed() -> None:
    data = text_of("Czech", "cp1250", 1000).encode("cp1250")
    assert opened(data, "latin2").text() == data.decode("iso8859-2").translate(dict.fromkeys(range(0x80, 0xA0)))
    assert opened("naïve\n".encode(), "cp1252").text() == "naÃ¯ve\n"


def test_bytes_that_are_not_valid_in_the_named_encoding_are_said() -> None:
    corpus = opened(b"caf\xe9 and cafe\n", "utf-8")
    assert corpus.text() == "caf\ufffd and cafe\n"
    assert corpus.notes == ("Bytes that are not valid UTF-8 became '\ufffd' in 1 places.",)


def test_a_mark_of_the_named_encoding_is_no_part_of_the_text() -> None:
    assert opened("\ufeffcafé".encode(), "utf8").text() == "café"
    assert opened("\ufeffcafé".encode("utf-16-be"), "utf-16").text() == "café"


def test_bytes_that_are_no_text_in_the_named_encoding_are_refused() -> None:
    with pytest.raises(CorpusError, match=r"not text in the encoding cp1252\. Leave out --encoding"):
        opened(bytes(range(256)) * 9, "cp1252")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_of_a_wide_encoding_without_a_mark_the_order_of_the_bytes_is_asked_for(encoding: str) -> None:
    with pytest.raises(CorpusError, match=f"--encoding {encoding}-le or {encoding}-be"):
        opened("na\u00efve caf\u00e9\n".encode(f"{encoding}-le"), encoding)


@pytest.mark.parametrize("charset", ["utf-16", "utf-32"])
def test_a_wide_encoding_that_is_named_for_bytes_without_a_mark_is_not_obeyed(charset: str) -> None:
    part = from_bytes("name", "here.txt", "naïve café\n".encode("latin-1")).parts[0]
    assert as_served(part, charset) is None
    assert detect(replace(part, charset=charset)).codec == "cp1252"
    with pytest.raises(CorpusError, match="is not text"):
        as_served(from_bytes("name", "here.txt", bytes(range(256)) * 9).parts[0], charset)


def test_a_text_of_which_most_is_not_valid_in_the_named_encoding_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"^Most of here\.txt is not valid in the encoding ascii\. Leave out --enc"):
        opened("\u4e2d\u6587\u7684\u6587\u5b57, \u5f88\u597d\n".encode() * 9, "ascii")


@pytest.mark.parametrize("data", [b"plain words\n", b"a", bytes(range(128, 256)), "\u4e2d\u6587".encode("utf-16")])
def test_every_encoding_reads_any_bytes_or_refuses_them_in_a_sentence(data: bytes) -> None:
    for name in sorted(set(aliases.values())):
        with contextlib.suppress(LookupError, CorpusError):
            opened(data, codec_of(name))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("utf9", "Did you mean utf-8?"),
        ("ansi", "Did you mean cp1252?"),
        ("klingon", "Name it as Python does, for example utf-8"),
        ("rot13", "Name it as Python does"),
        ("undefined", "There is no encoding 'undefined'"),
        ("utf\0", "There is no encoding 'utf?'"),
    ],
)
def test_an_unknown_encoding_is_refused_with_the_nearest_names(name: str, hint: str) -> None:
    with pytest.raises(CorpusError) as refusal:
        ReadAs(encoding=name)
    assert hint in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_every_name_that_is_suggested_is_an_encoding() -> None:
    for name in ("utf9", "ansi", "unicode", "mac", "windows", "windows-1525", "iso8860", "koi7", "big6"):
        with pytest.raises(CorpusError) as refusal:
            check_encoding(name)
        for suggested in str(refusal.value).partition("Did you mean ")[2].rstrip("?").split(" or "):
            assert not suggested or codec_of(suggested) == suggested


def test_an_empty_part_is_utf8() -> None:
    assert codec_for(b"") == "utf-8"
