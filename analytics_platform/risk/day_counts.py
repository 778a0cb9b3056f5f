"""Year fractions between dates by day-count convention, for arrays of dates.

ACT/ACT ICMA is not here: it needs the coupon schedule and is in `accruals`.
"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics_platform.risk.arrays import Booleans, Floats, Integers

Dates = ArrayLike | date | Sequence[date]
"""Dates as arrays, or as NumPy reads them."""
_Dates = NDArray[np.datetime64]
_MONTH_DAYS, _FEBRUARY = 30, 2


def _year(days: _Dates) -> Integers:
    return days.astype("datetime64[Y]").astype(np.int64) + 1970


def _month(days: _Dates) -> Integers:
    return days.astype("datetime64[M]").astype(np.int64) % 12 + 1


def _day(days: _Dates) -> Integers:
    month: _Dates = days.astype("datetime64[M]").astype("datetime64[D]")
    return (days - month).astype(np.int64) + 1


def _year_start(days: _Dates) -> _Dates:
    return days.astype("datetime64[Y]").astype("datetime64[D]")


def _is_leap(year: Integers) -> Booleans:
    is_leap: Booleans = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return is_leap


def _is_february_end(days: _Dates) -> Booleans:
    is_end: Booleans = (_month(days) == _FEBRUARY) & (_month(days + np.timedelta64(1, "D")) != _FEBRUARY)
    return is_end


def _actual(start: _Dates, end: _Dates) -> Floats:
    return (end - start).astype(np.float64)


def _act_360(start: _Dates, end: _Dates, _maturity: _Dates) -> Floats:
    return _actual(start, end) / 360.0


def _act_365_fixed(start: _Dates, end: _Dates, _maturity: _Dates) -> Floats:
    return _actual(start, end) / 365.0


def _act_act_isda(start: _Dates, end: _Dates, _maturity: _Dates) -> Floats:
    """Days in leap years over 366, the others over 365."""
    first, last = (
        _actual(_year_start(days), days) / np.where(_is_leap(_year(days)), 366.0, 365.0)
        for days in (start, end)
    )
    years: Floats = (_year(end) - _year(start)).astype(np.float64)
    return years + (last - first)


def _years_before(days: _Dates, years: Integers) -> _Dates:
    """Go to the same day some years before; from the end of February to the end of February."""
    month = days.astype("datetime64[M]").astype(np.int64) - 12 * years
    first, following = (m.astype("datetime64[M]").astype("datetime64[D]") for m in (month, month + 1))
    same: _Dates = first + (_day(days) - 1).astype("timedelta64[D]")
    return np.where(_is_february_end(days), following - np.timedelta64(1, "D"), same)


def _leap_days_before(days: _Dates) -> Integers:
    """Count the 29ths of February before a date, up to a constant."""
    # Before the 61st day of a leap year its own 29 February is not past.
    last = _year(days - np.timedelta64(60, "D"))
    return last // 4 - last // 100 + last // 400


def _act_act_afb(start: _Dates, end: _Dates, _maturity: _Dates) -> Floats:
    """Whole years back from the end; the rest over 366 if it holds a 29 February, else over 365."""
    years = _year(end) - _year(start)
    years = np.where(_years_before(end, years) < start, years - 1, years)
    stub_end = _years_before(end, years)
    has_leap_day = _leap_days_before(stub_end) > _leap_days_before(start)
    return years + _actual(start, stub_end) / np.where(has_leap_day, 366.0, 365.0)


def _thirty(start: _Dates, end: _Dates, first: Integers, last: Integers) -> Floats:
    months = 12 * (_year(end) - _year(start)) + _month(end) - _month(start)
    return (_MONTH_DAYS * months + last - first) / 360.0


def _thirty_360(start: _Dates, end: _Dates, _maturity: _Dates) -> Floats:
    """30/360 bond basis (ISDA 2006, 4.16 f): a 31st ends on the 30th only after a 30th."""
    first = np.minimum(_day(start), _MONTH_DAYS)
    last = np.where(first == _MONTH_DAYS, np.minimum(_day(end), _MONTH_DAYS), _day(end))
    return _thirty(start, end, first, last)


def _thirty_360_us(start: _Dates, end: _Dates, _maturity: _Dates) -> Floats:
    """30/360 of SIFMA: also the end of February is a 30th."""
    from_february = _is_february_end(start)
    first = np.where(from_february, _MONTH_DAYS, np.minimum(_day(start), _MONTH_DAYS))
    last = np.where(first == _MONTH_DAYS, np.minimum(_day(end), _MONTH_DAYS), _day(end))
    last = np.where(from_february & _is_february_end(end), _MONTH_DAYS, last)
    return _thirty(start, end, first, last)


def _thirty_e_360(start: _Dates, end: _Dates, _maturity: _Dates) -> Floats:
    """30E/360, Eurobond basis: every 31st is a 30th."""
    return _thirty(start, end, np.minimum(_day(start), _MONTH_DAYS), np.minimum(_day(end), _MONTH_DAYS))


def _thirty_e_360_isda(start: _Dates, end: _Dates, maturity: _Dates) -> Floats:
    """30E/360 ISDA: the end of February is a 30th too, unless it is the maturity."""
    first = np.where(_is_february_end(start), _MONTH_DAYS, np.minimum(_day(start), _MONTH_DAYS))
    is_moved = _is_february_end(end) & (end != maturity)
    last = np.where(is_moved, _MONTH_DAYS, np.minimum(_day(end), _MONTH_DAYS))
    return _thirty(start, end, first, last)


_CONVENTIONS: dict[str, Callable[[_Dates, _Dates, _Dates], Floats]] = {
    "ACT/360": _act_360,
    "ACT/365F": _act_365_fixed,
    "ACT/ACT ISDA": _act_act_isda,
    "ACT/ACT AFB": _act_act_afb,
    "30/360": _thirty_360,
    "30/360 US": _thirty_360_us,
    "30E/360": _thirty_e_360,
    "30E/360 ISDA": _thirty_e_360_isda,
}
DAY_COUNTS = tuple(_CONVENTIONS)


def year_fractions(start: Dates, end: Dates, day_count: str, *, maturity: date | None = None) -> Floats:
    """Years from one date to another by a day-count convention.

    Parameters
    ----------
    start, end : array_like of dates
        The end is not before the start; they broadcast.
    day_count : str
        One of `DAY_COUNTS`. "30/360" is the bond basis, "30/360 US" has SIFMA's rule for February.
    maturity : date, optional
        For 30E/360 ISDA alone, whose rule for February spares the last day of a bond.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    ValueError
        If the convention is not known, or an end is before its start.

    References
    ----------
    2006 ISDA Definitions, section 4.16; SIFMA Standard Securities Calculation Methods, vol. 1;
    Association Francaise des Banques, master agreement of 1994 (ACT/ACT AFB).

    Examples
    --------
    Three answers to one question:

    >>> names = ("30/360", "30E/360", "30/360 US")
    >>> [round(360 * float(year_fractions("2007-02-28", "2007-08-31", name))) for name in names]
    [183, 182, 180]

    """
    if day_count not in _CONVENTIONS:
        message = f"day count {day_count!r} is none of {sorted(_CONVENTIONS)}"
        raise ValueError(message)
    first, last = np.asarray(start, dtype="datetime64[D]"), np.asarray(end, dtype="datetime64[D]")
    if np.any(last < first):
        message = "a period ends before it starts"
        raise ValueError(message)
    return np.asarray(_CONVENTIONS[day_count](first, last, np.asarray(maturity, dtype="datetime64[D]")))
