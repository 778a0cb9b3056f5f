"""Benchmark `bonds`: yields from prices, and present values on many curves, beside QuantLib."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.risk.accruals import BondFlows, bond_schedule, flows_after
from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.bonds import BondTable, bond_table, bond_yield
from analytics_platform.risk.curves import interpolation_weights
from analytics_platform.risk.schedules import bond_periods
from analytics_platform.risk.spreads import present_values
from benchmarks.result import Measured, Result, share_of_peer
from benchmarks.timing import agree, cpu_seconds

_SETTLEMENT = date(2013, 3, 1)
_DISTINCT, _YIELDS, _BONDS, _CURVES = 500, 50_000, 5_000, 500
_QUICK_DISTINCT, _QUICK_YIELDS, _QUICK_BONDS, _QUICK_CURVES = 50, 2_000, 200, 50
_PEER_BONDS, _PEER_CURVES = 50, 50
_NODE_DAYS = np.array([30, 91, 182, 365, 730, 1095, 1825, 2555, 3650, 7300, 10950])
_DAYS_A_YEAR = 365.0
_SEED = 17


@dataclass(frozen=True)
class _Terms:
    dated: date
    maturity: date
    coupon: float


def _terms(n: int) -> list[_Terms]:
    """Treasury-like bonds: on the 15th or the last day of a month, half-yearly, 1 to 30 years left."""
    chance = np.random.default_rng(_SEED)
    found = []
    for _ in range(n):
        year, month, back = (int(chance.integers(*ends)) for ends in ((2014, 2043), (1, 13), (1, 11)))
        day = date(year, month, 15)
        if chance.random() < 0.5:  # noqa: PLR2004 - one half
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        dated = date(min(2012, year - back), month, min(day.day, 28))
        found.append(_Terms(dated, day, round(float(chance.uniform(0.005, 0.08)), 4)))
    return found


def _flows(terms: _Terms) -> BondFlows:
    periods = bond_periods(
        dated_date=terms.dated,
        maturity_date=terms.maturity,
        coupon_rate=terms.coupon,
        coupon_frequency=2,
        day_count="ACT/ACT ICMA",
    )
    flows = flows_after(bond_schedule(periods, coupon_frequency=2, day_count="ACT/ACT ICMA"), _SETTLEMENT)
    if flows is None:
        message = f"{terms} has matured"
        raise ValueError(message)
    return flows


def _day(day: date) -> ql.Date:
    return ql.Date(day.day, day.month, day.year)


def _quantlib_bond(terms: _Terms) -> ql.FixedRateBond:
    end = _day(terms.maturity)
    schedule = ql.Schedule(
        _day(terms.dated),
        end,
        ql.Period(6, ql.Months),
        ql.NullCalendar(),
        ql.Unadjusted,
        ql.Unadjusted,
        ql.DateGeneration.Backward,
        ql.Date.isEndOfMonth(end),
    )
    counter = ql.ActualActual(ql.ActualActual.ISMA, schedule)
    return ql.FixedRateBond(0, 100.0, schedule, [terms.coupon], counter, ql.Unadjusted)


def _quantlib_yields(bonds: Sequence[ql.FixedRateBond], prices: Sequence[float]) -> list[float]:
    day = _day(_SETTLEMENT)
    return [
        bond.bondYield(
            ql.BondPrice(price, ql.BondPrice.Clean),
            bond.dayCounter(),
            ql.Compounded,
            ql.Semiannual,
            day,
            1e-12,
            100,
            0.05,
        )
        for bond, price in zip(bonds, prices, strict=True)
    ]


def _tiled(table: BondTable, times: int) -> BondTable:
    return BondTable(
        amounts=np.tile(table.amounts, (times, 1)),
        n_flows=np.tile(table.n_flows, times),
        broken_period=np.tile(table.broken_period, times),
        whole_periods=np.tile(table.whole_periods, times),
        accrued=np.tile(table.accrued, times),
        frequency=np.tile(table.frequency, times),
    )


def _measure_yields(terms: Sequence[_Terms], flows: Sequence[BondFlows], n: int) -> Result:
    table = _tiled(bond_table(flows), n // len(flows))
    prices = np.random.default_rng(_SEED).uniform(85.0, 125.0, len(table.accrued))
    bonds = [_quantlib_bond(one) for one in terms]
    some = prices[: len(bonds)].tolist()
    ql.Settings.instance().evaluationDate = _day(_SETTLEMENT)
    agree(
        "yields",
        bond_yield(table, prices).yields[: len(bonds)],
        _quantlib_yields(bonds, some),
        tolerance=1e-9,
    )
    ours, peer = cpu_seconds(lambda: bond_yield(table, prices), lambda: _quantlib_yields(bonds, some))
    each, peer_each = 1e6 * ours / len(prices), 1e6 * peer / len(bonds)
    return Result(
        f"{len(prices):,} yields",
        each,
        "QuantLib bondYield",
        peer_each,
        "CPU us a bond",
        share_of_peer(1 / 28),
    )


@dataclass(frozen=True)
class _Cube:
    """Bonds with spreads, and curves by their zero rates at the nodes."""

    flows: Sequence[BondFlows]
    spreads: Floats
    zero_rates: Floats

    def ours(self) -> Floats:
        days, columns = np.unique(np.concatenate([f.days for f in self.flows]), return_inverse=True)
        rows = np.repeat(np.arange(len(self.flows)), [f.days.size for f in self.flows])
        amounts = np.zeros((len(self.flows), days.size))
        amounts[rows, columns] = np.concatenate([f.amounts for f in self.flows])
        times = days / _DAYS_A_YEAR
        discount = np.exp(-self.zero_rates @ interpolation_weights(_NODE_DAYS / _DAYS_A_YEAR, times))
        return present_values(amounts, times, discount, self.spreads)

    def by_quantlib(self) -> list[list[float]]:
        """Present values by bond; QuantLib's bonds are relinked from curve to curve."""
        today, counter = _day(_SETTLEMENT), ql.Actual365Fixed()
        ql.Settings.instance().evaluationDate = today
        dates = [today, *(today + int(days) for days in _NODE_DAYS)]
        factors = np.exp(-self.zero_rates * _NODE_DAYS / _DAYS_A_YEAR)
        handle = ql.RelinkableYieldTermStructureHandle()
        bonds = [
            _quantlib_discounted(flows, spread, handle)
            for flows, spread in zip(self.flows, self.spreads.tolist(), strict=True)
        ]
        by_curve = []
        for row in factors.tolist():
            curve = ql.DiscountCurve(dates, [1.0, *row], counter)
            curve.enableExtrapolation()
            handle.linkTo(curve)
            by_curve.append([bond.NPV() for bond in bonds])
        return list(map(list, zip(*by_curve, strict=True)))


