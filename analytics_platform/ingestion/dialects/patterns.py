"""Patterns that a dialect may hold: regular expressions that run in linear time, and date formats."""

from functools import lru_cache
from itertools import combinations

import polars as pl

_SAMPLE_YEARS = (1912, 2001, 2003, 2004, 2009, 2010, 2011, 2012, 2013, 2020, 2021, 2031)
FIRST_YEAR, LAST_YEAR = 1800, 2299
"""Years of dates that are believed."""


def regular_expression(pattern: str) -> str:
    """Give the pattern back if it is a regular expression that polars can run."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError as error:
        message = "this is not a regular expression"
        raise ValueError(message) from error
    return pattern


def capturing_expression(pattern: str) -> str:
    """Give the pattern back if it is a regular expression with a group."""
    kind = pl.Series([""]).str.extract_groups(regular_expression(pattern)).dtype
    if not isinstance(kind, pl.Struct) or not kind.fields:
        message = "it needs a group in round brackets that captures the number"
        raise ValueError(message)
    return pattern


def whole_date(pattern: str) -> str:
    """Give the pattern back if a date that is written so can be read again."""
    sample = pl.Series(["2013-02-28", "1999-11-05"]).str.to_date("%Y-%m-%d")
    try:
        back = sample.dt.to_string(pattern).str.to_date(pattern)
    except pl.exceptions.PolarsError as error:
        message = "it must say day, month and year, as in %Y-%m-%d, %d.%m.%Y or %m/%d/%Y"
        raise ValueError(message) from error
    if not back.equals(sample):
        message = "a date written so cannot be read back"
        raise ValueError(message)
    return pattern


@lru_cache(maxsize=64)
def readable_apart(patterns: tuple[str, ...]) -> None:
    """Refuse date formats of which two read one text as different dates, such as %d/%m/%Y and %m/%d/%Y.

    Raises
    ------
    ValueError
        With the two formats, a text, and both dates.
    """
    for one, other in combinations(patterns, 2):
        for writer, reader in ((one, other), (other, one)):
            texts = _sample().dt.to_string(writer)
            read = texts.str.to_date(reader, strict=False)
            believed = read.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(value=False)
            differs = believed & (read != _sample()).fill_null(value=False)
            if differs.any():
                place = differs.arg_true()[0]
                message = (
                    f"'{texts[place]}' is {_sample()[place]} by {writer} and {read[place]} by {reader}; "
                    "keep one of the two"
                )
                raise ValueError(message)


def reads_as_serial_number(pattern: str) -> bool:
    """Whether dates in this format are numbers of so few digits as serial dates have."""
    return bool(_sample().dt.to_string(pattern).str.contains(r"^[0-9]{1,6}$").any())


@lru_cache(maxsize=1)
def _sample() -> pl.Series:
    days = [pl.date_range(pl.date(year, 1, 1), pl.date(year, 12, 31), eager=True) for year in _SAMPLE_YEARS]
    return pl.concat(days)
