"""Builder of old workbooks (.xls): BIFF8 records in a compound file, by [MS-XLS] and [MS-CFB]."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_SECTOR = 512
_SMALLEST_STREAM = 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_DATE_FORMAT = 14
_DIVISION_BY_ZERO = 0x07


@dataclass(frozen=True)
class Serial:
    """A number that is formatted as a date."""

    days: float


@dataclass(frozen=True)
class ErrorCell:
    """#DIV/0!."""


OldCell = str | float | Serial | ErrorCell | None


def old_workbook(rows: Sequence[Sequence[OldCell]], *, is_1904: bool = False) -> bytes:
    """Workbook of one sheet `Data`."""
    sheet = _bof(0x0010) + _dimensions(rows)
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet += _cell(number, place, value)
    sheet += _record(0x000A)
    start = _bof(0x0005) + _record(0x0042, struct.pack("<H", 1200))
    start += _record(0x0022, struct.pack("<H", is_1904))
    start += _cell_format(0) + _cell_format(_DATE_FORMAT)
    name = b"Data"
    offset = len(start) + 4 + 8 + len(name) + 4
    bound = _record(0x0085, struct.pack("<IBBBB", offset, 0, 0, len(name), 0) + name)
    return compound_file("Workbook", start + bound + _record(0x000A) + sheet)


def compound_file(stream: str, content: bytes, *other_streams: str) -> bytes:
    """Compound file with one stream, and the names of others without content."""
    content += b"\0" * max(_SMALLEST_STREAM - len(content), 0)
    count = -(-len(content) // _SECTOR)
    first = 2 + -(-(2 + len(other_streams)) * 128 // _SECTOR) - 1
    table = [_FAT, *range(2, first), _END, *range(first + 1, first + count), _END]
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, _SMALLEST_STREAM, _END, 0, _END, 0)
        + struct.pack("<109I", 0, *[_FREE] * 108)
    )
    sectors = struct.pack(f"<{_SECTOR // 4}I", *table, *[_FREE] * (_SECTOR // 4 - len(table)))
    entries = _entry("Root Entry", 5, 1, _END, 0, _FREE)
    entries += _entry(stream, 2, _FREE, first, len(content), 2 if other_streams else _FREE)
    for number, other in enumerate(other_streams, 3):
        entries += _entry(other, 2, _FREE, _END, 0, number if number < 2 + len(other_streams) else _FREE)
    entries += bytes(-len(entries) % _SECTOR)
    return header + sectors + entries + content + bytes(-len(content) % _SECTOR)


def _entry(  # noqa: PLR0913, PLR0917 - the fields of a directory entry, in their order
    name: str, kind: int, child: int, start: int, size: int, right: int
) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<HBBIII", len(text), kind, 1, _FREE, right, child)
    return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _bof(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 0x0600))


def _dimensions(rows: Sequence[Sequence[OldCell]]) -> bytes:
    width = max(map(len, rows), default=0)
    return _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))


def _cell_format(number_format: int) -> bytes:
    return _record(0x00E0, struct.pack("<HHH", 0, number_format, 1) + bytes(14))


def _cell(row: int, place: int, value: OldCell) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        content = struct.pack("<HHHHB", row, place, 0, len(value), 0) + value.encode("latin-1")
        return _record(0x0204, content)
    if isinstance(value, ErrorCell):
        return _record(0x0205, struct.pack("<HHHBB", row, place, 0, _DIVISION_BY_ZERO, 1))
    if isinstance(value, Serial):
        return _record(0x0203, struct.pack("<HHHd", row, place, 1, value.days))
    return _record(0x0203, struct.pack("<HHHd", row, place, 0, value))
