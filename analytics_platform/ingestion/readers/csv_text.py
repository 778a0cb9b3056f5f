"""The bytes of a text file as pieces of UTF-8: unpacked, decoded and checked. Rows are not known here."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits

CHUNK = 1 << 22

_SMALL = 10 << 20
"""Unpacked bytes from which on the ratio to the packed ones counts."""


class Bytes(Protocol):
    """What bytes are read from: a file, or bytes in memory."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most so many bytes; none at the end."""


def utf8_chunks(
    file: BinaryIO, size: int, name: DeliveryName, dialect: Dialect, limits: Limits
) -> Iterator[bytes]:
    """Content as UTF-8 without byte-order mark, ending in a line end, piece by piece.

    Parameters
    ----------
    file : binary file
        As delivered.
    size : int
        Its bytes, for the ratio of packed to unpacked ones.
    name : DeliveryName
        Its name, which tells whether it is packed.
    dialect : Dialect
        Its encoding.
    limits : Limits
        What is allowed.

    Raises
    ------
    DeliveryRefused
        If the bytes cannot be unpacked or decoded, or hold NUL characters.
    """
    raw = _unpacked(file, size, name, limits) if name.extension.endswith(".gz") else _pieces(file)
    decoder = codecs.getincrementaldecoder(dialect.encoding)("strict")
    start, lines, end = 0, 1, b""
    is_first, is_plain = True, not dialect.encoding.startswith("utf-16")
    for chunk in _with_end(raw):
        held = len(decoder.getstate()[0])
        if is_plain and not held and chunk and chunk.isascii() and b"\0" not in chunk:
            start, lines, is_first, end = start + len(chunk), lines + chunk.count(b"\n"), False, chunk[-1:]
            yield chunk
            continue
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise _wrong_encoding(name, dialect, error, start - held, lines) from error
        if "\0" in text:
            raise _wrong_encoding(name, dialect, None, start, lines)
        start += len(chunk)
        if text:
            lines += text.count("\n")
            piece = (text.removeprefix("\ufeff") if is_first else text).encode()
            is_first = False
            end = piece[-1:] or end
            yield piece
    if end not in {b"\n", b"\r"}:
        yield b"\n"


def _with_end(pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield from pieces
    yield b""


def _pieces(file: Bytes) -> Iterator[bytes]:
    while piece := file.read(CHUNK):
        yield piece


def _unpacked(file: BinaryIO, size: int, name: DeliveryName, limits: Limits) -> Iterator[bytes]:
    most = min(limits.max_unpacked_bytes, max(limits.max_ratio * size, _SMALL))
    unpacked = 0
    try:
        with gzip.open(file) as packed:
            for piece in _pieces(packed):
                unpacked += len(piece)
                if unpacked > most:
                    raise refusal(
                        str(name),
                        f"the file unpacks to more than the {most:,} bytes allowed",
                        "Split it by date into several deliveries",
                    )
                yield piece
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refusal(
            str(name), f"the gzip file is damaged or cut off: {error}", "Pack it and deliver it again"
        ) from error


def _wrong_encoding(
    name: DeliveryName, dialect: Dialect, error: UnicodeDecodeError | None, start: int, lines: int
) -> DeliveryRefused:
    cure = "Save it as UTF-8, or say the encoding (utf-16, latin-1) in the dialect"
    if error is None or not isinstance(error.object, bytes):
        return refusal(str(name), f"the text holds NUL characters, so it is not {dialect.encoding}", cure)
    before = error.object[: error.start]
    return refusal(
        str(name),
        f"the text is not {dialect.encoding}: {error.reason} at byte {start + error.start + 1:,} of the file",
        cure,
        row=lines + before.count(b"\n"),
        value=repr(error.object[error.start : error.end])[2:-1],
    )
