"""Web pages, books, documents and notebooks: the text that a reader sees, and a sentence on what was left out."""

from __future__ import annotations

import builtins
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from corpora import CorpusError, ReadAs, open_corpus
from corpora.formats import bounds
from tests.corpora.formats.making import XML, docx, epub, paragraph, read, zipped

PAGE = """<!DOCTYPE html>
<html><head><title>A title</title><style>p { color: red }</style><script>if (a < b) { alert("x") }</script></head>
<body><nav><a href="/">Home</a></nav><div role="navigation">Menu</div><!-- a comment -->
<h1>The  heading</h1>
<p>One <b>bold</b><i>italic</i>
word &amp; caf&eacute;.<br>A second line.</p><p hidden>Not seen.</p>
<ul><li>a bullet<li>another</ul>
<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>
<pre>
for x in y:
    print(x)
</pre>
<form><button>Send</button></form><noscript>Turn on scripts.</noscript>
<ruby>\u6f22<rt>kan</rt></ruby>
</body></html>"""
PAGE_TEXT = """The heading

One bolditalic word & caf\xe9.
A second line.

a bullet
another

1\t2
3\t4

for x in y:
    print(x)

\u6f22
"""
LEFT_OUT = "Markup, scripts and navigation of a web page were left out."


def test_a_web_page_is_its_text() -> None:
    corpus = read(PAGE.encode())
    assert corpus.text() == PAGE_TEXT
    assert corpus.notes == (LEFT_OUT,)


def test_a_page_is_known_by_its_beginning_or_by_its_name(tmp_path: Path) -> None:
    for name, data, text in (
        ("a.txt", f"\ufeff<!-- made by hand --> \n{PAGE}".encode(), PAGE_TEXT),
        ("b.txt", PAGE.encode("utf-16"), PAGE_TEXT),
        ("c.htm", b"<p>Only a piece", "Only a piece\n"),
        ("d.php", b"<html><?php echo 1 ?></html>\n", "<html><?php echo 1 ?></html>\n"),
        ("e.md", b"# About <html>\n", "# About <html>\n"),
    ):
        (tmp_path / name).write_bytes(data)
        assert open_corpus(str(tmp_path / name)).text() == text, name


def test_the_encoding_that_a_page_names_counts_unless_its_bytes_say_more() -> None:
    text = "za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144"
    page = f"<html><meta charset='iso-8859-2'><p>{text}</p></html>"
    assert read(page.encode("iso-8859-2")).text() == f"{text}\n"
    assert read(page.encode()).text() == f"{text}\n"
    xhtml = f"<?xml version='1.0' encoding='windows-1250'?><html><p>{text}</p></html>"
    assert read(xhtml.encode("cp1250")).text() == f"{text}\n"


def test_empty_elements_of_xhtml_end_where_they_begin() -> None:
    page = f"{XML}<html xmlns='http://www.w3.org/1999/xhtml'><head><title/><script src='a.js'/></head><body><p/>"
    assert read(f"{page}<p>Here <a id='x'/>I am.<br/>Yes.</p></body></html>".encode()).text() == "Here I am.\nYes.\n"


@pytest.mark.parametrize("piece", ["<a ", "<!--", "<![CDATA[", "</", "<b>", "&#"])
def test_a_page_of_endless_beginnings_is_read(piece: str) -> None:
    """Python's own parser takes hours for some of these."""
    assert read(("<html><p>words</p>" + piece * 200_000).encode()).text().startswith("words")


CHAPTER = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title/></head><h2>{0}</h2><p>Text of {0}.</p></html>"


def test_the_chapters_of_a_book_are_read_in_order() -> None:
    corpus = read(epub({name: CHAPTER.format(name) for name in ("zwei", "eins", "drei")}))
    assert corpus.text() == "zwei\n\nText of zwei.\n\neins\n\nText of eins.\n\ndrei\n\nText of drei.\n"
    assert corpus.notes == ("Only the chapters of an EPUB book were read, in order, without markup.",)


