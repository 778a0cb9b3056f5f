"""Figures of each instrument beside its price: yield, duration, convexity, key rates, the underlying."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.risk.curves import bootstrap_par_curves, tenor_years
from analytics_platform.risk.key_rate_rows import key_rates
from analytics_platform.risk.run import RiskInputs, revalue
from analytics_platform.tables.risk_analysis import KEY_RATE_DURATIONS
from analytics_platform_tests.unit.risk.risk_results import row, without
from analytics_platform_tests.unit.risk.test_revaluation_against_quantlib import bond_of, ql_date

BONDS = ("BOND_2", "BOND_10", "BOND_NEW")
BOND_FIGURES = ("yield_rate", "modified_duration_years", "convexity_years2", "dv01_local")


@pytest.fixture(scope="module")
def valuations(inputs: RiskInputs, dates: list[date]) -> pl.DataFrame:
    """Valuations of the last session."""
    return revalue(inputs, dates[-1:], n_scenarios=20)[0]


@pytest.fixture(scope="module")
def rates(inputs: RiskInputs, dates: list[date]) -> pl.DataFrame:
    """Key-rate durations of the last two sessions."""
    return key_rates(inputs, dates[-2:])


def unadjusted(terms: dict[str, object]) -> ql.FixedRateBond:
    """Bond that pays on its coupon dates, also on holidays: street yields look at those."""
    maturity, dated, first = (terms[name] for name in ("maturity_date", "dated_date", "first_coupon_date"))
    assert isinstance(maturity, date)
    assert isinstance(dated, date)
    start = ql_date(first) if isinstance(first, date) else ql.Date()
    schedule = ql.Schedule(
        ql_date(dated), ql_date(maturity), ql.Period(6, ql.Months), ql.NullCalendar(), ql.Unadjusted,
        ql.Unadjusted, ql.DateGeneration.Backward, ql.Date.isEndOfMonth(ql_date(maturity)), start,
    )  # fmt: skip
    counter = ql.ActualActual(ql.ActualActual.ISMA, schedule)
    return ql.FixedRateBond(0, 100.0, schedule, [terms["coupon_rate"]], counter, ql.Unadjusted)


@pytest.mark.parametrize("name", BONDS)
def test_bond_figures_are_those_of_quantlib(
    valuations: pl.DataFrame, inputs: RiskInputs, dates: list[date], name: str
) -> None:
    found = row(valuations, instrument_id=name)
    bond, day = unadjusted(row(inputs.bond_terms, instrument_id=name)), ql_date(dates[-1])
    clean = ql.BondPrice(float(str(found["market_price_local"])), ql.BondPrice.Clean)
    # Street convention: periods between coupon dates, compounded twice a year.
    counter, terms = bond.dayCounter(), (ql.Compounded, ql.Semiannual)
    rate = bond.bondYield(clean, counter, *terms, day, 1e-14, 1000, 0.03)
    assert found["yield_rate"] == pytest.approx(rate, abs=1e-11)
    duration = ql.BondFunctions.duration(bond, rate, counter, *terms, ql.Duration.Modified, day)
    assert found["modified_duration_years"] == pytest.approx(duration, rel=1e-8)
    convexity = ql.BondFunctions.convexity(bond, rate, counter, *terms, day)
    assert found["convexity_years2"] == pytest.approx(convexity, rel=1e-8)


def test_options_have_the_close_of_their_underlying_and_no_bond_figures(
    valuations: pl.DataFrame, inputs: RiskInputs, dates: list[date]
) -> None:
    close = row(inputs.prices, business_date=dates[-1], instrument_id="EQ_B")["close_local"]
    found = row(valuations, instrument_id="OPT_B_PUT")
    assert found["underlying_price_local"] == close
    assert all(found[name] is None for name in BOND_FIGURES)
    for name in ("BOND_10", "EQ_A", "CASH_USD"):
        assert row(valuations, instrument_id=name)["underlying_price_local"] is None


def test_key_rates_conform_and_cover_every_held_bond_and_node(
    rates: pl.DataFrame, inputs: RiskInputs, dates: list[date]
) -> None:
    KEY_RATE_DURATIONS.schema.validate(rates)
    tenors = sorted(tenor_years(tenor) for tenor in inputs.curve_quotes["tenor"].unique())
    expected = [(day, name, tenor) for day in dates[-2:] for name in sorted(BONDS) for tenor in tenors]
    assert rates.select("business_date", "instrument_id", "tenor_years").rows() == expected
    assert rates["curve_id"].unique().to_list() == ["UST_PAR"]


def test_key_rates_sum_to_the_effective_duration_of_a_full_revaluation(
    rates: pl.DataFrame, inputs: RiskInputs, dates: list[date], valuations: pl.DataFrame
) -> None:
    quotes = inputs.curve_quotes.filter(business_date=dates[-1])
    tenors = sorted(quotes["tenor"], key=tenor_years)
    times = np.array([tenor_years(tenor) for tenor in tenors])
    par = np.array([[float(str(row(quotes, tenor=tenor)["rate"])) for tenor in tenors]])
    zero = bootstrap_par_curves(times, par).zero_rates[0]
    for name in BONDS:
        own = row(valuations, instrument_id=name)
        bond = bond_of(row(inputs.bond_terms, instrument_id=name))
        flows = [(f.date() - ql_date(dates[-1]), f.amount()) for f in bond.cashflows()]
        flows = [(days / 365.0, amount) for days, amount in flows if days > 0]

        def value(shift: float, flows: list[tuple[float, float]] = flows, own: dict = own) -> float:  # type: ignore[type-arg] # a row
            moved = np.concatenate([[0.0], (zero + shift) * times])
            axis = np.concatenate([[0.0], times])
            spread = float(own["discount_spread_rate"])
            return float(sum(a * np.exp(-np.interp(t, axis, moved) - spread * t) for t, a in flows))

        duration = (value(-1e-4) - value(1e-4)) / (2e-4 * value(0.0))
        found = rates.filter(business_date=dates[-1], instrument_id=name)
        assert found["duration_years"].sum() == pytest.approx(duration, rel=1e-6)
        assert found["dv01_local"].sum() == pytest.approx(duration * value(0.0) * 1e-4, rel=1e-6)


def test_bonds_without_price_or_curve_have_no_key_rates(inputs: RiskInputs, dates: list[date]) -> None:
    session = dates[-1]
    unpriced = without(inputs.prices, instrument_id="BOND_2", business_date=session)
    names = key_rates(replace(inputs, prices=unpriced), [session])["instrument_id"].unique().sort()
    assert names.to_list() == ["BOND_10", "BOND_NEW"]
    no_curve = inputs.curve_quotes.filter(pl.col("business_date") != session)
    assert key_rates(replace(inputs, curve_quotes=no_curve), [session]).is_empty()
    assert key_rates(replace(inputs, holdings=inputs.holdings.clear()), [session]).is_empty()


def test_key_rates_of_a_range_are_those_of_its_sessions(
    rates: pl.DataFrame, inputs: RiskInputs, dates: list[date]
) -> None:
    assert rates.equals(pl.concat([key_rates(inputs, [day]) for day in dates[-2:]]))
