"""Rows as bytes: JSON, CSV and Parquet, and which of them a reader asks for."""

import io
import json
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

import polars as pl

from analytics_platform.api.problems import Problem

FORMULA_STARTS = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
"""How a formula starts; also in full width, which some spreadsheets take for the same."""

PLAIN_NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"
LONGEST_ACCEPT = 500
"""Bytes of an Accept header that are looked at; browsers send a hundred."""


class Format(StrEnum):
    """How rows are written."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}

_RANGES = {
    "application/json": Format.JSON,
    "application/*": Format.JSON,
    "*/*": Format.JSON,
    "text/csv": Format.CSV,
    "text/*": Format.CSV,
    "application/vnd.apache.parquet": Format.PARQUET,
    "application/parquet": Format.PARQUET,
    "application/octet-stream": Format.PARQUET,
}


@lru_cache(maxsize=256)
def accepted(accept: str) -> Format:
    """Return the format that an ``Accept`` header likes best; JSON if it does not care.

    Raises
    ------
    Problem
        406 if it takes none of the three.

    Examples
    --------
    >>> accepted("text/csv;q=0.5, application/json;q=0.4")
    <Format.CSV: 'csv'>
    """
    best, highest = None, 0.0
    for part in accept.lower().split(","):
        media, *options = (piece.strip() for piece in part.split(";"))
        quality = _quality(options)
        if media in _RANGES and quality > highest:
            best, highest = _RANGES[media], quality
    if best is None and accept.strip():
        raise Problem(406, f"there are {', '.join(MEDIA_TYPES.values())}", "Accept")
    return best or Format.JSON


def _quality(options: Sequence[str]) -> float:
    for option in options:
        name, _, value = option.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def json_rows(rows: pl.DataFrame) -> list[bytes]:
    """Return each row as a JSON object: decimals with all their digits, as numbers; NaN as null.

    Examples
    --------
    >>> from decimal import Decimal
    >>> json_rows(pl.DataFrame({"a": ["x"], "n": [Decimal("1.50")]}))
    [b'{"a":"x","n":1.5}']
    """
    if not rows.width:
        return [b"{}"] * rows.height
    members = [_member(name, dtype) for name, dtype in rows.schema.items()]
    texts = rows.select(
        pl.concat_str(pl.lit("{"), pl.concat_str(members, separator=","), pl.lit("}"))
    ).to_series()
    return [text.encode() for text in texts.to_list()]


def _member(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_decimal():
        text = column.cast(pl.String)
        short = pl.when(text.str.contains(".", literal=True)).then(
            text.str.strip_chars_end("0").str.strip_chars_end(".")
        )
        return pl.concat_str(pl.lit(f"{json.dumps(name)}:"), short.otherwise(text).fill_null("null"))
    if dtype == pl.Datetime:
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").alias(name)
    whole = pl.struct(column).struct.json_encode()
    return whole.str.head(-1).str.tail(-1)


def csv_bytes(rows: pl.DataFrame) -> bytes:
    """Return rows as CSV whose texts no spreadsheet takes for a formula.

    A text that starts as a formula does gets an apostrophe before it. Numbers are left as they are, also
    negative ones, and so is a text that is a number.
    """
    return spreadsheet_safe(rows.lazy()).collect().write_csv(line_terminator="\r\n").encode()


def spreadsheet_safe(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return rows as CSV tells them: no text is a formula, moments are in UTC to the microsecond."""
    schema = rows.collect_schema()
    return rows.with_columns(
        *(_neutral(name) for name, dtype in schema.items() if dtype == pl.String),
        *(
            pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
            for name, dtype in schema.items()
            if dtype == pl.Datetime
        ),
    )


def _neutral(name: str) -> pl.Expr:
    text = pl.col(name)
    is_formula = text.str.contains(FORMULA_STARTS) & ~text.str.contains(PLAIN_NUMBER)
    return pl.when(is_formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name)


def parquet_bytes(rows: pl.DataFrame) -> bytes:
    """Return rows as Parquet with their exact types."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