def test_a_book_of_many_chapters_is_one_file() -> None:
    chapters = {name: CHAPTER.format(name) for name in ("one", "two", "three")}
    corpus = read(zipped({"a.txt": "naïve café\n".encode("utf-16"), "b.epub": epub(chapters)}))
    assert corpus.files == ("a.txt", "b.epub")
    assert [note for note in corpus.notes if " of 2 files" in note] == [
        "Read as UTF-16 (little-endian) in 1 of 2 files.",
        "Byte-order mark removed in 1 of 2 files.",
    ]


def test_a_book_is_read_whole_or_not_at_all() -> None:
    with pytest.raises(CorpusError, match="chapter or its list of chapters is missing"):
        read(zipped({"META-INF/container.xml": "<container><rootfile full-path='a.opf'/></container>"}))
    locked = f"{XML}<encryption><CipherReference URI='OEBPS/a'/></encryption>"
    with pytest.raises(CorpusError, match="is encrypted"):
        read(epub({"a": CHAPTER}, {"META-INF/encryption.xml": locked}))
    assert read(epub({"a": CHAPTER}, {"META-INF/encryption.xml": locked.replace("OEBPS/a", "font.otf")})).text()
    with pytest.raises(CorpusError, match="lists no chapters"):
        read(epub({}))


def test_a_document_of_word_is_its_text() -> None:
    deleted = "<w:p><w:r><w:t>Kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    stops = "<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>"
    signs = f"<w:p>{stops}<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>"
    twice = "<w:p><w:r><x><Choice><w:t>once</w:t></Choice><Fallback><w:t>once</w:t></Fallback></x></w:r></w:p>"
    corpus = read(docx(paragraph("Hello ", "you &amp; me") + deleted + signs + twice))
    assert corpus.text() == "Hello you & me\nKept\na\tb\nc\nonce\n"
    assert corpus.notes == ("Only the running text of a document was read: no formatting, notes, headers or footers.",)


def test_an_open_document_is_its_text() -> None:
    body = (
        "<t:tracked-changes><t:p>gone</t:p></t:tracked-changes><t:h>Heading</t:h>"
        "<t:p>a<t:s t:c='3'/>b<t:tab/><t:span>c</t:span><t:note><t:p>a note</t:p></t:note></t:p>"
    )
    content = f"{XML}<o:document-content xmlns:o='urn:o' xmlns:t='urn:t'>{body}</o:document-content>"
    kind = "application/vnd.oasis.opendocument.text"
    assert read(zipped({"mimetype": kind, "content.xml": content})).text() == "Heading\na   b\tc\n"


def test_rtf_is_its_text() -> None:
    corpus = read(rb"{\rtf1\ansi{\fonttbl{\f0 Times;}}Hello {\b bold} caf\'e9 \u8364?\par Next.}" + b"\r\n")
    assert corpus.text() == "Hello bold caf\xe9 \u20ac\nNext."
    with pytest.raises(CorpusError, match="its end is missing"):
        read(rb"{\rtf1\ansi Hello {\b bold")


def test_a_notebook_is_its_cells() -> None:
    cells: Sequence[dict[str, Any]] = (
        {"cell_type": "markdown", "source": ["# Title\r\n", "words"]},
        {"cell_type": "code", "source": "print(1)\n", "outputs": [{"text": "an output"}]},
        {"cell_type": "code", "source": []},
        {"cell_type": "raw", "source": "raw"},
    )
    corpus = read(json.dumps({"cells": cells, "nbformat": 4}).encode())
    assert corpus.text() == "# Title\nwords\n\nprint(1)\n"
    assert corpus.notes == ("Only the code and text cells of a notebook were read: no outputs.",)
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["old"], "outputs": []}]}]}
    assert read(json.dumps(old | {"nbformat": 3}).encode()).text() == "old\n"


@pytest.mark.parametrize(
    ("notebook", "reason"),
    [
        ('{"cells": [{"cell_type": "code", "source": "x"', "is not the JSON of a notebook"),
        ("[" * 100_000, "is not the JSON of a notebook"),
        ('{"nbformat": 4}', "without the cells"),
        ('{"cells": [{"cell_type": "code", "source": 1}]}', "without the cells"),
        ('{"cells": 3}', "without the cells"),
        ("[]", "without the cells"),
    ],
)
def test_a_wrong_notebook_is_refused(tmp_path: Path, notebook: str, reason: str) -> None:
    (tmp_path / "a.ipynb").write_text(notebook)
    with pytest.raises(CorpusError, match=reason):
        open_corpus(str(tmp_path / "a.ipynb"))


