"""Every unit value and P&L against QuantLib: its own bootstrap, spreads, volatilities and prices."""

from datetime import date
from math import exp, log

import polars as pl
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.risk.run import RiskInputs, revalue

N_SCENARIOS = 50
CHECKED = (0, 13, 31, 49)
RELATIVE = 1e-8
FLOWS_OF_TODAY_ARE_PAID = (False,)


def ql_date(day: date) -> ql.Date:
    return ql.Date(day.day, day.month, day.year)


def par_curve(quotes: pl.DataFrame, day: date) -> dict[float, float]:
    """Zero rates at the tenors, bootstrapped by QuantLib: years to continuous rate."""
    ql.Settings.instance().evaluationDate = ql_date(day)
    months, counter, calendar = ql.SimpleDayCounter(), ql.SimpleDayCounter(), ql.NullCalendar()
    helpers, times = [], []
    for tenor, rate in quotes.filter(pl.col("business_date") == day).select("tenor", "rate").iter_rows():
        period = ql.Period(tenor)
        end = calendar.advance(ql_date(day), period)
        times.append(int(tenor[:-1]) / (12 if tenor.endswith("M") else 1))
        if times[-1] <= 0.5:
            no_month_end = False
            helpers.append(
                ql.DepositRateHelper(rate, period, 0, calendar, ql.Unadjusted, no_month_end, months)
            )
        else:
            schedule = ql.MakeSchedule(ql_date(day), end, ql.Period(6, ql.Months), backwards=True)
            quote = ql.QuoteHandle(ql.SimpleQuote(100.0))
            helpers.append(ql.FixedRateBondHelper(quote, 0, 100.0, schedule, [rate], months))
    curve = ql.PiecewiseLogLinearDiscount(ql_date(day), helpers, counter)
    curve.enableExtrapolation()
    return {t: -log(curve.discount(t)) / t for t in sorted(times)}


def discount(zero_rates: dict[float, float], t: float) -> float:
    times = [0.0, *zero_rates]
    factors = [1.0, *(exp(-rate * years) for years, rate in zero_rates.items())]
    return float(ql.LogLinearInterpolation(times, factors)(t))


def curve_at(
    zero_rates: dict[float, float], day: date, days: list[ql.Date], spread: float
) -> ql.YieldTermStructure:
    counter, start = ql.Actual365Fixed(), ql_date(day)
    nodes = sorted({d for d in days if d > start})
    factors = [discount(zero_rates, counter.yearFraction(start, d)) for d in nodes]
    curve = ql.DiscountCurve([start, *nodes], [1.0, *factors], counter)
    handle = ql.YieldTermStructureHandle(curve)
    return ql.ZeroSpreadedTermStructure(handle, ql.QuoteHandle(ql.SimpleQuote(spread)))


def bond_of(terms: dict[str, object]) -> ql.FixedRateBond:
    maturity, first = terms["maturity_date"], terms["first_coupon_date"]
    assert isinstance(maturity, date)
    dated = terms["dated_date"]
    assert isinstance(dated, date)
    schedule = ql.Schedule(
        ql_date(dated), ql_date(maturity), ql.Period(6, ql.Months), ql.NullCalendar(), ql.Unadjusted,
        ql.Unadjusted, ql.DateGeneration.Backward, ql.Date.isEndOfMonth(ql_date(maturity)),
        ql_date(first) if isinstance(first, date) else ql.Date(),
    )  # fmt: skip
    calendar = ql.UnitedStates(ql.UnitedStates.GovernmentBond)
    counter = ql.ActualActual(ql.ActualActual.ISMA, schedule)
    return ql.FixedRateBond(
        0, 100.0, schedule, [terms["coupon_rate"]], counter, ql.Following, 100.0, ql_date(dated), calendar
    )


def bond_values(
    terms: dict[str, object],
    clean: float,
    day: date,
    base: dict[float, float],
    shocked: list[dict[float, float]],
) -> list[float]:
    """Dirty price per 1 face today and under each shocked curve."""
    bond, start = bond_of(terms), ql_date(day)
    days = [flow.date() for flow in bond.cashflows()]
    dirty = clean + bond.accruedAmount(start)
    ql.Settings.instance().evaluationDate = start

    def price(zero_rates: dict[float, float], spread: float) -> float:
        curve = ql.YieldTermStructureHandle(curve_at(zero_rates, day, days, spread))
        return float(ql.CashFlows.npv(bond.cashflows(), curve, *FLOWS_OF_TODAY_ARE_PAID, start, start))

    spread = ql.Brent().solve(lambda s: price(base, s) - dirty, 1e-15, 0.0, -0.5, 0.5)
    return [price(zero_rates, spread) / 100.0 for zero_rates in (base, *shocked)]


