"""Tables: one column, or all of it with a word on the columns."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from corpora import CorpusError, ReadAs, open_corpus
from corpora.formats.readers import tables
from corpora.reading.lines import LIST_NOTE
from tests.corpora.formats.making import read, zipped

TEXT = ReadAs(column="text")
CSV = 'id,text,"a, b"\n1,"He said ""hello""\nand left.",x\n2,Second,y\n\n3,,z\n4\n'
CSV_TEXT = 'He said "hello"\nand left.\nSecond\n'


def test_a_column_of_a_table_is_read_row_by_row() -> None:
    corpus = read(CSV.encode(), TEXT)
    assert corpus.text() == CSV_TEXT
    assert corpus.notes == ("Only the column 'text' was read: 4 rows (2 of them empty).",)


@pytest.mark.parametrize(
    "table",
    [
        "id;text\n1;one, two\n2;three\n",
        "id\ttext\n1\tone, two\n2\tthree",
        "\ufeffid | text\r\n1 |one, two\r\n2 |three\r\n",
        '{"id": 1, "text": "one, two"}\n\n{"text": "three"}\n',
        '[{"id": 1, "text": "one, two"}, {"text": "three"}]',
    ],
)
def test_tables_of_many_kinds_are_known_without_a_name(table: str) -> None:
    assert read(table.encode(), TEXT).text() == "one, two\nthree\n"
    assert read(table.encode("utf-16"), TEXT).text() == "one, two\nthree\n"
    assert read(gzip.compress(table.encode()), TEXT).text() == "one, two\nthree\n"


def test_the_values_of_json_become_text() -> None:
    lines = r'{"text": "a\r\nb\ud83d\ude00\ud800"}' + '\n{"text": 1.5}\n{"text": null}\n{"text": ["x", "ä"]}\n{}\n'
    assert read(lines.encode(), TEXT).text() == 'a\nb\U0001f600\ufffd\n1.5\n["x", "ä"]\n'


@pytest.mark.parametrize(("name", "data"), [("a.csv", CSV), ("b.jsonl", '{"id": 1, "text": "x"}\n')])
def test_a_table_is_read_as_it_is_and_its_columns_are_named(tmp_path: Path, name: str, data: str) -> None:
    (tmp_path / name).write_text(data)
    corpus = open_corpus(str(tmp_path / name))
    assert corpus.text() == data
    assert "is a table, read as it is. To read one of its columns, use --column: id, text" in corpus.notes[0]


def test_a_table_is_said_to_be_a_list_only_when_one_of_its_columns_is_read(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text("id,name\n" + "".join(f"{number},Ada {number}\n" for number in range(300)))
    assert LIST_NOTE not in open_corpus(str(file)).notes
    assert LIST_NOTE in open_corpus(str(file), ReadAs(column="name")).notes


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("id,words\n1,x\n", r"has no column 'text'\. Its columns are: id, words\."),
        ('{"id": 1, "words": 2}\n', r"has no column 'text'\. Its columns are: id, words\."),
        ("It was the best of times.\n", r"has no column 'text', because it is no table"),
        ("Lute, philosophical eye, and song.\nWhere, then?\nNowhere.\n", r"has no column 'text', because it is no"),
        ("{braces, that are no JSON}\n" * 20, r"has no column 'text', because it is no table"),
        ('id,text\n1,"open\n2,x\n', "a quote is open at its end, in the row that begins on line 2"),
        ('id,text\n1,"a\nb"\n2,"open', "a quote is open at its end, in the row that begins on line 4"),
        ('{"text": "x"}\n{"text": \n', "line 2 is not valid JSON"),
        ('{"text": "x"}\n' * 100 + "{\n" * 11, "line 101 is not valid JSON"),
        ('{"text": "x"}\n' + "[" * 100_000, "line 2 is not valid JSON"),
        ('{"text": "x"}\n3\n', "row 2 is no JSON object"),
        ('[{"text": "x"}', "it is not valid JSON"),
        ("", "is empty"),
    ],
)
def test_a_wrong_table_is_refused(table: str, reason: str) -> None:
    with pytest.raises(
        CorpusError, match=f"standard input {'is damaged: ' * ('no column' not in reason)}{reason}" if table else reason
    ):
        read(table.encode(), TEXT)


@pytest.mark.parametrize(("good", "bad"), [(10, 1), (100, 9), (2000, 20)])
def test_a_few_damaged_lines_are_skipped_and_counted(good: int, bad: int) -> None:
    damaged = (['{"text": "cut', "[1]"] * bad)[:bad]
    rows = ['{"text": "x"}', *damaged, *['{"text": "y"}'] * (good - 1)]
    corpus = read("\n".join(rows).encode(), TEXT)
    assert corpus.text() == "x\n" + "y\n" * (good - 1)
    assert corpus.notes[1] == (
        f"Damaged lines were skipped ({bad}); the first is in standard input: line 2 is not valid JSON."
    )


def test_zero_characters_and_huge_fields_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(b"id,text\n1,a\0b\n" + b"2,some words\n" * 9, TEXT).text().startswith("ab\nsome words\n")
    monkeypatch.setattr(tables, "_LONGEST", 1000)
    with pytest.raises(CorpusError, match="line 202 cannot be read as one of a table"):
        read(b'id,text\n1,"' + b"word\n" * 300, TEXT)
    with pytest.raises(CorpusError, match="has a line of more than 1,000 characters"):
        read(b"id,text\n1," + b"word " * 300, TEXT)


def test_of_a_folder_the_column_is_read_where_there_is_one() -> None:
    files: dict[str, str | bytes] = {
        "a.csv": CSV,
        "b.jsonl": '{"text": "x"}\n',
        "c.txt": "prose\n",
        "d.csv": "x,y\n1,2\n",
    }
    files["e.csv"] = "x,y\n1,\u043f\u0440\u0438\u0432\u0435\u0442\n".encode("cp1251")
    corpus = read(zipped(files), TEXT)
    assert corpus.encoding is not None
    assert (corpus.encoding.codec, corpus.files) == ("utf-8", ("a.csv", "b.jsonl"))
    assert corpus.text() == f"{CSV_TEXT}x\n"
    assert corpus.notes[1:] == (
        "Files read (2): a.csv, b.jsonl.",
        "Files that have no such column were skipped (3): c.txt, d.csv, e.csv.",
    )
