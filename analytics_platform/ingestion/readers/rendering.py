"""Typed cells of workbooks and Parquet as exact text, in the sender's own notation of numbers and dates."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect

_KNOWN_DATES = 10_000


def number_text(value: float) -> str:
    """Shortest text that gives the number back, without exponent; whole numbers without decimals.

    Examples
    --------
    >>> number_text(130.31), number_text(1_000_000.0), number_text(1e-7)
    ('130.31', '1000000', '0.0000001')
    """
    text = repr(float(value))
    if "e" in text:
        text = format(Decimal(text), "f")
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def float_texts(values: pl.Series, dialect: Dialect) -> pl.Series:
    """Text of each number of a Float64 or Float32 series; null stays null.

    Examples
    --------
    >>> float_texts(pl.Series([0.1, 5.0, None]), Dialect(decimal_mark=",")).to_list()
    ['0,1', '5', None]
    """
    texts = values.cast(pl.String).str.strip_suffix(".0")
    odd = texts.str.contains("e", literal=True) | (texts == "-0")
    if odd.any():
        plain = [number_text(float(text)) for text in texts.filter(odd)]
        texts = texts.scatter(odd.arg_true(), plain)
    return _marked(texts, dialect)


def _marked(texts: pl.Series, dialect: Dialect) -> pl.Series:
    return (
        texts if dialect.decimal_mark == "." else texts.str.replace(".", dialect.decimal_mark, literal=True)
    )


class CellWriter:
    """Writes the cells of a workbook as text, in the notation of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._writers: Mapping[type, Callable[..., str]] = {
            str: str,
            float: self._number,
            int: str,
            bool: lambda value: "TRUE" if value else "FALSE",
            date: lru_cache(maxsize=_KNOWN_DATES)(lambda value: value.strftime(dialect.date_format)),
            datetime: self._moment,
            time: time.isoformat,
            timedelta: str,
        }

    def column(self, values: Sequence[object]) -> pl.Series:
        """Texts of one column of a sheet."""
        kinds = set(map(type, values))
        if kinds == {float}:
            return float_texts(pl.Series(values, dtype=pl.Float64), self._dialect)
        if kinds <= {str}:
            return pl.Series(values, dtype=pl.String)
        writers = self._writers
        return pl.Series([writers[type(value)](value) for value in values], dtype=pl.String)

    def _number(self, value: float) -> str:
        text = number_text(value)
        return text if self._dialect.decimal_mark == "." else text.replace(".", self._dialect.decimal_mark)

    def _moment(self, value: datetime) -> str:
        if value.time() == time():
            return value.strftime(self._dialect.date_format)
        return value.isoformat(sep=" ")


def series_text(values: pl.Series, dialect: Dialect) -> pl.Series | None:
    """Texts of a typed series; None if its type is not a plain value (a list, a struct, bytes)."""
    kind = values.dtype
    if kind.is_float():
        return float_texts(values, dialect)
    if kind.is_decimal():
        return _marked(values.cast(pl.String), dialect)
    if kind == pl.Boolean:
        return values.cast(pl.String).str.to_uppercase()
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        return _dates(values, dialect)
    if kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Null, pl.Time):
        return values.cast(pl.String)
    return None


def _dates(values: pl.Series, dialect: Dialect) -> pl.Series:
    """Write dates in the form of the dialect, and moments that are not midnight with their time."""
    days = values.dt.to_string(dialect.date_format)
    if values.dtype == pl.Date:
        return days
    with_time = values.dt.to_string("%Y-%m-%d %H:%M:%S%.f")
    return days.zip_with((values.dt.time() == time()).fill_null(value=True), with_time)
