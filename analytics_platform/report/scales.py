"""From numbers and dates to places on a chart: nice ticks, linear scales, ticks of a calendar."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from analytics_platform.report.format import month

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_MAX_DATE_TICKS = 7
_TINY = 1e-100


@dataclass(frozen=True)
class Scale:
    """Straight line from values ``low .. high`` to places ``start .. end``.

    Examples
    --------
    >>> Scale(0.0, 10.0, 200.0, 0.0).at(2.5)
    150.0
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def nice_ticks(low: float, high: float, *, target: int = 5) -> list[float]:
    """Round numbers that enclose ``low .. high``, about `target` of them.

    Parameters
    ----------
    low, high : float
        Smallest and largest value, finite. Equal ones are moved apart.
    target : int
        Number of steps wished for.

    Returns
    -------
    list of float
        At least 2, ascending, equally far apart by 1, 2, 2.5 or 5 times a power of ten.

    Examples
    --------
    >>> nice_ticks(0.0, 9.3)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    >>> nice_ticks(-0.011, 0.023)
    [-0.02, -0.01, 0.0, 0.01, 0.02, 0.03]
    """
    size = max(abs(low), abs(high))
    if high - low <= max(size, _TINY) * 1e-12:
        pad = size * 0.01 if size > _TINY else 1.0
        low, high = low - pad, high + pad
    rough = (high - low) / target
    power = math.floor(math.log10(rough))
    step = next(nice for nice in _NICE if nice * 10.0**power >= rough * (1 - 1e-9)) * 10.0**power
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 1 - power) + 0.0 for number in range(first, last + 1)]


def _marks(dates: Sequence[date], period: Callable[[date], object]) -> list[int]:
    return [i for i in range(1, len(dates)) if period(dates[i]) != period(dates[i - 1])]


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def date_ticks(dates: Sequence[date]) -> list[tuple[int, str]]:
    """Places and labels for an axis of sessions: the finest of day, week, month, quarter, years that fits.

    Parameters
    ----------
    dates : sequence of date
        Ascending.

    Returns
    -------
    list of (int, str)
        Index of a date, and its label; a tick stands where a period begins.

    Examples
    --------
    >>> date_ticks([date(2012, 12, 28), date(2012, 12, 31), date(2013, 1, 2)])
    [(0, '28 Dec'), (1, '31 Dec'), (2, '2 Jan')]
    """
    if len(dates) <= _MAX_DATE_TICKS:
        return [(i, f"{day.day} {month(day)}") for i, day in enumerate(dates)]
    for period in (_week, _month, _quarter):
        marks = _marks(dates, period)
        if len(marks) <= _MAX_DATE_TICKS:
            return _labelled(dates, marks, with_day=period is _week)
    step = next(n for n in (1, 2, 5, 10, 25, 100) if len(_years(dates, n)) <= _MAX_DATE_TICKS or n == 100)  # noqa: PLR2004 - the last of the list
    return [(i, str(dates[i].year)) for i in _years(dates, step)]


def _years(dates: Sequence[date], step: int) -> list[int]:
    return _marks(dates, lambda day: day.year // step)


def _labelled(dates: Sequence[date], marks: Sequence[int], *, with_day: bool) -> list[tuple[int, str]]:
    ticks, shown_year = [], None
    for mark in marks:
        day = dates[mark]
        label = f"{day.day} {month(day)}" if with_day else month(day)
        if not with_day and day.year != shown_year:
            label = f"{label} {day.year}"
        shown_year = day.year
        ticks.append((mark, label))
    return ticks
