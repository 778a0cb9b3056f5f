"""Calendar spans that the dates of a delivery are cut into: years, quarters or months. No row is here."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple

SpanLength = Literal["year", "quarter", "month"]

_MONTHS: dict[SpanLength, int] = {"year": 12, "quarter": 3, "month": 1}
_MONTHS_OF_A_YEAR = 12


class Span(NamedTuple):
    """First and last date, inclusive."""

    first_date: date
    last_date: date


def spans(first_date: date, last_date: date, length: SpanLength) -> list[Span]:
    """Cut dates into calendar years, quarters or months; the outer ones end where the dates do.

    Parameters
    ----------
    first_date, last_date : date
        Dates that are cut, inclusive.
    length : {"year", "quarter", "month"}
        How long a span is at most.

    Examples
    --------
    >>> [str(span.first_date) for span in spans(date(2012, 11, 5), date(2013, 2, 1), "quarter")]
    ['2012-11-05', '2013-01-01']
    """
    return list(_spans(first_date, last_date, _MONTHS[length]))


def _spans(first_date: date, last_date: date, months: int) -> Iterator[Span]:
    while first_date <= last_date:
        following = _start_after(first_date, months)
        yield Span(first_date, min(last_date, following - timedelta(days=1)))
        first_date = following


def _start_after(day: date, months: int) -> date:
    """Return the first day of the span after the one that a day lies in."""
    number = (day.year * _MONTHS_OF_A_YEAR + day.month - 1) // months * months + months
    return date(number // _MONTHS_OF_A_YEAR, number % _MONTHS_OF_A_YEAR + 1, 1)
