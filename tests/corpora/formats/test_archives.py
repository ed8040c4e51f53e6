"""Compressed files and archives: read as if they were unpacked, whole or not at all."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from corpora import CorpusError, ReadAs, open_corpus
from corpora.formats import bounds, unpacking
from tests.corpora.formats.making import read, tarred, zipped

WORDS = b"some words to learn from, and a few more of them\n" * 40
PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
FILES = {
    "b.txt": b"bee\n",
    "a/z.md": b"zed",
    "a/deep/er.txt": "d\xe9j\xe0 vu, na\xefvet\xe9\n".encode("latin-1"),
    "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\0",
    ".hidden": b"hidden\n",
    "__MACOSX/._b.txt": b"\0\5\x16\7",
    "a/.git/config": b"hidden too\n",
}
TEXT = "d\xe9j\xe0 vu, na\xefvet\xe9\nzed\nbee\n"


@pytest.mark.parametrize("packed", PACKERS)
def test_a_compressed_text_is_that_text(tmp_path: Path, packed: str) -> None:
    path = tmp_path / f"My book.txt.{packed}"
    path.write_bytes(PACKERS[packed](WORDS))
    corpus = open_corpus(str(path))
    assert (corpus.text(), corpus.name, corpus.notes) == (WORDS.decode(), "My-book", ())


def test_compressions_in_one_another_and_several_in_one_file_are_read() -> None:
    assert read(gzip.compress(bz2.compress(lzma.compress(WORDS)))).text() == WORDS.decode()
    assert read(gzip.compress(b"first\n") + gzip.compress(WORDS)).text() == f"first\n{WORDS.decode()}"


def test_a_compressed_text_in_another_encoding_is_read() -> None:
    text = "Příliš žluťoučký kůň úpěl ďábelské ódy.\n" * 30
    assert read(gzip.compress(text.encode("utf-16"))).text() == text


def test_archives_are_read_as_the_folder_that_they_hold(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(data)
    as_folder = open_corpus(str(tmp_path / "folder"))
    assert as_folder.text() == TEXT
    for packed in (zipped(FILES), tarred(FILES), *(pack(tarred(FILES)) for pack in PACKERS.values())):
        corpus = read(packed)
        assert (corpus.text(), corpus.notes) == (TEXT, as_folder.notes)
    assert as_folder.notes[:2] == (
        "Files read (3): a/deep/er.txt, a/z.md, b.txt.",
        "Files that are hidden were skipped (3): .hidden, __MACOSX/._b.txt, a/.git/. "
        "Files that are not text were skipped (1): picture.png.",
    )


def test_archives_in_archives_are_read_in_their_place() -> None:
    inner = gzip.compress(tarred({"n.txt": b"inner\n"}))
    corpus = read(zipped({"z.txt": b"last\n", "m.tar.gz": inner, "a": b"first\n"}))
    assert corpus.text() == "first\ninner\nlast\n"
    assert corpus.notes == ("Files read (3): a, m.tar.gz/n.txt, z.txt.",)


def test_an_archive_too_large_for_memory_is_kept_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_IN_MEMORY", 100)
    assert read(gzip.compress(zipped({"a.txt": WORDS}, zipfile.ZIP_STORED))).text() == WORDS.decode()


def test_only_the_first_characters_of_an_archive_are_read() -> None:
    corpus = read(zipped({"a.txt": b"first\n", "b.txt": WORDS}), ReadAs(length=8))
    assert corpus.text() == "first\nso"
    assert corpus.notes[0] == "Files read (2): a.txt, b.txt."


def spoiled(data: bytes, at: int) -> bytes:
    """The data with one byte changed."""
    changed = bytearray(data)
    changed[at] ^= 0x55
    return bytes(changed)


ZIP, TAR = zipped({"a.txt": WORDS, "b.txt": WORDS}, zipfile.ZIP_STORED), tarred({"a.txt": WORDS, "b.txt": WORDS})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(WORDS)[:-9], "its end is missing"),
        (gzip.compress(WORDS)[:-4], "its end is missing"),
        (spoiled(gzip.compress(WORDS), -6), "its checksum or its data is wrong"),
        (gzip.compress(WORDS) + b"more", "its checksum or its data is wrong"),
        (bz2.compress(WORDS)[:-9], "its end is missing"),
        (spoiled(bz2.compress(WORDS), 30), "its checksum or its data is wrong"),
        (lzma.compress(WORDS)[:-9], "its end is missing"),
        (spoiled(lzma.compress(WORDS), -30), "its checksum or its data is wrong"),
        (ZIP[:-30], "its list of files is missing or wrong"),
        (ZIP[: len(ZIP) // 2], "its list of files is missing or wrong"),
        (TAR[:-9000], "its end is missing"),
        (TAR[:3000], "its end is missing"),
        (gzip.compress(TAR)[:-20], "its end is missing"),
        (gzip.compress(ZIP[:-30]), "its list of files is missing or wrong"),
    ],
)
def test_a_damaged_file_is_refused_whole(data: bytes, reason: str) -> None:
    with pytest.raises(CorpusError, match=f"standard input is damaged: {reason}") as refusal:
        read(data)
    assert str(refusal.value).endswith("Copy or download it again.")


def test_a_tar_cut_off_between_its_files_is_refused() -> None:
    with pytest.raises(CorpusError, match="its end is missing"):
        read(TAR[: 512 + (len(WORDS) + 511) // 512 * 512])


def test_a_damaged_file_of_an_archive_is_skipped_and_named() -> None:
    corpus = read(spoiled(ZIP, 100))
    assert corpus.text() == WORDS.decode()
    assert corpus.notes == (
        "Files read (1): b.txt.",
        "Files that are damaged were skipped (1): a.txt.",
    )


def test_many_damaged_files_in_an_archive_are_not_taken_for_archives_in_one_another() -> None:
    broken = {f"{number}.zip": ZIP[:-30] for number in range(9)}
    corpus = read(zipped({**broken, "good.gz": gzip.compress(WORDS)}, zipfile.ZIP_STORED))
    assert corpus.text() == WORDS.decode()


def test_a_damaged_archive_in_a_folder_is_skipped_unless_some_of_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(WORDS)
    (tmp_path / "b.zip").write_bytes(ZIP[:-30])
    corpus = open_corpus(str(tmp_path))
    assert corpus.text() == WORDS.decode()
    assert corpus.notes[1] == "Files that are damaged were skipped (1): b.zip."


def encrypted(data: bytes) -> bytes:
    """A zip archive all of whose entries say that they are encrypted."""
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data = data[: at + flags] + bytes([data[at + flags] | 1]) + data[at + flags + 1 :]
            at = data.find(signature, at + 4)
    return data


def test_encrypted_files_are_named() -> None:
    with pytest.raises(CorpusError, match=r"Nothing .* Files that are encrypted were skipped \(2\): a\.txt, b\.txt\."):
        read(encrypted(ZIP))
    with pytest.raises(CorpusError, match=r"Nothing .* Files that are encrypted were skipped \(1\): secret\.zip/x"):
        read(zipped({"secret.zip": encrypted(zipped({"x": WORDS}))}))


def test_links_and_strange_paths_are_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("/absolute.txt", "../above.txt", "\x1b[2Jcolour.txt"):
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"abc\n"))
    corpus = read(made.getvalue())
    assert corpus.text() == "abc\n" * 3
    assert corpus.notes == (
        "Files read (3): /absolute.txt, ?[2Jcolour.txt, ../above.txt.",
        "Files that are links or devices were skipped (3): hard, link, pipe.",
    )
    made = io.BytesIO()
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(made, "w") as zip_archive:
        zip_archive.writestr(link, "/etc/passwd")
        zip_archive.writestr("c:\\windows\\a.txt", "abc\n")
    assert "Files that are links were skipped (1): link.txt." in read(made.getvalue()).notes
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that small bombs exceed."""
    monkeypatch.setattr(bounds, "FREE", 100_000)
    monkeypatch.setattr(bounds, "RATIO", 10)


