"""How a workbook that is a zip archive can attack: looked at before a reader opens it."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from analytics_platform.ingestion.faults import DeliveryRefused, refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.limits import Limits

_CHUNK = 1 << 20
_SMALL = 10 << 20
"""Size from which on the ratio counts, and up to which the places of cells are looked at: a larger sheet that
lies about its size meets the memory limit of the parsing process."""
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_DTD = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_XML_ENCODING = re.compile(rb"""^<\?xml[^>]*\bencoding\s*=\s*["'](?!utf-8|us-ascii)""", re.IGNORECASE)
_SHEET = re.compile(rb"<(?:\w+:)?worksheet[\s>]")
_DIMENSION = re.compile(
    rb"<(?:\w+:)?dimension\s[^>]*ref=[\"'](?:[A-Z]+[0-9]+:)?([A-Z]{1,3})([0-9]{1,7})[\"']"
)
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\br=[\"']([0-9]{1,7})[\"']")
_FAR_COLUMN = re.compile(rb"\sr=[\"']([A-Z]{2,3})[0-9]")


def macros(name: DeliveryName) -> DeliveryRefused:
    """Make the refusal of a workbook that holds programs."""
    return refusal(str(name), "the workbook holds macros", "Save it as a workbook without macros (.xlsx)")


def check_workbook(file: BinaryIO, size: int, name: DeliveryName, limits: Limits) -> None:
    """Refuse an xlsx file that could harm a reader.

    Raises
    ------
    DeliveryRefused
        With the first danger that was found.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries, size, name, limits)
            names = [entry.filename for entry in entries]
            if any(part.lower().endswith("vbaproject.bin") or "/macrosheets/" in part for part in names):
                raise macros(name)
            if "xl/workbook.xml" not in names:
                raise _no_workbook(name)
            if b"macroenabled" in archive.read("[Content_Types].xml").lower():
                raise macros(name)
            for entry in entries:
                _check_content(archive, entry, name, limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, KeyError, zlib.error) as error:
        raise _damaged(name, error) from error


def check_open_document(file: BinaryIO, size: int, name: DeliveryName, limits: Limits) -> None:
    """Refuse an ods file that could harm a reader; repeated rows and columns are left to the reader.

    Raises
    ------
    DeliveryRefused
        With the first danger that was found.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries, size, name, limits)
            names = [entry.filename for entry in entries]
            if names[:1] != ["mimetype"] or archive.read("mimetype").strip() != _ODS_TYPE:
                raise _no_workbook(name)
            if b"encryption-data" in archive.read("META-INF/manifest.xml"):
                raise _refused(name, "is encrypted")
            if any(part.startswith(("Basic/", "Scripts/")) for part in names):
                raise macros(name)
            for entry in entries:
                _check_content(archive, entry, name, limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, KeyError, zlib.error) as error:
        raise _damaged(name, error) from error


def _damaged(name: DeliveryName, error: Exception) -> DeliveryRefused:
    return refusal(
        str(name),
        f"the workbook is damaged: {error}",
        "Open it in a spreadsheet program and save it again",
    )


def _no_workbook(name: DeliveryName) -> DeliveryRefused:
    return refusal(
        str(name),
        f"the content is not .{name.extension}: it is another kind of zip archive",
        f"Save it again as .{name.extension}, or give it the extension of its real format",
    )


def _refused(name: DeliveryName, fault: str) -> DeliveryRefused:
    return refusal(str(name), f"the workbook {fault}", "Copy the cells to a new workbook, or deliver csv")


def _check_entries(entries: list[zipfile.ZipInfo], packed: int, name: DeliveryName, limits: Limits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    names = [entry.filename for entry in entries]
    times = unpacked // packed
    is_bomb = unpacked > _SMALL and times > limits.max_ratio
    faults = (
        (
            len(entries) > limits.max_entries,
            f"has {len(entries):,} parts, {limits.max_entries:,} are allowed",
        ),
        (any(entry.flag_bits & 0x1 for entry in entries), "is encrypted"),
        (any(_leaves(part) for part in names), "has parts whose names lead out of it"),
        (len({part.lower() for part in names}) != len(names), "has two parts of one name"),
        (unpacked > limits.max_unpacked_bytes, f"unpacks to {unpacked:,} bytes, too many"),
        (is_bomb, f"unpacks to {times:,} times its size, {limits.max_ratio:,} are allowed"),
    )
    for is_fault, message in faults:
        if is_fault:
            raise _refused(name, message)


def _leaves(part: str) -> bool:
    return part.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part) or ":" in part


def _check_content(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: DeliveryName, limits: Limits
) -> None:
    if not entry.filename.lower().endswith((".xml", ".rels", ".vml", ".rdf")):
        return
    is_sheet, tail, last_row, widest = False, b"", 0, 1
    for number, chunk in enumerate(_chunks(archive, entry)):
        window = tail + chunk
        if any(mark in window for mark in _DTD):
            raise refusal(
                str(name), "the workbook declares XML entities (a DTD)", "Copy the cells to a new workbook"
            )
        if number == 0:
            _check_text(window, name)
            is_sheet = _SHEET.search(window[:_CHUNK]) is not None
            if is_sheet:
                _check_dimension(window, name, limits)
        if is_sheet and entry.file_size <= _SMALL:
            last_row = max([last_row, *(int(row) for row in _ROW.findall(window)[-1:])])
            widest = max([widest, *(column_number(c.decode()) for c in set(_FAR_COLUMN.findall(window)))])
            _check_cells(last_row, widest, name, limits)
        tail = chunk[-64:]


def _check_text(start: bytes, name: DeliveryName) -> None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or _XML_ENCODING.match(start.lstrip(b"\xef\xbb\xbf")):
        raise _refused(name, "has a part that is not UTF-8")


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            yield chunk


def _check_dimension(start: bytes, name: DeliveryName, limits: Limits) -> None:
    match = _DIMENSION.search(start)
    if match is not None:
        _check_cells(int(match[2]), column_number(match[1].decode()), name, limits)


def _check_cells(rows: int, columns: int, name: DeliveryName, limits: Limits) -> None:
    if rows * columns > limits.max_cells:
        raise refusal(
            str(name),
            f"a sheet declares {rows:,} rows and {columns:,} columns, more than {limits.max_cells:,} cells",
            "Delete the empty rows and columns beyond the data and save it again",
        )


def column_number(letters: str) -> int:
    """Give the number of a spreadsheet column, counted from 1.

    Examples
    --------
    >>> column_number("A"), column_number("XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
