"""Coupon periods of one bond as arrays: what is left after a settlement date, and accrued interest."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats, Integers
from analytics_platform.risk.day_counts import year_fractions

_MONTHS_A_YEAR = 12
BOND_EQUIVALENT_FREQUENCY = 2
"""Compounding of the yield of a zero-coupon bond, which has no coupon frequency of its own."""


@dataclass(frozen=True)
class BondSchedule:
    """Coupon periods of one bond, ascending. Dates are days since 1970-01-01; amounts are per 100 face.

    Attributes
    ----------
    starts, ends, pays : ndarray of shape (n_periods,), int64
        First day of accrual, unadjusted coupon date, day of payment.
    coupons, redemptions : ndarray of shape (n_periods,), float64
    lengths : ndarray of shape (n_periods,), float64
        Length in regular coupon periods: 1, but for a short or long first period.
    frequency : int
        Compounding periods a year.
    day_count : str
        Convention by which interest accrues within a period.
    is_end_of_month : bool
        Coupons fall on the last day of a month, because the maturity does.
    ex_dividends : ndarray of shape (n_periods,), int64, optional
        First day of each period on which a buyer does not get its coupon; None if there is none.

    """

    starts: Integers
    ends: Integers
    pays: Integers
    coupons: Floats
    redemptions: Floats
    lengths: Floats
    frequency: int
    day_count: str
    is_end_of_month: bool
    ex_dividends: Integers | None = None


@dataclass(frozen=True)
class BondFlows:
    """What a bond still pays after a settlement date, per 100 face.

    Attributes
    ----------
    amounts : ndarray of shape (n_flows,)
        Coupons, with the redemption in the last one; the first coupon is 0 if the bond is ex dividend.
    periods : ndarray of shape (n_flows,)
        Compounding periods from settlement to each unadjusted payment.
    days : ndarray of shape (n_flows,), int64
        Calendar days from settlement to each day of payment.
    accrued : float
        Negative if the bond is ex dividend: the seller keeps a coupon that the buyer has yet to earn.
    frequency : int
        Compounding periods a year.

    """

    amounts: Floats
    periods: Floats
    days: Integers
    accrued: float
    frequency: int


def days_since_epoch(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - 719163


def _date(days: int) -> date:
    return date.fromordinal(days + 719163)


def _is_month_end(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _months_before(day: date, months: int, *, is_end_of_month: bool) -> date:
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 - months, _MONTHS_A_YEAR)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, last if is_end_of_month else min(day.day, last))


def periods_between(start: date, end: date, frequency: int, *, is_end_of_month: bool) -> float:
    """Regular coupon periods from `start` to the coupon date `end`, a broken one by actual days.

    Whole periods are counted back from `end`; the rest is days over the days of the regular period
    that holds it (ACT/ACT ICMA, for short and for long periods).

    Examples
    --------
    >>> round(periods_between(date(1990, 4, 2), date(1990, 9, 30), 2, is_end_of_month=True) * 183, 9)
    181.0

    """
    step, whole, upper = _MONTHS_A_YEAR // frequency, 0, end
    while True:
        lower = _months_before(end, step * (whole + 1), is_end_of_month=is_end_of_month)
        if lower <= start:
            return whole + (upper - start).days / (upper - lower).days
        whole, upper = whole + 1, lower


def bond_schedule(accruals: pl.DataFrame, *, coupon_frequency: int, day_count: str) -> BondSchedule:
    """Arrays of one bond's rows of `bond_accruals`.

    Parameters
    ----------
    accruals : DataFrame
        Rows of one bond in the columns of `tables.platform.BOND_ACCRUALS`, in any order.
    coupon_frequency : int
        Coupons a year; 0 for a zero-coupon bond, whose yield compounds twice a year.
    day_count : str
        "ACT/ACT ICMA" or one of `day_counts.DAY_COUNTS`.

    Raises
    ------
    ValueError
        If there is no period, or the frequency does not divide the year into whole months.

    Examples
    --------
    >>> from analytics_platform.risk.schedules import bond_accruals
    >>> terms = {
    ...     "instrument_id": "NOTE", "coupon_rate": 0.03, "dated_date": date(2012, 2, 15),
    ...     "first_coupon_date": None, "maturity_date": date(2013, 2, 15), "coupon_frequency": 2,
    ...     "day_count": "ACT/ACT ICMA", "redemption_per_100": 100.0,
    ... }
    >>> periods = bond_accruals(pl.DataFrame([terms]))
    >>> schedule = bond_schedule(periods, coupon_frequency=2, day_count="ACT/ACT ICMA")
    >>> schedule.coupons.round(9).tolist(), schedule.redemptions.tolist()
    ([1.5, 1.5], [0.0, 100.0])

    """
    if accruals.is_empty():
        message = "a bond needs at least one coupon period"
        raise ValueError(message)
    frequency = coupon_frequency or BOND_EQUIVALENT_FREQUENCY
    if _MONTHS_A_YEAR % frequency:
        message = f"{frequency} coupons a year do not divide the year into whole months"
        raise ValueError(message)
    rows = accruals.sort("accrual_start")
    is_end_of_month = _is_month_end(rows["accrual_end"][-1])
    lengths = np.ones(len(rows))
    lengths[0] = periods_between(
        rows["accrual_start"][0], rows["accrual_end"][0], frequency, is_end_of_month=is_end_of_month
    )
    starts, ends, pays = (
        rows[name].cast(pl.Int32).cast(pl.Int64).to_numpy()
        for name in ("accrual_start", "accrual_end", "pay_date")
    )
    coupons, redemptions = (
        rows[f"{name}_per_100"].cast(pl.Float64).to_numpy() for name in ("coupon", "redemption")
    )
    return BondSchedule(
        starts, ends, pays, coupons, redemptions, lengths, frequency, day_count, is_end_of_month
    )


def with_ex_dividend(schedule: BondSchedule, days: int) -> BondSchedule:
    """Let each coupon go to the holder some calendar days before its date, as many as `days`.

    Where the rule counts business days (seven for a British gilt), put the dates into `ex_dividends`.
    """
    return replace(schedule, ex_dividends=schedule.ends - days)


def _share_elapsed(schedule: BondSchedule, period: int, settlement: int, periods_left: float) -> float:
    start, end = int(schedule.starts[period]), int(schedule.ends[period])
    if schedule.day_count == "ACT/ACT ICMA":
        return 1.0 - periods_left / float(schedule.lengths[period])
    elapsed, whole = year_fractions(
        _date(start),
        [_date(settlement), _date(end)],
        schedule.day_count,
        maturity=_date(int(schedule.ends[-1])),
    )
    return float(elapsed / whole)


def flows_after(schedule: BondSchedule, settlement: date) -> BondFlows | None:
    """Flows that a buyer who settles on a date gets, with accrued interest; None after maturity.

    A period counts while its unadjusted end is after settlement, also when a holiday moves the
    payment of an ended one past it: that coupon belongs to the holder of the coupon date. From the
    ex-dividend day on the coupon of the period stays with the seller.

    Raises
    ------
    ValueError
        If settlement is before the bond starts to accrue.

    Examples
    --------
    One of two half-yearly coupons of 1.50 is left, half of its period is gone:

    >>> days = [days_since_epoch(day) for day in (date(2012, 2, 15), date(2012, 8, 15), date(2013, 2, 15))]
    >>> starts, ends = np.array(days[:2]), np.array(days[1:])
    >>> schedule = BondSchedule(
    ...     starts, ends, ends, np.array([1.5, 1.5]), np.array([0.0, 100.0]), np.ones(2), 2,
    ...     "ACT/ACT ICMA", False,
    ... )
    >>> left = flows_after(schedule, date(2012, 11, 15))
    >>> left.amounts.tolist(), round(left.accrued, 6)
    ([101.5], 0.75)

    """
    today = days_since_epoch(settlement)
    if today < schedule.starts[0]:
        message = f"settlement {settlement} is before the dated date {_date(int(schedule.starts[0]))}"
        raise ValueError(message)
    period = int(np.searchsorted(schedule.ends, today, side="right"))
    if period == schedule.ends.size:
        return None
    start, end = int(schedule.starts[period]), int(schedule.ends[period])
    if schedule.lengths[period] == 1.0:
        periods_left = (end - today) / (end - start)
    else:
        periods_left = periods_between(
            settlement, _date(end), schedule.frequency, is_end_of_month=schedule.is_end_of_month
        )
    share = _share_elapsed(schedule, period, today, periods_left)
    amounts, coupon = (
        schedule.coupons[period:] + schedule.redemptions[period:],
        float(schedule.coupons[period]),
    )
    if schedule.ex_dividends is not None and today >= schedule.ex_dividends[period]:
        amounts[0], share = schedule.redemptions[period], share - 1.0
    return BondFlows(
        amounts=amounts,
        periods=periods_left + np.arange(schedule.ends.size - period, dtype=np.float64),
        days=schedule.pays[period:] - today,
        accrued=coupon * share,
        frequency=schedule.frequency,
    )
