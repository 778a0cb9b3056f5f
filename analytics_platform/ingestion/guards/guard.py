"""What is looked at before a reader sees the bytes: size, and whether they are of the format they claim."""

import io
from pathlib import Path
from typing import BinaryIO

from analytics_platform.ingestion.faults import DeliveryRefused, refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.archive import check_open_document, check_workbook, macros
from analytics_platform.ingestion.guards.limits import Limits

__all__ = ["Limits", "guard", "guard_file", "read_limited"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_FORMATS = (
    *((magic, "a zip archive or a new workbook", frozenset({"xlsx", "ods"})) for magic in _ZIP),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old (.xls) or a password-protected workbook",
        frozenset({"xls"}),
    ),
    (b"PAR1", "Parquet", frozenset({"parquet"})),
    (b"PARE", "encrypted Parquet", frozenset[str]()),
    (b"\x1f\x8b", "gzip", frozenset({"csv.gz", "jsonl.gz"})),
    (b"BZh", "bzip2", frozenset[str]()),
    (b"\xfd7zXZ\x00", "xz", frozenset[str]()),
    (b"\x28\xb5\x2f\xfd", "zstd", frozenset[str]()),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", frozenset[str]()),
    (b"Rar!", "a rar archive", frozenset[str]()),
    (b"{\\rtf", "rich text", frozenset[str]()),
    (b"%PDF", "PDF", frozenset[str]()),
    (b"<!DOCTYPE", "a web page", frozenset[str]()),
    (b"<html", "a web page", frozenset[str]()),
    (b"<?xml", "XML", frozenset[str]()),
)
_MARKED = frozenset[str]().union(*(extensions for _, _, extensions in _FORMATS))
_START = 64
_BLOCK = 1 << 20
_MACRO_STREAMS = ("_VBA_PROJECT", "VBA\0", "Macros\0")
_ENCRYPTED_STREAM = "EncryptedPackage"
_LONGEST_STREAM_NAME = 64
"""Bytes of the longest name that is looked for, and more."""

_END = 8
"""Bytes behind the metadata of a Parquet file: their length, and the mark again."""


def read_limited(path: Path, name: DeliveryName, limits: Limits) -> bytes:
    """Bytes of a file, if it is not larger than allowed.

    Raises
    ------
    DeliveryRefused
        If the file is too large.
    """
    _check_size(path.stat().st_size, name, limits)
    return path.read_bytes()


def guard(raw: bytes, name: DeliveryName, limits: Limits) -> None:
    """Refuse bytes that are not of the format that the name tells, or that could harm a reader.

    Parameters
    ----------
    raw : bytes
        The whole file.
    name : DeliveryName
        What the name of the file declares.
    limits : Limits
        What is allowed.

    Raises
    ------
    DeliveryRefused
        With the first danger that was found.
    """
    _guard(io.BytesIO(raw), len(raw), name, limits)


def guard_file(path: Path, name: DeliveryName, limits: Limits) -> None:
    """Refuse a file as `guard` does, and one that is too large; only the parts that matter are read.

    Raises
    ------
    DeliveryRefused
        With the first danger that was found.
    """
    size = path.stat().st_size
    _check_size(size, name, limits)
    with path.open("rb") as file:
        _guard(file, size, name, limits)


def _check_size(size: int, name: DeliveryName, limits: Limits) -> None:
    if size > limits.max_file_bytes:
        raise refusal(
            str(name),
            f"the file has {size:,} bytes, more than the {limits.max_file_bytes:,} allowed",
            "Split it by date into several deliveries",
        )


def _guard(file: BinaryIO, size: int, name: DeliveryName, limits: Limits) -> None:
    if not size:
        raise refusal(str(name), "the file is empty", "Deliver it again; check that the export was finished")
    _check_format(file.read(_START), name)
    file.seek(0)
    if name.extension == "xlsx":
        check_workbook(file, size, name, limits)
    elif name.extension == "ods":
        check_open_document(file, size, name, limits)
    elif name.extension == "xls":
        _check_old_workbook(file, name)
    elif name.extension == "parquet":
        _check_parquet(file, size, name)


def _check_format(start: bytes, name: DeliveryName) -> None:
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, format_, extensions in _FORMATS:
        if start[: len(magic)].lower() == magic.lower():
            if name.extension in extensions:
                return
            raise _other_format(name, f"it is {format_}")
    if name.extension in _MARKED:
        raise _other_format(name, "it does not start as such a file does")


def _other_format(name: DeliveryName, finding: str) -> DeliveryRefused:
    return refusal(
        str(name),
        f"the content is not .{name.extension}: {finding}",
        f"Save it again as .{name.extension} without a password, or give it the extension of its real format",
    )


def _check_old_workbook(file: BinaryIO, name: DeliveryName) -> None:
    dangers = {stream: stream.encode("utf-16-le") for stream in (*_MACRO_STREAMS, _ENCRYPTED_STREAM)}
    found, end = set[str](), b""
    while block := file.read(_BLOCK):
        # A name may lie across the edge of two blocks.
        seen = end + block
        found |= {stream for stream, name_in_file in dangers.items() if name_in_file in seen}
        end = seen[-_LONGEST_STREAM_NAME:]
    if _ENCRYPTED_STREAM in found:
        raise _other_format(name, "it is a password-protected workbook")
    if found:
        raise macros(name)


def _check_parquet(file: BinaryIO, size: int, name: DeliveryName) -> None:
    file.seek(max(size - _END, 0))
    end = file.read(_END)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != b"PAR1" or length > size - _END - 4:
        raise refusal(
            str(name), "the Parquet file is cut off: its metadata are missing", "Deliver the whole file again"
        )