def _quantlib_discounted(
    flows: BondFlows, spread: float, handle: ql.RelinkableYieldTermStructureHandle
) -> ql.Bond:
    """Build a bond out of its flows, with an engine that discounts on the linked curve and a spread."""
    today = _day(_SETTLEMENT)
    pairs = zip(flows.amounts.tolist(), flows.days.tolist(), strict=True)
    leg = [ql.SimpleCashFlow(amount, today + days) for amount, days in pairs]
    bond = ql.Bond(0, ql.NullCalendar(), 100.0, leg[-1].date(), today, leg)
    curve = ql.ZeroSpreadedTermStructure(handle, ql.QuoteHandle(ql.SimpleQuote(spread)))
    curve.enableExtrapolation()
    bond.setPricingEngine(ql.DiscountingBondEngine(ql.YieldTermStructureHandle(curve)))
    return bond


def _measure_cube(flows: Sequence[BondFlows], n: int, curves: int) -> Result:
    chance = np.random.default_rng(_SEED)
    zero_rates = 0.03 + chance.normal(0.0, 0.003, (curves, 1)) + 0.001 * np.arange(_NODE_DAYS.size)
    cube = _Cube([flows[i % len(flows)] for i in range(n)], chance.normal(0.0, 0.002, n), zero_rates)
    part = _Cube(cube.flows[:_PEER_BONDS], cube.spreads[:_PEER_BONDS], zero_rates[:_PEER_CURVES])
    agree("present values", part.ours(), part.by_quantlib(), tolerance=1e-9)
    ours, peer = cpu_seconds(cube.ours, part.by_quantlib)
    each, peer_each = 1e9 * ours / (n * curves), 1e9 * peer / part.spreads.size / len(part.zero_rates)
    return Result(
        f"{n:,} bonds on {curves} curves",
        each,
        "QuantLib DiscountingBondEngine",
        peer_each,
        "CPU ns a value",
        share_of_peer(1 / 57),
    )


def measure(*, is_quick: bool) -> Measured:
    """Solve yields of many bonds, then revalue bonds on many curves; QuantLib a part of each."""
    terms = _terms(_QUICK_DISTINCT if is_quick else _DISTINCT)
    flows = [_flows(one) for one in terms]
    return Measured(
        (
            _measure_yields(terms, flows, _QUICK_YIELDS if is_quick else _YIELDS),
            _measure_cube(
                flows, _QUICK_BONDS if is_quick else _BONDS, _QUICK_CURVES if is_quick else _CURVES
            ),
        ),
        (
            (
                f"{len(terms)} Treasury-like bonds with 1 to 30 years left, repeated with other prices. "
                "Yields: street convention from clean prices; QuantLib's bonds are built beforehand and "
                "only solved, to 1e-12. Present values: every flow discounted on every curve with a spread "
                "a bond, including the table of flows and the discount factors; QuantLib's bonds are built "
                "once and relinked from one log-linear curve to the next. Both agree to 1e-9; one thread. "
                "QuantLib does a part of the work; figures are per piece."
            ),
        ),
    )