MANY = b"all work and no play\n" * 20_000
"""It packs to a thousandth."""


def overlapping(count: int) -> bytes:
    """A zip archive whose entries all lie in the same place, as in the bombs of David Fifield (2019)."""
    packed = zlib.compressobj(9, wbits=-15)
    body = packed.compress(MANY[:50_000]) + packed.flush()
    one = zipped({"0": MANY[:50_000]})
    at = one.find(b"PK\x01\x02")
    entry, end = one[at : one.find(b"PK\x05\x06")], one[one.find(b"PK\x05\x06") :]
    assert body
    numbers = count.to_bytes(2, "little")
    sizes = (len(entry) * count).to_bytes(4, "little") + at.to_bytes(4, "little")
    entries = b"".join(entry[:-1] + bytes([48 + number]) for number in range(count))
    return one[:at] + entries + end[:8] + numbers + numbers + sizes + end[20:]


def nested(depth: int) -> bytes:
    """Archives of four archives each, down to a text."""
    data = MANY[:20_000]
    for _ in range(depth):
        data = zipped({f"{number}.zip": data for number in range(4)})
    return data


@pytest.mark.parametrize(
    "bomb",
    [
        gzip.compress(MANY),
        bz2.compress(MANY),
        lzma.compress(MANY),
        gzip.compress(gzip.compress(MANY)),
        zipped({"a.txt": MANY}),
        gzip.compress(tarred({"a.txt": MANY})),
        zipped({f"{number}.txt": MANY[:20_000] for number in range(9)}),
        zipped({"a.txt": b"harmless", "b.gz": gzip.compress(MANY)}),
        nested(3),
        overlapping(9),
    ],
    ids=["gz", "bz2", "xz", "gz in gz", "zip", "tar.gz", "many files", "one of many", "nested", "overlapping"],
)
def test_a_bomb_is_refused(small_bounds: None, bomb: bytes) -> None:
    with pytest.raises(CorpusError, match="unpacks to far more than its size") as refusal:
        read(bomb)
    assert "unpack it with another program" in str(refusal.value)


def test_a_bomb_in_a_folder_is_named(small_bounds: None, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(WORDS)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(MANY))
    with pytest.raises(CorpusError, match=r"^bomb\.gz unpacks to far more"):
        open_corpus(str(tmp_path))


def test_archives_are_not_opened_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    data = WORDS
    for _ in range(bounds.MOST_LAYERS):
        data = gzip.compress(data)
    assert read(data).text() == WORDS.decode()
    with pytest.raises(CorpusError, match="lies in 6 archives, one in another"):
        read(gzip.compress(data))
    monkeypatch.setattr(bounds, "MOST_FILES", 3)
    for archive in (zipped(dict.fromkeys("abcde", "x")), tarred(dict.fromkeys("abcde", b"x"))):
        with pytest.raises(CorpusError, match="has more than 3 files"):
            read(archive)
