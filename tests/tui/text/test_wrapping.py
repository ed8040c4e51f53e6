"""What characters look like in a terminal, and where rows end."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import accumulate, pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import iter_graphemes

from tui.terminal import own_cells
from tui.terminal.own_cells import emoji_in
from tui.text.wrapping import harmless, show, wrap, wrap_sentence

WIDE = "\u3000漢字あ가🙂👩"
MARKS = "\u0301\u0308"
UNPRINTABLE = "\t\r\x1b\x00\x7f\x85\x9b\u202e\u2066\u2028\ud800\uffff"
ODD = MARKS + WIDE + UNPRINTABLE + "\u200d\ufe0f\u200b🏽🇫🇷\u00ad\u00a0"
FAMILY = "👨\u200d👩\u200d👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
EMOJI = [
    FAMILY,
    "🇩🇪",
    "🇫🇷",
    "1\ufe0f\u20e3",
    "👍🏽",
    "❤\ufe0f\u200d🔥",
    "🏳\ufe0f\u200d🌈",
    "©\ufe0f",
    "👩🏽\u200d🚀",
    ENGLAND,
]
LETTERS = ["e\u0323\u0301", " \u0301", "한", "\u1112\u1161\u11ab", "\u0e19\u0e49\u0e33", "\u0915\u094d\u0937\u093f"]
PIECES = [*"ab \n", *EMOJI, *LETTERS, *"".join(EMOJI + LETTERS)]
"""Whole ones, and their parts in any order, as a model writes them."""
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.text(alphabet=st.sampled_from("ab   \n"), max_size=200),
    st.text(alphabet=st.sampled_from("ab cd\n" + ODD), max_size=120),
    st.text(alphabet=st.characters(), max_size=80),
)
WIDTHS = st.integers(2, 30)


@pytest.fixture(autouse=True, params=[True, False], ids=["joins", "parts"])
def terminal_that_joins(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """Whether the terminal shows a family as one."""
    monkeypatch.setattr(own_cells, "_this_terminal_joins", lambda: request.param)
    own_cells.emoji_in.cache_clear()
    yield request.param
    own_cells.emoji_in.cache_clear()


@given(TEXTS)
@settings(deadline=None)
@example(ODD)
def test_nothing_raw_reaches_the_terminal(text: str) -> None:
    text = text.replace("\n", "")
    for ascii_only in (False, True):
        glyphs, cells = show(text, ascii_only)
        assert len(glyphs) == len(text)
        assert cell_len(glyphs) == (len(text) if cells is None else sum(cells))
        for part in (part for cluster in iter_graphemes(glyphs) for part in emoji_in(cluster)):
            for glyph in part.text if not part.cells else "":
                assert glyph == "\u200c" or unicodedata.category(glyph) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        glyphs.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain “text” Größe мир…", "plain “text” Größe мир…"),
        ("a\tb", "a→b"),
        ("\x1b[31m\r\x00\x7f", "␛[31m␍␀␡"),
        ("\x9b\u202e\u2066\u2028\ud800\ufffe", "������"),
        ("e\u0301", "e\u0301"),
        ("\u0301e", "◌e"),
        ("🇫🇷", "🇫🇷"),
        ("🇫 🇷🇪🇸", "F 🇷🇪S"),
        ("👩\u200d a\u200db", "👩\u200c a\u200cb"),
        ("1\ufe0f\u20e3 1\ufe0f a\ufe0f", "1\ufe0f\u20e3 1\u200c a\u200c"),
        ("a\u00a0b\u00adc", "a b-c"),
    ],
)
def test_unprintable_characters_are_shown_as_something_harmless(text: str, shown: str) -> None:
    assert show(text)[0] == shown


def test_emoji_are_joined_where_the_terminal_joins_them(terminal_that_joins: bool) -> None:
    if terminal_that_joins:
        assert show(f"{FAMILY}!") == (f"{FAMILY}!", [2, 0, 0, 0, 0, 1])
    else:
        assert show(f"{FAMILY}!") == ("👨\u200c👩\u200c👧!", [2, 0, 2, 0, 2, 1])
    assert wrap(f"ab{FAMILY}", 7) == ["ab", FAMILY], "with room for its parts, as no terminal is known for sure"


def test_what_stands_for_a_character_can_be_plain_ascii() -> None:
    assert show("a\tb\x1b\u202e\u0301\u0301", ascii_only=True)[0] == "a b???\u0301", "an accent needs a letter"
    assert show("\u0301", ascii_only=True)[0] == "?"
    assert show(ODD, ascii_only=True)[1] == show(ODD)[1]


def test_a_pile_of_combining_marks_grows_no_taller_than_eight() -> None:
    cells = show("e" + "\u0301" * 100)[1]
    assert cells is not None
    assert sum(cells) == 1 + 100 // 9


@given(TEXTS, WIDTHS)
@settings(deadline=None)
def test_rows_fit_and_put_together_are_the_text(text: str, width: int) -> None:
    rows = wrap(text, width)
    assert "".join(rows) == text
    for row in rows[:-1]:
        assert row
    for row in rows:
        line = row.removesuffix("\n")
        assert "\n" not in line
        glyphs = show(line)[0]
        past = cell_len(glyphs) - width
        bare = "".join(each for each in glyphs if cell_len(each))
        assert past <= 0 or (past == 1 and bare.endswith(" "))


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), WIDTHS)
@settings(deadline=None)
@example("a" * 6 + FAMILY * 3, 8)
def test_no_row_ends_within_what_is_read_as_one_character(text: str, width: int) -> None:
    clusters = list(iter_graphemes(text))
    assume(all(cells_of(cluster) <= width for cluster in clusters))
    rows = wrap(text, width)
    assert "".join(rows) == text
    assert {*accumulate(map(len, rows))} <= {0, *accumulate(map(len, clusters))}
    assert all(cells_of(row) <= width + (" " in row) for row in rows)


def cells_of(row: str) -> int:
    glyphs, cells = show(row.removesuffix("\n"))
    return sum(cells or [1] * len(glyphs))


@given(TEXTS, TEXTS, WIDTHS)
@settings(deadline=None)
def test_more_text_changes_only_the_last_row(before: str, more: str, width: int) -> None:
    rows = wrap(before, width)
    assert rows[:-1] + wrap(rows[-1] + more, width) == wrap(before + more, width)


@given(st.text(alphabet=st.sampled_from("abc  "), max_size=100), WIDTHS)
@settings(deadline=None)
def test_a_word_is_broken_only_where_it_is_longer_than_a_row(text: str, width: int) -> None:
    rows = wrap(text, width)
    for row, following in pairwise(rows):
        if not row.endswith(" ") and not following.startswith(" "):
            assert len(row) == width
            assert " " not in row


@given(st.text(alphabet=st.sampled_from("abc  \n"), max_size=100), WIDTHS)
@settings(deadline=None)
def test_the_quick_way_for_plain_text_ends_rows_where_the_careful_one_does(text: str, width: int) -> None:
    plain, careful = wrap(text, width), wrap(text.replace("a", "\u00a0"), width)  # as wide, not plain
    assert [len(row) for row in plain] == [len(row) for row in careful]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [""]),
        ("to be\n", ["to be\n", ""]),
        ("\n\n", ["\n", "\n", ""]),
        ("to be or not", ["to be or ", "not"]),
        ("to be then now", ["to be then ", "now"]),
        ("incomprehensible", ["incomprehe", "nsible"]),
        ("漢字漢字漢字", ["漢字漢字漢", "字"]),
        ("ab 漢字漢字漢字", ["ab 漢字漢", "字漢字"]),
        ("aaaaaaaaa漢", ["aaaaaaaaa", "漢"]),
        ("cafe\u0301s cafe\u0301s", ["cafe\u0301s ", "cafe\u0301s"]),
        ("a" + " " * 20, ["a" + " " * 10, " " * 10]),
    ],
)
def test_rows_of_ten_cells(text: str, rows: list[str]) -> None:
    assert wrap(text, 10) == rows


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain, \u05e9\u05dc\u05d5\u05dd, e\u0301 \U0001f468\u200d\U0001f469\n\tso\u00adft", None),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("a\x1b[2Jb\x00\x85\x9b\x1b", "ab\ufffd\ufffd\ufffd\ufffd"),
        ("a\u202eb\u2028c\ud800d", "a\ufffdb\ufffdc\ufffdd"),
    ],
)
def test_only_what_a_terminal_obeys_is_taken_out_of_a_seed(text: str, kept: str | None) -> None:
    assert harmless(text) == (text if kept is None else kept)


@pytest.mark.parametrize(
    ("sentence", "width", "rows"),
    [
        ("kept in ~/.local/share/charlstm/runs/a-b-1", 20, ["kept in", "~/.local/share/", "charlstm/runs/a-b-1"]),
        ("kept in /x", 20, ["kept in /x"]),
        ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
        ("", 10, [""]),
    ],
)
def test_a_sentence_breaks_at_spaces_and_its_paths_at_separators(sentence: str, width: int, rows: list[str]) -> None:
    assert wrap_sentence(sentence, width) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("abc\u0915\u093f", ["abc", "\u0915\u093f"]),  # a consonant and its vowel sign
        ("ab\u0e19\u0e49\u0e33", ["ab\u0e19\u0e49\u0e33"]),
        ("abc\u0e19\u0e49\u0e33", ["abc", "\u0e19\u0e49\u0e33"]),  # with a tone between them
        ("ab\U0001f469\u200d\U0001f680", ["ab", "\U0001f469\u200d\U0001f680"]),
        ("\u093f" * 5, ["\u093f" * 4, "\u093f"]),  # nothing to break before
    ],
)
def test_a_row_does_not_end_within_what_is_read_as_one_character(text: str, rows: list[str]) -> None:
    assert wrap(text, 4) == rows
