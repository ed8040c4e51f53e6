"""The line of the screen that chooses a text: several texts in it, as a shell would read them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.tui.driving import until
from tests.tui.screens.made_new_runs import MadeNewRuns
from tests.tui.widgets.test_keys_in_order import type_at_once
from tui.launch import Launch
from tui.screens.starting.text_screen import TextScreen, line_of, texts_of
from tui.screens.starting.text_tree import TextTree, may_be_text
from tui.terminal.glyphs import UNICODE


def test_a_line_of_texts_is_read_as_it_is_written_and_as_a_shell_reads_it(tmp_path: Path) -> None:
    book = tmp_path / "my book's end.txt"
    book.touch()
    for texts in ((), ("aphorisms",), (str(book),), ("a b", "c'd"), ("https://x.org/a?b=1&c=#d", "gutenberg:1342")):
        assert texts_of(line_of(texts)) == texts
    assert texts_of(f" {book} ") == (str(book),)
    assert texts_of('one.txt "two words.txt"') == ("one.txt", "two words.txt")
    assert texts_of("it's") == ("it's",)


def test_a_path_that_is_typed_fast_keeps_its_letters_and_spaces() -> None:
    """The list has the keyboard until the first letter has come to the line."""

    async def scenario() -> None:
        app = App[None]()
        async with app.run_test() as pilot:
            await app.push_screen(TextScreen(MadeNewRuns(Launch()), UNICODE, ()))
            await typed(pilot)

    async def typed(pilot: Pilot[None]) -> None:
        type_at_once(pilot.app, [("space", " ") if each == " " else each for each in "my book of names"])
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "my book of names", "the path")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("line", "listed", "texts"),
    [
        ("shak", ["shakespeare"], ("shakespeare",)),
        ("book.txt Good", ["nietzsche"], ("book.txt", "nietzsche")),
        ("gutenberg:1", [], ("gutenberg:1",)),
        ("no-such-text", [], ("no-such-text",)),
    ],
)
def test_what_is_typed_narrows_the_texts_and_enter_takes_the_one_that_is_chosen(
    tmp_path: Path, line: str, listed: list[str], texts: tuple[str, ...]
) -> None:
    taken = list[tuple[str, ...] | None]()
    for name in ("Banana.txt", "cherry.txt"):
        (tmp_path / name).touch()

    async def scenario() -> None:
        app = App[None]()
        async with app.run_test() as pilot:
            await app.push_screen(TextScreen(MadeNewRuns(Launch()), UNICODE, ("nietzsche",)), taken.append)
            typed, tree = app.screen.query_one(Input), app.screen.query_one(TextTree)

            def names() -> list[str]:
                return [str(each.prompt).split()[0] for each in app.screen.query_one(OptionList).options if each.id]

            await until(pilot, lambda: len(names()) == 3, "all texts")
            await until(pilot, lambda: len(tree.root.children) > 1, "all files of the present folder")
            await pilot.press("shift+tab")
            typed.value = f"{tmp_path}/"
            await until(pilot, lambda: len(tree.root.children) == 2, "the files of the typed folder")
            typed.value += "b"
            await until(pilot, lambda: [str(each.label) for each in tree.root.children] == ["Banana.txt"], "one file")
            typed.value = line
            await until(pilot, lambda: names() == listed, "the texts of that name")
            await until(pilot, lambda: tree.path == Path.cwd(), "the files of the present folder")
            await pilot.press("enter")
            await until(pilot, lambda: bool(taken), "what is chosen")

    asyncio.run(scenario())
    assert taken == [texts]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("book.txt", "README", "a.md", "page.html", "page.xhtml", "a.csv", "a.jsonl", "a.ipynb", "a.py"), True),
        (("book.epub", "a.docx", "a.odt", "a.rtf", "a.pdf", "b.zip", "b.tar", "b.tar.gz", "b.tgz", "a.txt.xz"), True),
        (("photo.png", "photo.png.gz", "song.mp3", "program.exe"), False),
    ],
)
def test_the_files_to_choose_from_are_those_that_can_be_read(names: tuple[str, ...], shown: bool) -> None:
    assert [name for name in names if may_be_text(name) != shown] == []
