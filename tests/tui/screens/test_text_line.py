"""The line of the screen that chooses a text: several texts in it, as a shell would read them."""

from __future__ import annotations

from pathlib import Path

from tui.screens.starting.text_screen import line_of, texts_of


def test_a_line_of_texts_is_read_as_it_is_written_and_as_a_shell_reads_it(tmp_path: Path) -> None:
    book = tmp_path / "my book's end.txt"
    book.touch()
    for texts in ((), ("aphorisms",), (str(book),), ("a b", "c'd"), ("https://x.org/a?b=1&c=#d", "gutenberg:1342")):
        assert texts_of(line_of(texts)) == texts
    assert texts_of(f" {book} ") == (str(book),)
    assert texts_of('one.txt "two words.txt"') == ("one.txt", "two words.txt")
    assert texts_of("it's") == ("it's",)