def option_values(
    terms: dict[str, object],
    price: float,
    day: date,
    spots: list[float],
    curves: list[dict[float, float]],
) -> list[float]:
    """Value of one contract of 100 today (first spot and curve) and in each scenario."""
    expiry = terms["expiry_date"]
    assert isinstance(expiry, date)
    ql.Settings.instance().evaluationDate = ql_date(day)
    counter, start = ql.Actual365Fixed(), ql_date(day)
    kind = ql.Option.Call if terms["option_type"] == "call" else ql.Option.Put
    exercise = ql.EuropeanExercise(ql_date(expiry))
    option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, terms["strike_local"]), exercise)
    t = counter.yearFraction(start, ql_date(expiry))
    volatility = 0.2
    values = []
    for number, (spot, curve) in enumerate(zip(spots, curves, strict=True)):
        rate = -log(discount(curve, t)) / t

        def process(v: float, spot: float = spot, rate: float = rate) -> ql.BlackScholesMertonProcess:
            return ql.BlackScholesMertonProcess(
                ql.QuoteHandle(ql.SimpleQuote(spot)),
                ql.YieldTermStructureHandle(ql.FlatForward(start, 0.0, counter)),
                ql.YieldTermStructureHandle(ql.FlatForward(start, rate, counter)),
                ql.BlackVolTermStructureHandle(
                    ql.BlackConstantVol(start, ql.NullCalendar(), ql.QuoteHandle(ql.SimpleQuote(v)), counter)
                ),
            )

        if number == 0:
            volatility = option.impliedVolatility(price, process(0.2), 1e-14, 200, 1e-4, 4.0)
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process(volatility)))
        values.append(100.0 * option.NPV())
    return values


def level(frame: pl.DataFrame, day: date, entity: str, name: str, value: str) -> float:
    return float(frame.filter((pl.col("business_date") == day) & (pl.col(entity) == name))[value].item())


def test_unit_pnl_of_every_instrument_agrees_with_quantlib(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    window = dates[-N_SCENARIOS - 1 :]
    zero = {d: par_curve(inputs.curve_quotes, d) for d in window}
    moved = [
        {t: zero[day][t] + zero[window[i + 1]][t] - zero[window[i]][t] for t in zero[day]} for i in CHECKED
    ]

    def spots(name: str) -> list[float]:
        today = level(inputs.prices, day, "instrument_id", name, "close_local")
        moves = (
            level(inputs.equity_moves, window[i + 1], "instrument_id", name, "total_return") for i in CHECKED
        )
        return [today, *(today * (1.0 + move) for move in moves)]

    def euros() -> list[float]:
        today, *rates = (level(inputs.fx, d, "currency", "EUR", "rate_to_usd") for d in (day, *window))
        return [today, *(today * rates[i + 1] / rates[i] for i in CHECKED)]

    expected = {name: spots(name) for name in ("EQ_A", "EQ_B", "EQ_C")}
    expected |= {"CASH_USD": [1.0] * 5}
    for terms in inputs.bond_terms.iter_rows(named=True):
        name = terms["instrument_id"]
        clean = level(inputs.prices, day, "instrument_id", name, "close_local")
        expected[name] = bond_values(terms, clean, day, zero[day], moved)
    for terms in inputs.option_terms.iter_rows(named=True):
        name = terms["instrument_id"]
        price = level(inputs.prices, day, "instrument_id", name, "close_local")
        shocked = spots(terms["underlying_instrument_id"])
        expected[name] = option_values(terms, price, day, shocked, [zero[day], *moved])

    _valuations, scenario_pnl = revalue(inputs, [day], n_scenarios=N_SCENARIOS)
    in_euros = {"USD": [1.0] * 5, "EUR": euros()}
    for row in scenario_pnl.iter_rows(named=True):
        name, fx = row["instrument_id"], in_euros[row["currency"]]
        local = in_euros["EUR"] if name == "CASH_EUR" else expected[name]
        values = [one / rate for one, rate in zip(local, fx, strict=True)]
        assert row["status"] == "ok"
        assert row["unit_value"] == pytest.approx(values[0], rel=RELATIVE), name
        pnl = [row["unit_pnl"][i] for i in CHECKED]
        assert pnl == pytest.approx([v - values[0] for v in values[1:]], rel=RELATIVE, abs=1e-12), name
