"""Reads a source block by block into a Corpus, so a large text is never in memory as a string.

Line ends become LF, and what `cleaning` removes and changes is counted in the notes.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import replace

from corpora.corpus import UNKNOWN, Corpus, CorpusError
from corpora.formats.documents import Document, documents
from corpora.formats.format_errors import READABLE, BombError
from corpora.progress import Tell
from corpora.reading import cleaning
from corpora.reading.alphabet import AlphabetBuilder
from corpora.reading.blocks import Blocks
from corpora.reading.emoji import EMOJI_NOTE, many_joined_emoji
from corpora.reading.encoding import Encoding, detect
from corpora.reading.lines import LIST_NOTE, LOOKED_AT, in_random_order, looks_like_a_list
from corpora.reading.notes import Notes
from corpora.reading.read_as import SEPARATOR, UNCHANGED, ReadAs
from corpora.safe_text import shown_character
from corpora.sources import BLOCK, Part, Source


def read_corpus(
    source: Source, read_as: ReadAs = UNCHANGED, *, distinct: int = 2, block: int = BLOCK, progress: Tell | None = None
) -> Corpus:
    """The text of `source`, read `block` bytes at a time. The result does not depend on `block`.

    Args:
        source: what is read.
        read_as: how.
        distinct: characters that it must have at least.
        block: bytes.
        progress: told how much has been read, unless that takes less than a second.

    Raises:
        CorpusError: it cannot be read, is not text, or has fewer than `distinct` distinct characters.
    """
    notes = Notes(min_count=read_as.min_count, column=read_as.column)
    builder = AlphabetBuilder()
    texts = _cleaned(source, read_as, notes, Blocks(source, block, progress))
    for text in in_random_order(texts, notes) if read_as.lines else texts:
        builder.add(cleaning.code_points(text))
    alphabet, ids, notes.replaced = builder.finished(read_as.min_count)
    notes.characters = len(ids)
    if len(alphabet) < distinct:
        raise _nothing_to_learn(source, alphabet, notes)
    if read_as.lines and notes.lines == 1:
        raise CorpusError(f"{source.title} has only one line, so it is no list. Read it without --lines.")
    unknown, changed = UNKNOWN if notes.replaced else None, (*source.notes, *notes.sentences())
    corpus = Corpus(
        source.name,
        source.title,
        alphabet,
        ids,
        unknown,
        changed,
        lines=read_as.lines,
        encoding=notes.encoding,
        files=tuple(notes.findings.taken),
        skipped=notes.findings.skipped,
    )
    beginning = corpus.text(0, LOOKED_AT)
    emoji = (EMOJI_NOTE,) if many_joined_emoji(beginning) else ()
    may_be_a_list = not read_as.lines and not notes.findings.tables  # of a table, one column first
    like_a_list = (LIST_NOTE,) if may_be_a_list and looks_like_a_list(beginning) else ()
    return replace(corpus, notes=(*corpus.notes, *emoji, *like_a_list))


def read_text(source: Source) -> str:
    """The text of a short source as `read_corpus` reads it, in its own case; it may be empty.

    Raises:
        CorpusError: it cannot be read or is not text.
    """
    return "".join(_cleaned(source, UNCHANGED, Notes(min_count=1), Blocks(source, BLOCK)))


def check_readable(part: Part) -> None:
    """Read a part to its end.

    Raises:
        CorpusError: it cannot be read, or nothing in it can.
    """
    source, notes = Source(part.label, part.label, (part,)), Notes(min_count=1)
    if not sum(map(len, _texts(source, UNCHANGED, notes, Blocks(source, BLOCK)))):
        raise _nothing_to_learn(source, "", notes)


def _nothing_to_learn(source: Source, alphabet: str, notes: Notes) -> CorpusError:
    if notes.replaced:
        return CorpusError(
            f"Every character of {source.title} is seen fewer than {notes.min_count:,} times and would be replaced. "
            "Choose a smaller minimum count."
        )
    if alphabet:
        only = shown_character(alphabet)
        return CorpusError(
            f"{source.title} has only one distinct character, {only}: there is nothing to learn. Open another text."
        )
    if notes.findings.skipped:
        return CorpusError(f"Nothing in {source.title} can be read. {notes.findings.skipped_files()} {READABLE}")
    return CorpusError(f"{source.title} is empty. Open another text.")


def _cleaned(source: Source, read_as: ReadAs, notes: Notes, blocks: Blocks) -> Iterator[str]:
    """The text as it is learned, in pieces."""
    texts = _texts(source, read_as, notes, blocks)
    texts = cleaning.without_controls(
        cleaning.without_overstrikes(cleaning.without_sequences(texts, notes), notes), notes
    )
    if read_as.nfc:
        texts = cleaning.composed(texts, notes)
    if read_as.lowercase:
        texts = cleaning.lowered(texts, notes)
    return cleaning.first(texts, read_as.length, notes)


def _texts(source: Source, read_as: ReadAs, notes: Notes, blocks: Blocks) -> Iterator[str]:
    """The source in pieces; every line end is LF, and each text begins on a new line, with SEPARATOR behind it."""
    last = "\n"
    for label, reason in source.skipped:
        notes.findings.skip_as(label, reason)
    for part in source.parts:
        for document in documents(part, read_as.column, notes.findings):
            first, taken = True, filter(None, _taken(document, read_as.encoding, notes, blocks))
            for text in _with_separator(taken, notes) if read_as.separator else taken:
                if first and last != "\n":
                    yield "\n"
                first = False
                yield text
                last = text[-1]
        blocks.end_part()


def _with_separator(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """A text with SEPARATOR behind it, on a line by itself, and nowhere else."""
    last = ""
    for text in texts:
        notes.separators_removed += text.count(SEPARATOR)
        if text := text.replace(SEPARATOR, ""):
            yield text
            last = text[-1]
    if last:
        notes.separators += 1
        yield "\n" * (last != "\n") + SEPARATOR + "\n"


def _taken(document: Document, encoding: str, notes: Notes, blocks: Blocks) -> Iterator[str]:
    """The text of a document; nothing, with a note, if it is optional and cannot be read, or has none."""
    begun, encodings = False, list[Encoding]()

    def decode(part: Part) -> Iterator[str]:
        encodings.append(detect(part, encoding))
        return _decoded(part, encodings[-1], notes, blocks)

    try:
        for text in document.texts(decode):
            if text and not begun:
                begun = True
                notes.count_file(document)
            while text and encodings:
                notes.count_encoding(encodings.pop(0))
            yield text
    except CorpusError as error:
        if begun or not document.optional or isinstance(error, BombError):
            raise
        notes.findings.skip(document.label, error)
    else:
        if not begun and document.optional:
            notes.findings.skip_as(document.label, "have no text")


def _decoded(part: Part, encoding: Encoding, notes: Notes, blocks: Blocks) -> Iterator[str]:
    bytes_decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
    decoder = io.IncrementalNewlineDecoder(bytes_decoder, translate=True)
    for data in blocks.of(part):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
    notes.count_line_ends(decoder.newlines)
