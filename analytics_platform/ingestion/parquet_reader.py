"""Parquet as rows of text, typed columns written exactly. What a column means is not known here."""

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from analytics_platform.ingestion.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guard import Limits
from analytics_platform.ingestion.rendering import series_text
from analytics_platform.ingestion.sheet import ROW_NUMBER, SheetText, cell, no_faults, with_checked_headers


def read_parquet(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All rows of a Parquet file; the first record is row 1.

    Raises
    ------
    DeliveryRefused
        If the file is unreadable, declares too many cells, or has columns of lists, structs or bytes.
    """
    try:
        file = parquet.ParquetFile(pa.BufferReader(raw))
        rows, width = file.metadata.num_rows, len(file.schema_arrow.names)
        if rows * width > limits.max_cells:
            raise refusal(
                str(name),
                f"the file declares {rows:,} rows and {width:,} columns, over {limits.max_cells:,} cells",
                "Split it by date into several deliveries",
            )
        table = file.read(use_threads=False)
        headers = table.column_names
        frame = pl.DataFrame(pl.from_arrow(table.rename_columns([cell(place) for place in range(width)])))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise refusal(
            str(name), f"the Parquet file cannot be read: {error}", "Write it again and deliver it again"
        ) from error
    texts = [_text(values, header, name, dialect) for values, header in zip(frame, headers, strict=True)]
    numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias(ROW_NUMBER)
    return with_checked_headers(SheetText(tuple(headers), pl.DataFrame([numbers, *texts]), no_faults()), name)


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
