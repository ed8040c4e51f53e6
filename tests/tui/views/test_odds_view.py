"""The table of odds: bars, percentages, what is cut, and tokens that could not be seen."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tui.engine.writing.branching.odds import Likeliest, Odds, OddsRow
from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.views.odds_view import choice_key, heads, table, token_name, uncertainty

LIKELIEST = Likeliest(
    (
        OddsRow(1, " ", 0.41, 0.47, ""),
        OddsRow(5, "e", 0.12, 0.13, ""),
        OddsRow(2, ",", 0.08, 0.07, ""),
        OddsRow(9, "t", 0.009, 0.0, "min-p"),
        OddsRow(0, "\n", 0.0001, 0.0, "min-p"),
    ),
    2.1,
)


def lines(
    width: int = 60, rows: int = 10, *, signs: Glyphs = UNICODE, chosen: int | None = None, there: int | None = None
) -> list[str]:
    shown = table(LIKELIEST, width, rows, signs=signs, chosen=chosen, there=there)
    return ["".join(piece.text for piece in row) for row in shown]


def test_each_token_has_a_bar_before_and_after_sampling() -> None:
    space, e, *_ = lines(61)
    assert space.split() == ["␣", "█" * 8 + "▋", "41%", "→", "█" * 9 + "▉", "47%"]
    assert e.index("→") == space.index("→"), "bars begin in one column"


def test_what_a_filter_cut_says_so_and_looks_different() -> None:
    assert lines()[3].endswith("cut by min-p")
    row = table(LIKELIEST, 60, 10, signs=UNICODE, chosen=None)[3]
    assert {piece.look for piece in row} == {"key", "cut"}


@pytest.mark.parametrize(("width", "signs"), [(36, UNICODE), (60, UNICODE), (92, UNICODE), (40, ASCII), (92, ASCII)])
def test_no_row_is_wider_than_there_is_room_for(width: int, signs: Glyphs) -> None:
    for rows in (10, 2):
        assert all(cell_len(line) <= width for line in lines(width, rows, signs=signs, chosen=1))


def test_no_more_rows_than_there_is_room_for_and_the_list_scrolls_under_the_mark() -> None:
    assert len(lines(rows=3)) == 3
    assert [line[:2] for line in lines(rows=3, chosen=2)] == [" 1", " 2", "▸3"]
    assert [line[:2] for line in lines(rows=3, chosen=4)] == [" 3", " 4", "▸5"]
    assert lines(rows=3, chosen=2)[-1].endswith("… 2 more")
    assert not any("more" in line for line in (*lines(rows=3), *lines(rows=3, chosen=4)))


@pytest.mark.parametrize("signs", [UNICODE, ASCII])
def test_how_many_more_there_are_is_said_in_a_form_that_fits(signs: Glyphs) -> None:
    whole = f"{signs.ellipsis} 3 more"
    for width in range(20, 60):
        line = lines(width, 2, signs=signs, chosen=1)[-1]
        rest = line.partition(signs.arrow)[2].partition("%")[2].strip()
        assert rest in (whole, whole.removesuffix(" more"), "")
    assert lines(60, 2, signs=signs, chosen=1)[-1].endswith(whole)


def test_while_the_user_chooses_digits_and_the_chosen_row_are_named() -> None:
    assert [line[:2] for line in lines(chosen=2)] == [" 1", " 2", "▸3", " 4", " 5"]
    assert {line[:2] for line in lines()} == {"  "}
    assert [choice_key(place) for place in range(11)] == [*"1234567890", ""]


@pytest.mark.parametrize(("signs", "mark"), [(UNICODE, "•"), (ASCII, "*")])
def test_the_token_that_stands_there_is_marked_and_the_mark_explained(signs: Glyphs, mark: str) -> None:
    assert [line[2] for line in lines(signs=signs, chosen=0, there=5)] == [" ", mark, " ", " ", " "]
    (row, *_) = table(LIKELIEST, 60, 10, signs=signs, chosen=0)
    (head,) = heads(row, 60, mark)
    assert head.text.endswith(f"  {mark} in the text")
    assert cell_len(head.text) <= 60
    assert [mark in heads(row, *room)[0].text for room in ((40, mark), (60, ""))] == [False, mark == ""]


def test_ascii_needs_nothing_else() -> None:
    assert all(line.isascii() for line in lines(signs=ASCII, chosen=0))
    assert lines(signs=ASCII)[4].split()[0] == "newline"


@pytest.mark.parametrize(
    ("text", "fine", "plain"),
    [
        (" ", "␣", "space"),
        ("\n", "⏎", "newline"),
        ("\t", "⇥", "tab"),
        ("a", "a", "a"),
        (" the", "␣the", " the"),
        ("\u200d", "joiner", "joiner"),
        ("\U0001f3fd", "U+1F3FD", "U+1F3FD"),
        ("👍🏽", "👍🏽", "👍🏽"),
    ],
)
def test_tokens_that_could_not_be_seen_are_made_visible(text: str, fine: str, plain: str) -> None:
    assert (token_name(text, ascii_only=False), token_name(text, ascii_only=True)) == (fine, plain)


def test_a_bar_grows_with_its_probability_and_never_vanishes() -> None:
    small = Likeliest((OddsRow(1, "a", 1e-9, 0.2, ""), OddsRow(2, "b", 1e-9, 0.1, "")), 1.0)
    (first, second) = table(small, 60, 10, signs=UNICODE, chosen=None)
    assert first[2].text == "▏"
    assert len(first[5].text) > len(second[5].text)


@pytest.mark.parametrize(("bits", "words"), [(0.0, "about 1 way"), (1.0, "about 2 ways"), (2.1, "about 4 ways")])
def test_entropy_is_said_in_bits_and_in_ways(bits: float, words: str) -> None:
    odds = Odds(0, 0, None, LIKELIEST._replace(entropy=bits))
    assert uncertainty(odds) == [f"entropy {bits:.1f} bits, {words}", f"{bits:.1f} bits, {words}", f"{bits:.1f} bits"]


def test_equal_probabilities_have_equal_bars_whatever_else_is_in_the_list() -> None:
    def bars(most: float) -> list[str]:
        listed = Likeliest((OddsRow(1, "a", most, most, ""), OddsRow(2, "b", 0.1, 0.1, "")), 1.0)
        _, (_, _, before, _, _, after, _) = table(listed, 60, 10, signs=UNICODE, chosen=None)
        return [before.text, after.text]

    assert bars(0.2) == bars(0.9)
    (full,) = table(Likeliest((OddsRow(1, "a", 1.0, 1.0, ""),), 0.0), 60, 10, signs=ASCII, chosen=None)
    assert len(full[2].text) == len(full[5].text) == (60 - 19) // 2
