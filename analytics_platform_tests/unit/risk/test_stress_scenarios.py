"""Stress by hand: each shift moves what it says, by how much it says."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from analytics_platform.risk.options import option_price
from analytics_platform.risk.run import RiskInputs, revalue, stress


@pytest.fixture(scope="module")
def pnl(inputs: RiskInputs, dates: list[date]) -> dict[tuple[str, str], float]:
    """Stress P&L of the last session by scenario and portfolio."""
    frame = stress(inputs, [dates[-1]])
    assert frame["status"].unique().to_list() == ["ok"]
    return {(s, p): v for s, p, v in frame.select("scenario_id", "portfolio_id", "pnl").iter_rows()}


def price(inputs: RiskInputs, day: date, name: str) -> float:
    return float(inputs.prices.filter(business_date=day, instrument_id=name)["close_local"].item())


def euro(inputs: RiskInputs, day: date) -> float:
    return float(inputs.fx.filter(business_date=day, currency="EUR")["rate_to_usd"].item())


def test_a_named_equity_falls_by_its_own_shift_and_all_others_by_that_of_all(
    pnl: dict[tuple[str, str], float], inputs: RiskInputs, dates: list[date]
) -> None:
    a, b, c = (price(inputs, dates[-1], name) for name in ("EQ_A", "EQ_B", "EQ_C"))
    assert pnl["crash", "EQ_US"] == pytest.approx(-0.2 * 100 * a + 0.5 * 50 * b, rel=1e-12)
    in_euros = (-0.2 * 40 * a - 0.2 * 1000 * c) / euro(inputs, dates[-1])
    assert pnl["crash", "EQ_EUR"] == pytest.approx(in_euros, rel=1e-12)


def test_a_currency_shift_is_its_value_in_dollars(
    pnl: dict[tuple[str, str], float], inputs: RiskInputs, dates: list[date]
) -> None:
    a, c, rate = (price(inputs, dates[-1], "EQ_A"), price(inputs, dates[-1], "EQ_C"), euro(inputs, dates[-1]))
    assert pnl["euro", "EQ_US"] == 0.0
    # A euro buys 10 % fewer dollars: what is held in dollars is worth 1 / 0.9 as many euros.
    assert pnl["euro", "EQ_EUR"] == pytest.approx((40 * a + 1000 * c) / rate * (1 / 0.9 - 1), rel=1e-12)
    assert pnl["euro", "EQUITY"] == pytest.approx(-0.1 * 5000 * rate, rel=1e-12)


def test_all_currencies_fall_against_the_base_of_each_portfolio(
    pnl: dict[tuple[str, str], float], inputs: RiskInputs, dates: list[date]
) -> None:
    a, c, rate = (price(inputs, dates[-1], "EQ_A"), price(inputs, dates[-1], "EQ_C"), euro(inputs, dates[-1]))
    assert pnl["foreign", "EQ_EUR"] == pytest.approx(-0.1 * (40 * a + 1000 * c) / rate, rel=1e-12)
    assert pnl["foreign", "EQUITY"] == pytest.approx(-0.1 * 5000 * rate, rel=1e-12)


def test_what_a_shift_does_not_touch_does_not_move_at_all(pnl: dict[tuple[str, str], float]) -> None:
    assert pnl["crash", "BONDS"] == 0.0
    assert pnl["euro", "BONDS"] == 0.0
    assert pnl["euro", "OPTIONS"] == 0.0
    assert pnl["rates", "EQ_US"] == 0.0


def test_volatility_shifts_revalue_the_options_in_full(
    pnl: dict[tuple[str, str], float], inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    valuations, _vectors = revalue(inputs, [day], n_scenarios=10)
    crash = calm = 0.0
    for terms in inputs.option_terms.iter_rows(named=True):
        found = valuations.filter(instrument_id=terms["instrument_id"]).row(0, named=True)
        quantity = inputs.holdings.filter(business_date=day, instrument_id=terms["instrument_id"])[
            "quantity"
        ].item()
        t = (terms["expiry_date"] - day).days / 365.0
        spot, volatility = price(inputs, day, terms["underlying_instrument_id"]), found["implied_volatility"]
        is_call = terms["option_type"] == "call"
        # The rate that the valuation used is the one at which its volatility gives the price.
        common = {"is_call": is_call, "strike": terms["strike_local"], "t_years": t}
        rate = solve_rate(found["market_price_local"], spot=spot, volatility=volatility, **common)
        fall = 0.5 if terms["underlying_instrument_id"] == "EQ_B" else 0.2
        shocked = option_price(spot=spot * (1 - fall), volatility=volatility + 0.1, rate=rate, **common)
        crash += 100.0 * quantity * (float(shocked) - found["market_price_local"])
        if terms["underlying_instrument_id"] == "EQ_A":
            halved = option_price(spot=spot, volatility=volatility / 2, rate=rate, **common)
            calm += 100.0 * quantity * (float(halved) - found["market_price_local"])
    assert pnl["crash", "OPTIONS"] == pytest.approx(crash, rel=1e-7)
    assert pnl["calm", "OPTIONS"] == pytest.approx(calm, rel=1e-7)


def solve_rate(target: float, *, is_call: bool, **terms: float) -> float:
    low, high = -0.2, 0.5
    for _ in range(80):
        middle = 0.5 * (low + high)
        value = float(
            option_price(
                is_call=is_call,
                spot=terms["spot"],
                strike=terms["strike"],
                rate=middle,
                volatility=terms["volatility"],
                t_years=terms["t_years"],
            )
        )
        low, high = (middle, high) if (value < target) == is_call else (low, middle)
    return middle


def test_a_rise_of_rates_costs_about_duration_and_gives_back_half_the_convexity(
    pnl: dict[tuple[str, str], float], inputs: RiskInputs, dates: list[date]
) -> None:
    valuations, vectors = revalue(inputs, [dates[-1]], n_scenarios=10)
    held = dict(
        inputs.holdings.filter(business_date=dates[-1], portfolio_id="BONDS")
        .select("instrument_id", "quantity")
        .iter_rows()
    )
    dv01 = dict(valuations.select("instrument_id", "dv01_local").iter_rows())
    first_order = -sum(quantity * dv01[name] / 100.0 for name, quantity in held.items()) * 100
    assert len(vectors) > 0
    assert pnl["rates", "BONDS"] == pytest.approx(first_order, rel=0.05)
    assert pnl["rates", "BONDS"] > first_order


@pytest.mark.parametrize(
    ("kind", "factor", "how", "size", "fault"),
    [
        ("equity", "EQ_X", "relative", -0.1, "unknown equity factor EQ_X"),
        ("fx", "EUE", "relative", -0.1, "unknown fx factor EUE"),
        ("rate", "ESTR", "absolute", 0.01, "unknown rate factor ESTR"),
        ("equity", "ALL", "absolute", -5.0, "a shift of equity cannot be absolute"),
        ("rate", "ALL", "relative", 0.1, "a shift of rate cannot be relative"),
        ("equity", "ALL", "relative", -1.5, "a relative shift of equity must be above -1"),
    ],
)
def test_a_scenario_that_cannot_be_applied_is_missing_with_the_reason(  # noqa: PLR0913, PLR0917 - columns of the table
    inputs: RiskInputs, dates: list[date], kind: str, factor: str, how: str, size: float, fault: str
) -> None:
    shifts = pl.DataFrame(
        [("wrong", "Wrong", kind, factor, how, size), ("right", "Right", "equity", "ALL", "relative", -0.1)],
        schema=["scenario_id", "scenario_name", "factor_type", "factor_id", "shift_type", "shift"],
        orient="row",
    )
    frame = stress(replace(inputs, stress_shifts=shifts), [dates[-1]])
    wrong = frame.filter(scenario_id="wrong")
    assert wrong["status"].unique().to_list() == ["missing"]
    assert wrong["reason"].unique().to_list() == [fault]
    assert wrong["pnl"].null_count() == len(wrong)
    assert frame.filter(scenario_id="right")["status"].unique().to_list() == ["ok"]


def test_a_volatility_shifted_below_zero_is_zero(inputs: RiskInputs, dates: list[date]) -> None:
    shifts = pl.DataFrame(
        [("none", "None", "volatility", "OPT_A_PUT", "absolute", -9.0)],
        schema=["scenario_id", "scenario_name", "factor_type", "factor_id", "shift_type", "shift"],
        orient="row",
    )
    frame = stress(replace(inputs, stress_shifts=shifts), [dates[-1]])
    # The put is out of the money: without volatility it is worth nothing, and 3 are held.
    assert frame.filter(portfolio_id="OPTIONS")["pnl"].item() == pytest.approx(-3 * 100 * 18.25, rel=1e-12)


def test_stress_needs_no_history(inputs: RiskInputs, dates: list[date]) -> None:
    first = dates[0]
    held = inputs.holdings.with_columns(business_date=pl.lit(first)).unique().filter(portfolio_id="EQ_US")
    frame = stress(replace(inputs, holdings=held), [first])
    assert frame.filter(portfolio_id="EQ_US")["status"].unique().to_list() == ["ok"]