ENTITIES = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>{}]>".format(
    "".join(f"<!ENTITY {chr(n + 1)} '{f'&{chr(n)};' * 9}'>" for n in range(ord("a"), ord("i")))
)


def test_entities_of_xml_are_refused() -> None:
    with pytest.raises(CorpusError, match="declares XML entities"):
        read(docx(paragraph("&i;"), ENTITIES))
    fetched = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    with pytest.raises(CorpusError, match="declares XML entities"):
        read(docx(paragraph("&a;"), fetched))
    with pytest.raises(CorpusError, match="declares XML entities"):
        read(zipped({"META-INF/container.xml": f"{ENTITIES}<container><rootfile full-path='&i;'/></container>"}))


def test_documents_with_wrong_xml_are_refused() -> None:
    with pytest.raises(CorpusError, match="XML is wrong or cut short"):
        read(docx("<w:p><w:r>"))
    with pytest.raises(CorpusError, match="XML is wrong or cut short"):
        read(zipped({"[Content_Types].xml": "", "word/document.xml": ""}))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), r"a spreadsheet\. Save the sheet as \.csv"),
        (zipped({"[Content_Types].xml": "", "ppt/presentation.xml": ""}), "a presentation"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ""}), "a spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", r"a PNG picture\. Give plain text, a web page"),
        (b"ID3\x04\0\0\0\0", r"a sound file \(MP3\)"),
        (b"MZ\x90\0\3\0\0\0", "a program"),
        (b"SQLite format 3\0", r"an SQLite database\. Export a table as \.csv"),
        (b"7z\xbc\xaf\x27\x1c\0\4", r"a 7z archive\. Unpack it"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
        (b"\0" * 60 + b"BOOKMOBI", "a Kindle book"),
    ],
)
def test_what_is_no_text_is_named_with_what_would_work(data: bytes, what: str) -> None:
    with pytest.raises(CorpusError, match=f"standard input is not text but {what}"):
        read(data)


@pytest.mark.parametrize("text", ["MZ is how programs begin.\n", "ID3 tags are in songs.\n", "PAR1 is a word.\n"])
def test_prose_that_begins_as_a_program_does_is_text(text: str) -> None:
    assert read(text.encode()).text() == text


def test_a_page_that_is_too_large_to_be_read_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_WHOLE", 1_000_000)
    with pytest.raises(CorpusError, match="has more than 1 MB, the most that is read of such a file"):
        read(b"<html>" + b"x" * 1_000_001)
    assert "are too large" in _notes_of_folder({"a.html": b"<html>" + b"x" * 1_000_001, "b.txt": b"words"})


def _notes_of_folder(files: dict[str, bytes]) -> str:
    return " ".join(read(zipped(files)).notes)


def pdf(text: str, end: bytes = b"%%EOF\n") -> bytes:
    """A page with this text."""
    content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    made, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    rest = b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer << /Size 5 /Root 1 0 R >>\n"
    return made + rest + b"startxref\n%d\n" % len(made) + end


def test_a_pdf_is_its_text() -> None:
    corpus = read(pdf("Words of a page"))
    assert corpus.text() == "Words of a page\n"
    assert "Only the text of a PDF was read" in corpus.notes[0]
    with pytest.raises(CorpusError, match="its end is missing"):
        read(pdf("Words", end=b""))
    with pytest.raises(CorpusError, match="has no text; its pages may be pictures"):
        read(pdf(""))
    with pytest.raises(CorpusError, match="is not a valid PDF"):
        read(b"%PDF-1.4\nnothing\n%%EOF\n")


def test_a_pdf_names_what_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pypdf":
            raise ImportError
        return import_(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CorpusError, match="uv sync --extra pdf, or pip install pypdf"):
        read(pdf("Words"))


def test_a_column_is_wanted_of_what_has_none() -> None:
    for data in (PAGE.encode(), docx(paragraph("x")), epub({"a": CHAPTER})):
        with pytest.raises(CorpusError, match="has no column 'text', because it is no table"):
            read(data, ReadAs(column="text"))
