"""Coupon schedules of bonds, built by QuantLib once per bond. Besides it only `american` imports it here."""

from datetime import date

import polars as pl
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.tables.platform import BOND_ACCRUALS

_MONTHS_A_YEAR = 12


def _day_count(name: str, maturity: date) -> ql.DayCounter:
    counters = {
        "ACT/ACT ICMA": ql.ActualActual(ql.ActualActual.ISMA),
        "ACT/ACT ISDA": ql.ActualActual(ql.ActualActual.ISDA),
        "ACT/ACT AFB": ql.ActualActual(ql.ActualActual.AFB),
        "30/360": ql.Thirty360(ql.Thirty360.BondBasis),
        "30/360 US": ql.Thirty360(ql.Thirty360.USA),
        "30E/360": ql.Thirty360(ql.Thirty360.European),
        "30E/360 ISDA": ql.Thirty360(ql.Thirty360.ISDA, _ql(maturity)),
        "ACT/360": ql.Actual360(),
        "ACT/365F": ql.Actual365Fixed(),
    }
    if name not in counters:
        message = f"day count {name!r} is none of {sorted(counters)}"
        raise ValueError(message)
    return counters[name]


def _ql(day: date) -> ql.Date:
    return ql.Date(day.day, day.month, day.year)


def _dates(dated: date, maturity: date, frequency: int, first_coupon: date | None) -> ql.Schedule:
    return ql.Schedule(
        _ql(dated),
        _ql(maturity),
        ql.Period(_MONTHS_A_YEAR // frequency, ql.Months),
        ql.NullCalendar(),
        ql.Unadjusted,
        ql.Unadjusted,
        ql.DateGeneration.Backward,
        ql.Date.isEndOfMonth(_ql(maturity)),
        _ql(first_coupon) if first_coupon else ql.Date(),
    )


def bond_periods(  # noqa: PLR0913 - a bond has this many terms, all by keyword
    *,
    dated_date: date,
    maturity_date: date,
    coupon_rate: float,
    coupon_frequency: int,
    day_count: str,
    redemption_per_100: float = 100.0,
    first_coupon_date: date | None = None,
) -> pl.DataFrame:
    """Coupon periods of one bond: the columns of `bond_accruals` without the instrument.

    Parameters
    ----------
    dated_date, maturity_date, first_coupon_date : date
        First day of accrual, redemption, and first coupon where the first period is irregular.
    coupon_rate : float
        Decimal a year.
    coupon_frequency : int
        Coupons a year; 0 for a zero-coupon bond, which is one period without a coupon.
    day_count : str
        "ACT/ACT ICMA" or one of `day_counts.DAY_COUNTS`.
    redemption_per_100 : float

    Returns
    -------
    DataFrame
        One row per period. Dates run back from maturity, at month ends if maturity is one. Payments
        on a holiday move to the next day of the US government bond calendar (SIFMA).

    Raises
    ------
    ValueError
        If the terms make no schedule.

    """
    if not dated_date < (first_coupon_date or maturity_date) <= maturity_date:
        message = (
            f"dates out of order: dated {dated_date}, first coupon {first_coupon_date}, "
            f"maturity {maturity_date}"
        )
        raise ValueError(message)
    if coupon_frequency and _MONTHS_A_YEAR % coupon_frequency:
        message = f"{coupon_frequency} coupons a year do not divide the year into whole months"
        raise ValueError(message)
    calendar = ql.UnitedStates(ql.UnitedStates.GovernmentBond)
    columns = {name: kind for name, kind in BOND_ACCRUALS.columns.items() if name != "instrument_id"}
    last_pay = calendar.adjust(_ql(maturity_date), ql.Following).to_date()
    if not coupon_frequency:
        row = (dated_date, maturity_date, last_pay, 0.0, redemption_per_100)
        return pl.DataFrame([row], schema=columns, orient="row")
    schedule = _dates(dated_date, maturity_date, coupon_frequency, first_coupon_date)
    counter = _day_count(day_count, maturity_date)
    leg = ql.FixedRateLeg(schedule, counter, [100.0], [coupon_rate], paymentCalendar=calendar)
    coupons = [ql.as_fixed_rate_coupon(flow) for flow in leg]
    rows = [
        (c.accrualStartDate().to_date(), c.accrualEndDate().to_date(), c.date().to_date(), c.amount(), 0.0)
        for c in coupons
    ]
    rows[-1] = (*rows[-1][:-1], redemption_per_100)
    return pl.DataFrame(rows, schema=columns, orient="row")


def bond_accruals(bond_terms: pl.DataFrame) -> pl.DataFrame:
    """Coupon periods of all bonds, a frame of `tables.platform.BOND_ACCRUALS`, sorted by its key.

    Parameters
    ----------
    bond_terms : DataFrame
        Columns of `tables.reference.BOND_TERMS`.

    Raises
    ------
    ValueError
        If the terms of a bond make no schedule; the message names the bond.

    Examples
    --------
    >>> from datetime import date
    >>> terms = pl.DataFrame(
    ...     {
    ...         "instrument_id": ["NOTE"], "coupon_rate": [0.03], "dated_date": [date(2012, 2, 15)],
    ...         "first_coupon_date": [None], "maturity_date": [date(2013, 2, 15)], "coupon_frequency": [2],
    ...         "day_count": ["ACT/ACT ICMA"], "redemption_per_100": [100.0],
    ...     }
    ... )
    >>> bond_accruals(terms).select("accrual_end", pl.col("coupon_per_100").round(9)).rows()
    [(datetime.date(2012, 8, 15), 1.5), (datetime.date(2013, 2, 15), 1.5)]

    """
    frames = [BOND_ACCRUALS.columns.to_frame()]
    for terms in bond_terms.sort("instrument_id").iter_rows(named=True):
        try:
            periods = bond_periods(
                dated_date=terms["dated_date"],
                maturity_date=terms["maturity_date"],
                coupon_rate=float(terms["coupon_rate"]),
                coupon_frequency=terms["coupon_frequency"],
                day_count=terms["day_count"],
                redemption_per_100=float(terms["redemption_per_100"]),
                first_coupon_date=terms["first_coupon_date"],
            )
        except (ValueError, RuntimeError) as error:
            message = f"bond {terms['instrument_id']}: {error}"
            raise ValueError(message) from error
        frames.append(periods.select(pl.lit(terms["instrument_id"]).alias("instrument_id"), pl.all()))
    return pl.concat(frames).sort(BOND_ACCRUALS.key)
