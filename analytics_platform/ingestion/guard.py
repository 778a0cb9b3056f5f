"""What is looked at before a reader sees the bytes: size, format, and how a workbook can attack."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from analytics_platform.ingestion.faults import DeliveryRefused, refusal
from analytics_platform.ingestion.file_name import DeliveryName

_MEBIBYTE = 1 << 20
_CHUNK = 1 << 20
_SMALL = 10 * _MEBIBYTE

_FORMATS = (
    (b"PK\x03\x04", "a zip archive or a new workbook", frozenset({"xlsx"})),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old (.xls) or a password-protected workbook",
        frozenset({"xls"}),
    ),
    (b"PAR1", "Parquet", frozenset({"parquet"})),
    (b"\x1f\x8b", "gzip", frozenset({"csv.gz"})),
    (b"%PDF", "PDF", frozenset[str]()),
    (b"<!DOCTYPE", "a web page", frozenset[str]()),
    (b"<html", "a web page", frozenset[str]()),
    (b"<?xml", "XML", frozenset[str]()),
)
_MARKED = frozenset[str]().union(*(extensions for _, _, extensions in _FORMATS))
_DTD = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_DIMENSION = re.compile(
    rb"<(?:\w+:)?dimension\s[^>]*ref=[\"'](?:[A-Z]+[0-9]+:)?([A-Z]{1,3})([0-9]{1,7})[\"']"
)


@dataclass(frozen=True)
class Limits:
    """How much a delivered file may ask of the machine.

    Attributes
    ----------
    max_file_bytes : int
        Size of the file as delivered.
    max_unpacked_bytes : int
        Size of all that is packed in it.
    max_ratio : int
        Unpacked over packed size, looked at from 10 MiB unpacked on.
    max_entries : int
        Entries of a workbook's zip archive.
    max_cells : int
        Cells of a sheet or of a Parquet file, empty ones included.
    memory_bytes : int
        Address space of the process that reads files.
    seconds : float
        Wall-clock time for one file.
    """

    max_file_bytes: int = 512 * _MEBIBYTE
    max_unpacked_bytes: int = 1024 * _MEBIBYTE
    max_ratio: int = 200
    max_entries: int = 2_000
    max_cells: int = 60_000_000
    memory_bytes: int = 4096 * _MEBIBYTE
    seconds: float = 120.0


def read_limited(path: Path, name: DeliveryName, limits: Limits) -> bytes:
    """Bytes of a file, if it is not larger than allowed.

    Raises
    ------
    DeliveryRefused
        If the file is too large.
    """
    size = path.stat().st_size
    if size > limits.max_file_bytes:
        raise refusal(
            str(name),
            f"the file has {size:,} bytes, more than the {limits.max_file_bytes:,} allowed",
            "Split it by date into several deliveries",
        )
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
    if not raw:
        raise refusal(str(name), "the file is empty", "Deliver it again; check that the export was finished")
    _check_format(raw, name)
    if name.extension == "xlsx":
        _check_workbook(raw, name, limits)
    elif name.extension == "xls" and "_VBA_PROJECT".encode("utf-16-le") in raw:
        raise _macros(name)


def _check_format(raw: bytes, name: DeliveryName) -> None:
    start = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
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


def _macros(name: DeliveryName) -> DeliveryRefused:
    return refusal(str(name), "the workbook holds macros", "Save it as a workbook without macros (.xlsx)")


def _check_workbook(raw: bytes, name: DeliveryName, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(raw), name, limits)
            for entry in entries:
                _check_content(archive, entry, name, limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error) as error:
        raise refusal(
            str(name),
            f"the workbook is damaged: {error}",
            "Open it in a spreadsheet program and save it again",
        ) from error


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
        (len(set(names)) != len(names), "has two parts of one name"),
        (unpacked > limits.max_unpacked_bytes, f"unpacks to {unpacked:,} bytes, too many"),
        (is_bomb, f"unpacks to {times:,} times its size, {limits.max_ratio:,} are allowed"),
    )
    for is_fault, message in faults:
        if is_fault:
            raise refusal(
                str(name), f"the workbook {message}", "Copy the cells to a new workbook, or deliver csv"
            )
    if any(part.lower().endswith("vbaproject.bin") for part in names):
        raise _macros(name)


def _leaves(part: str) -> bool:
    return part.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part) or ":" in part


def _check_content(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: DeliveryName, limits: Limits
) -> None:
    if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    is_sheet = "/worksheets/" in entry.filename
    tail = b""
    for number, chunk in enumerate(_chunks(archive, entry)):
        window = tail + chunk
        if any(mark in window for mark in _DTD):
            raise refusal(
                str(name), "the workbook declares XML entities (a DTD)", "Copy the cells to a new workbook"
            )
        if is_sheet and number == 0:
            _check_dimension(window, name, limits)
        tail = chunk[-32:]


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            yield chunk


def _check_dimension(start: bytes, name: DeliveryName, limits: Limits) -> None:
    match = _DIMENSION.search(start)
    if match is None:
        return
    columns, rows = column_number(match[1].decode()), int(match[2])
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
