"""Text to dates: several strict formats, and serial numbers where the dialect allows them."""

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.patterns import FIRST_YEAR, LAST_YEAR

_FIRST_REAL_SERIAL = {1900: 61, 1904: 0}
"""Spreadsheets count a 29 February 1900 that never was: before March 1900 a serial number is ambiguous."""


def to_dates(text: pl.Series, dialect: Dialect) -> pl.Series:
    """Dates of the cells of one column.

    Parameters
    ----------
    text : Series of String
        Trimmed cells.
    dialect : Dialect
        Its date formats, of which each cell fits at most one, and its epoch.

    Returns
    -------
    Series of Date
        Null where no format fits, and for years before 1800 or after 2299.
    """
    plain = text
    if (signed := text.str.contains(r"^[+-]").fill_null(value=False)).any():
        plain = text.set(signed, None)
    first, *others = dialect.date_formats or (dialect.date_format,)
    dates = _believed(plain, first)
    for pattern in others:
        dates = dates.zip_with(dates.is_not_null(), _believed(plain, pattern))
    if isinstance(dialect.date_epoch, int):
        dates = dates.zip_with(dates.is_not_null(), _serial_dates(plain, dialect.date_epoch))
    return dates


def _believed(text: pl.Series, pattern: str) -> pl.Series:
    dates = text.str.to_date(pattern, strict=False)
    is_believed = dates.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(value=True)
    return dates if is_believed.all() else dates.set(~is_believed, None)


def _serial_dates(text: pl.Series, epoch: int) -> pl.Series:
    serial = text.set(~text.str.contains(r"^[0-9]{1,6}$").fill_null(value=False), None).cast(pl.Int32)
    serial = serial.set((serial < _FIRST_REAL_SERIAL[epoch]).fill_null(value=False), None)
    origin = pl.date(1899, 12, 30) if epoch == 1900 else pl.date(1904, 1, 1)  # noqa: PLR2004 - an epoch's name
    dates = serial.alias("serial").to_frame().select(date=(origin + pl.duration(days="serial")).cast(pl.Date))
    return dates["date"].set((dates["date"].dt.year() > LAST_YEAR).fill_null(value=False), None)
