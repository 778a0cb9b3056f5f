"""The reader of each format. A reader gives text and never guesses a type."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, refusal, shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.readers import csv_reader, parquet_reader
from analytics_platform.ingestion.readers.encodings import check_encoding, declared_encoding
from analytics_platform.ingestion.readers.json_lines_reader import read_json_lines
from analytics_platform.ingestion.readers.ods_reader import read_ods
from analytics_platform.ingestion.readers.sheet import SheetText
from analytics_platform.ingestion.readers.workbook_reader import read_workbook

_READER_FAULTS = (ValueError, ArithmeticError, LookupError, RecursionError)
"""What readers raise, beside errors of their own, on bytes that nobody foresaw."""

_LOOKED_AT = 1 << 16
_DELIMITED = frozenset({"csv", "tsv", "csv.gz"})
_TEXT = _DELIMITED | {"jsonl", "jsonl.gz"}


def read(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All rows of a file that has passed the guard, every cell as text.

    Parameters
    ----------
    raw : bytes
        The whole file.
    name : DeliveryName
        Its name, which tells the format.
    dialect : Dialect
        How the sender writes.
    limits : Limits
        What is allowed.

    Returns
    -------
    SheetText
        Headers, cells and row numbers.

    Raises
    ------
    DeliveryRefused
        If the file cannot be read as what its name says.
    """
    _check_declared(raw[:_LOOKED_AT], name, dialect)
    with _refusing(name):
        if name.extension in {"xlsx", "xls"}:
            return read_workbook(raw, name, dialect)
        if name.extension == "ods":
            return read_ods(raw, name, dialect, limits)
        if name.extension in {"jsonl", "jsonl.gz"}:
            return read_json_lines(raw, name, dialect, limits)
        if name.extension == "parquet":
            return parquet_reader.read_parquet(raw, name, dialect, limits)
        return csv_reader.read_csv(raw, name, dialect, limits)


def batches(path: Path, name: DeliveryName, dialect: Dialect, limits: Limits) -> Iterator[SheetText]:
    """All rows of a file that has passed the guard, as parts of one sheet; at least one part.

    Delimited text and Parquet are read piece by piece, the other formats at once.

    Parameters
    ----------
    path : Path
        Local file.
    name : DeliveryName
        Its name, which tells the format.
    dialect : Dialect
        How the sender writes.
    limits : Limits
        What is allowed.

    Raises
    ------
    DeliveryRefused
        If the file cannot be read as what its name says.
    """
    streaming = {**dict.fromkeys(_DELIMITED, csv_reader.batches), "parquet": parquet_reader.batches}
    read_batches = streaming.get(name.extension)
    if read_batches is None:
        yield read(path.read_bytes(), name, dialect, limits)
        return
    with path.open("rb") as file:
        _check_declared(file.read(_LOOKED_AT), name, dialect)
    with _refusing(name):
        yield from read_batches(path, name, dialect, limits)


@contextmanager
def _refusing(name: DeliveryName) -> Iterator[None]:
    """Turn what readers raise on odd bytes into a refusal."""
    try:
        yield
    except DeliveryRefused:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException" and not isinstance(error, _READER_FAULTS):
            raise
        raise refusal(
            str(name),
            f"the reader gave up: {type(error).__name__}: {shown(str(error))}",
            "Open the file in the program that wrote it and save it again",
        ) from error


def _check_declared(start: bytes, name: DeliveryName, dialect: Dialect) -> None:
    """Refuse a format or an encoding that is not the one of the dialect."""
    if dialect.format is not None and name.extension.removesuffix(".gz") != dialect.format:
        raise refusal(
            str(name),
            f"the file is .{name.extension} and this sender delivers {dialect.format}",
            "Deliver it as before, or change format in the dialect",
        )
    if name.extension in _TEXT:
        check_encoding(_unpacked_start(start, name), name, declared_encoding(dialect, name))


def _unpacked_start(start: bytes, name: DeliveryName) -> bytes:
    """First bytes of the text; empty if they cannot be unpacked, which the reader will tell."""
    if not name.extension.endswith(".gz"):
        return start
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, _LOOKED_AT)
    except zlib.error:
        return b""
