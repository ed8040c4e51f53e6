"""Reads a body that its server has compressed, however it is cut into pieces."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PLAIN = ("", "identity")
COMPRESSIONS = ("gzip", "x-gzip", "deflate")
_LARGEST_PIECE = 1 << 16
"""Bytes that are decompressed together."""

_GZIP_OR_ZLIB, _RAW_DEFLATE = 47, -15
"""What zlib calls `wbits`."""

_GZIP_BEGINS = b"\x1f"


def decompressed(pieces: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """The pieces of a body as they were before they were compressed, none of them large.

    A body of gzip may have several members, one behind the other (RFC 1952); zeros and anything else behind the last
    are left out, as gzip itself does. As `deflate` some servers send no zlib header (RFC 9110, 8.4.1.2).

    Raises:
        zlib.error: the compression is damaged.
        EOFError: the end is missing.
    """
    if compression.lower() in PLAIN:
        yield from pieces
        return
    decoder, raw_is_possible = zlib.decompressobj(wbits=_GZIP_OR_ZLIB), compression.lower() == "deflate"
    for piece in pieces:
        more = True
        while more:
            if decoder.eof:
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                if not piece.startswith(_GZIP_BEGINS):
                    return
                decoder = zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
            try:
                plain = decoder.decompress(piece, _LARGEST_PIECE)
            except zlib.error:
                if not raw_is_possible:
                    raise
                decoder = zlib.decompressobj(wbits=_RAW_DEFLATE)
                plain = decoder.decompress(piece, _LARGEST_PIECE)
            raw_is_possible = False
            yield plain
            piece = decoder.unused_data or decoder.unconsumed_tail
            more = bool(piece) or (len(plain) == _LARGEST_PIECE and not decoder.eof)
    if not decoder.eof:
        raise EOFError
