"""European options on futures in the risk step, against QuantLib's Black formula."""

from dataclasses import replace
from datetime import date
from math import exp, sqrt

import numpy as np
import polars as pl
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.risk.curves import bootstrap_par_curves, interpolation_weights
from analytics_platform.risk.run import RiskInputs, revalue, stress
from analytics_platform_tests.unit.risk.risk_results import N, row

FUTURE, STRIKE, PRICE, MULTIPLIER = 1510.0, 1525.0, 31.25, 50.0
EXPIRY, MOVES = date(2013, 6, 21), np.random.default_rng(8).normal(0.0, 0.012, 62)


def with_option(
    inputs: RiskInputs, dates: list[date], *, is_call: bool, style: str = "european"
) -> RiskInputs:
    """Two options on a future that nobody holds, beside what is held."""
    day = dates[-1]
    held = inputs.holdings.head(1).with_columns(
        business_date=pl.lit(day), portfolio_id=pl.lit("OPTIONS"), instrument_id=pl.lit("OPT_F"), quantity=2.0
    )
    named = pl.DataFrame(
        {
            "instrument_id": ["FUT", "OPT_F"],
            "instrument_type": ["future", "option"],
            "currency": ["USD", "USD"],
            "multiplier": [MULTIPLIER, MULTIPLIER],
        }
    )
    terms = inputs.option_terms.head(1).with_columns(
        instrument_id=pl.lit("OPT_F"),
        underlying_instrument_id=pl.lit("FUT"),
        option_type=pl.lit("call" if is_call else "put"),
        strike_local=pl.lit(STRIKE),
        expiry_date=pl.lit(EXPIRY),
        exercise_style=pl.lit(style),
    )
    prices = [
        inputs.prices.head(1).with_columns(
            business_date=pl.lit(day), instrument_id=pl.lit(name), close_local=pl.lit(price)
        )
        for name, price in (("FUT", FUTURE), ("OPT_F", PRICE))
    ]
    moves = pl.DataFrame({"business_date": dates, "instrument_id": "FUT", "total_return": MOVES})
    return replace(
        inputs,
        holdings=pl.concat([inputs.holdings, held]),
        instruments=pl.concat([inputs.instruments, named]),
        option_terms=pl.concat([inputs.option_terms, terms]),
        prices=pl.concat([inputs.prices, *prices]),
        equity_moves=pl.concat([inputs.equity_moves, moves]),
    )


def log_discounts(inputs: RiskInputs, days: list[date], t_years: float) -> list[float]:
    """Logarithm of the discount factor to expiry on some days."""
    quotes = inputs.curve_quotes
    tenors = {"1M": 1 / 12, "6M": 0.5, "1Y": 1.0, "2Y": 2.0, "5Y": 5.0, "10Y": 10.0, "30Y": 30.0}
    yields = np.array(
        [[quotes.filter(business_date=day, tenor=tenor)["rate"].item() for tenor in tenors] for day in days]
    )
    curves = bootstrap_par_curves(np.array(list(tenors.values())), yields)
    logs = curves.zero_rates @ interpolation_weights(curves.times, np.array([t_years]))
    return [-float(log) for log in logs[:, 0]]


@pytest.mark.parametrize("option_type", ["call", "put"])
def test_volatility_greeks_and_scenarios_are_those_of_black_1976(
    inputs: RiskInputs, dates: list[date], option_type: str
) -> None:
    day, is_call = dates[-1], option_type == "call"
    found, vectors = revalue(with_option(inputs, dates, is_call=is_call), [day], n_scenarios=N)
    one = row(found, instrument_id="OPT_F")
    assert (one["status"], one["model"], one["underlying_price_local"]) == ("ok", "black_76", FUTURE)
    kind = ql.Option.Call if is_call else ql.Option.Put
    t_years = (EXPIRY - day).days / 365.0
    today, *past = log_discounts(inputs, [day, *dates[-N - 1 :]], t_years)
    volatility = ql.blackFormulaImpliedStdDev(kind, STRIKE, FUTURE, PRICE, exp(today), 0.0, 0.1, 1e-14)
    assert one["implied_volatility"] == pytest.approx(volatility / sqrt(t_years), rel=1e-9)
    payoff = ql.PlainVanillaPayoff(kind, STRIKE)
    theirs = ql.BlackCalculator(payoff, FUTURE, volatility, exp(today))
    assert one["delta"] == pytest.approx(theirs.deltaForward(), rel=1e-9)
    assert one["gamma"] == pytest.approx(theirs.gammaForward(), rel=1e-8)
    assert one["vega"] == pytest.approx(theirs.vega(t_years), rel=1e-8)
    assert one["rho"] == pytest.approx(-t_years * PRICE, rel=1e-9)
    vector = row(vectors, instrument_id="OPT_F", currency="USD")
    assert (vector["status"], vector["unit_value"]) == ("ok", MULTIPLIER * PRICE)
    expected = [
        MULTIPLIER
        * (
            ql.blackFormula(
                kind, STRIKE, FUTURE * (1.0 + move), volatility, exp(today + past[n + 1] - past[n])
            )
            - PRICE
        )
        for n, move in enumerate(MOVES[-N:])
    ]
    np.testing.assert_allclose(np.array(vector["unit_pnl"]), expected, rtol=1e-8, atol=1e-8)


def test_stress_moves_the_future_below_the_option(inputs: RiskInputs, dates: list[date]) -> None:
    made, day = with_option(inputs, dates, is_call=False), dates[-1]
    told = row(stress(made, [day]), scenario_id="crash", portfolio_id="OPTIONS")
    assert told["status"] == "warning"
    assert "does not move OPT_F:" in str(told["reason"])
    followed = replace(made, proxies={"FUT": "EQ_A"})
    moved = row(stress(followed, [day]), scenario_id="crash", portfolio_id="OPTIONS")
    assert (moved["status"], moved["reason"]) == ("ok", None)
    # A put on a future that falls by a fifth gains about what it is then in the money.
    gain = float(str(moved["pnl"])) - float(str(told["pnl"]))
    assert gain > 2.0 * MULTIPLIER * 0.8 * (STRIKE - 0.8 * FUTURE - PRICE)


def test_an_american_option_on_a_future_is_refused(inputs: RiskInputs, dates: list[date]) -> None:
    made = with_option(inputs, dates, is_call=True, style="american")
    found, _vectors = revalue(made, [dates[-1]], n_scenarios=N)
    one = row(found, instrument_id="OPT_F")
    assert (one["status"], one["reason"]) == (
        "missing",
        "american option on FUT, future: not supported yet",
    )
