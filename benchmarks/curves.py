"""Benchmark `curves`: par curves bootstrapped over many dates at once, beside QuantLib one by one."""

import numpy as np
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.curves import (
    SIMPLE_UP_TO_YEARS,
    bootstrap_par_curves,
    discount_factors,
    tenor_years,
)
from benchmarks.result import Measured, Result
from benchmarks.timing import agree, cpu_seconds

_TENORS = ("1M", "3M", "6M", "1Y", "2Y", "3Y", "5Y", "7Y", "10Y", "20Y", "30Y")
_TIMES = np.array([tenor_years(tenor) for tenor in _TENORS])
_MARCH_2013 = np.array(
    [0.0007, 0.0011, 0.0012, 0.0016, 0.0025, 0.0035, 0.0075, 0.0123, 0.0186, 0.0268, 0.0306]
)
_DATES, _QUICK_DATES, _PEER_DATES = 3_200, 200, 20
_SEED = 13


def _par_yields(n: int) -> Floats:
    chance = np.random.default_rng(_SEED)
    level, slope = chance.uniform(0.0, 0.04, (n, 1)), chance.uniform(0.5, 1.3, (n, 1))
    yields: Floats = level + slope * _MARCH_2013
    return yields


def _by_quantlib(par_yields: Floats) -> list[list[float]]:
    """Discount factors at the nodes; whole months of 30 days, so that half years are exact."""
    today, counter, calendar = ql.Date(1, 3, 2013), ql.SimpleDayCounter(), ql.NullCalendar()
    ql.Settings.instance().evaluationDate = today
    month_end = False
    found = []
    for yields in par_yields.tolist():
        helpers = []
        for tenor, rate in zip(_TENORS, yields, strict=True):
            period = ql.Period(tenor)
            if tenor_years(tenor) <= SIMPLE_UP_TO_YEARS:
                helpers.append(
                    ql.DepositRateHelper(rate, period, 0, calendar, ql.Unadjusted, month_end, counter)
                )
            else:
                schedule = ql.MakeSchedule(today, today + period, ql.Period(6, ql.Months), backwards=True)
                par = ql.QuoteHandle(ql.SimpleQuote(100.0))
                helpers.append(ql.FixedRateBondHelper(par, 0, 100.0, schedule, [rate], counter))
        curve = ql.PiecewiseLogLinearDiscount(today, helpers, counter)
        found.append([curve.discount(t) for t in _TIMES.tolist()])
    return found


def measure(*, is_quick: bool) -> Measured:
    """Bootstrap the curves of a history; QuantLib those of some dates."""
    yields = _par_yields(_QUICK_DATES if is_quick else _DATES)
    part = yields[:_PEER_DATES]
    zero_rates = bootstrap_par_curves(_TIMES, part).zero_rates
    agree("curves", discount_factors(_TIMES, zero_rates, _TIMES), _by_quantlib(part), tolerance=1e-9)
    ours, peer = cpu_seconds(lambda: bootstrap_par_curves(_TIMES, yields), lambda: _by_quantlib(part))
    each, peer_each = 1e6 * ours / len(yields), 1e6 * peer / len(part)
    return Measured(
        (Result("bootstrap", each, "QuantLib PiecewiseLogLinearDiscount", peer_each, "CPU us a date"),),
        (
            (
                f"Zero curves of {len(yields):,} dates from {len(_TENORS)} Treasury par yields each, all in "
                f"one call; QuantLib those of {len(part)} dates with deposit and bond helpers made anew, "
                "which is what a history of dates needs. Discount factors agree to 1e-9."
            ),
        ),
    )
