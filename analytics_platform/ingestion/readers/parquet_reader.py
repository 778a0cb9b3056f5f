"""Parquet as rows of text, typed columns written exactly. What a column means is not known here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import parquet

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.readers.packed_sheet import PackedSheet, no_ragged_rows
from analytics_platform.ingestion.readers.rendering import series_text
from analytics_platform.ingestion.readers.sheet import (
    ROW_NUMBER,
    SheetText,
    cell,
    check_headers,
    no_faults,
    trimmed_headers,
    with_checked_headers,
)

_MOST_ROWS = 200_000


def read_parquet(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All rows of a Parquet file that is in memory; the first record is row 1.

    Raises
    ------
    DeliveryRefused
        If the file is unreadable, declares too many cells, or has columns of lists, structs or bytes.
    """
    with _refusing(name):
        file = _opened(pa.BufferReader(raw), name, limits)
        return _sheet(pa.Table.from_batches(_parts(file, _MOST_ROWS), file.schema_arrow), name, dialect)


def batches(
    path: Path, name: DeliveryName, dialect: Dialect, limits: Limits, most_rows: int = _MOST_ROWS
) -> Iterator[SheetText]:
    """Read a Parquet file, one batch of rows after the other; a file without rows is one batch.

    Parameters
    ----------
    path : Path
        Local file.
    name : DeliveryName
        Its name.
    dialect : Dialect
        How the sender writes.
    limits : Limits
        What is allowed.
    most_rows : int
        Most rows of a batch.

    Raises
    ------
    DeliveryRefused
        As `read_parquet`.
    """
    with _refusing(name), path.open("rb") as source:
        file = _opened(source, name, limits)
        headers = trimmed_headers(file.schema_arrow.names)
        if not all(headers) or not file.metadata.num_rows:
            yield _sheet(file.read(use_threads=False), name, dialect)
            return
        check_headers(headers, range(len(headers)), name)
        done = 0
        for part in _parts(file, most_rows):
            texts = _texts(pa.Table.from_batches([part]), name, dialect)
            yield PackedSheet(
                headers=tuple(headers),
                columns=[
                    text.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string()) for text in texts
                ],
                numbers=np.arange(done + 1, done + part.num_rows + 1),
                ragged=no_ragged_rows(len(headers)),
                faults=no_faults(),
            )
            done += part.num_rows


@contextmanager
def _refusing(name: DeliveryName) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, MemoryError):
            raise
        raise refusal(
            str(name), f"the Parquet file cannot be read: {error}", "Write it again and deliver it again"
        ) from error


def _opened(source: object, name: DeliveryName, limits: Limits) -> parquet.ParquetFile:
    file = parquet.ParquetFile(source)
    rows, width = file.metadata.num_rows, len(file.schema_arrow.names)
    if rows * width > limits.max_cells:
        raise refusal(
            str(name),
            f"the file declares {rows:,} rows and {width:,} columns, over {limits.max_cells:,} cells",
            "Split it by date into several deliveries",
        )
    return file


def _parts(file: parquet.ParquetFile, most_rows: int) -> Iterator[pa.RecordBatch]:
    yield from file.iter_batches(batch_size=most_rows, use_threads=False)


def _sheet(table: pa.Table, name: DeliveryName, dialect: Dialect) -> SheetText:
    texts = _texts(table, name, dialect)
    numbers = pl.int_range(1, table.num_rows + 1, dtype=pl.Int64, eager=True).alias(ROW_NUMBER)
    sheet = SheetText(tuple(table.column_names), pl.DataFrame([numbers, *texts]), no_faults())
    return with_checked_headers(sheet, name)


def _texts(table: pa.Table, name: DeliveryName, dialect: Dialect) -> list[pl.Series]:
    """Columns as text, named by `cell`; empty where there is no value."""
    named = table.rename_columns([cell(place) for place in range(table.num_columns)])
    frame = pl.DataFrame(pl.from_arrow(named))
    return [
        _text(values, header, name, dialect) for values, header in zip(frame, table.column_names, strict=True)
    ]


def _text(values: pl.Series, header: str, name: DeliveryName, dialect: Dialect) -> pl.Series:
    texts = series_text(values, dialect)
    if texts is None:
        raise refusal(
            str(name),
            f"the column holds {values.dtype}, which is no plain value",
            "Deliver text, numbers, dates or booleans",
            column=header,
        )
    return texts.fill_null("").alias(values.name)
