"""Listed futures in the risk step: worth nothing, moved by their own settlement prices."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from analytics_platform.risk.run import RiskInputs, contribute, measure, measure_by_model, revalue, stress
from analytics_platform_tests.unit.risk.risk_results import CONFIDENCES, N, row, without

MULTIPLIER, CONTRACTS, PRICE = 50.0, 3.0, 2_000.0
MOVES = np.random.default_rng(5).normal(0.0, 0.01, 62)
LOCAL_DAY = date(2013, 6, 21)


def with_future(
    inputs: RiskInputs, dates: list[date], currency: str = "EUR", portfolio: str = "EQ_US"
) -> RiskInputs:
    """Three contracts of a future that settles at 2,000, beside what is held."""
    day = dates[-1]
    name = pl.lit("FUT")
    held = inputs.holdings.head(1).with_columns(
        business_date=pl.lit(day), portfolio_id=pl.lit(portfolio), instrument_id=name, quantity=CONTRACTS
    )
    one = pl.DataFrame(
        {
            "instrument_id": ["FUT"],
            "instrument_type": ["future"],
            "currency": [currency],
            "multiplier": [MULTIPLIER],
            "last_trade_date": [LOCAL_DAY],
        }
    )
    settled = inputs.prices.head(1).with_columns(
        business_date=pl.lit(day), instrument_id=name, close_local=PRICE, currency=pl.lit(currency)
    )
    moves = pl.DataFrame({"business_date": dates, "instrument_id": "FUT", "total_return": MOVES})
    return replace(
        inputs,
        holdings=pl.concat([inputs.holdings, held]),
        instruments=pl.concat([inputs.instruments, one], how="diagonal"),
        prices=pl.concat([inputs.prices, settled]),
        equity_moves=pl.concat([inputs.equity_moves, moves]),
    )


def test_the_margin_of_a_scenario_is_the_move_of_the_contract_at_the_rate_of_the_scenario(
    inputs: RiskInputs, dates: list[date]
) -> None:
    found, vectors = revalue(with_future(inputs, dates), [dates[-1]], n_scenarios=N)
    one = row(found, instrument_id="FUT")
    assert (one["status"], one["market_price_local"], one["model"]) == ("ok", PRICE, "price")
    rates = inputs.fx.filter(currency="EUR").sort("business_date")["rate_to_usd"].to_numpy()
    after = rates[-1] * rates[-N:] / rates[-N - 1 : -1]
    margin = MULTIPLIER * PRICE * MOVES[-N:]
    in_euros, in_dollars = (row(vectors, instrument_id="FUT", currency=code) for code in ("EUR", "USD"))
    assert (in_dollars["unit_value"], in_dollars["status"]) == (0.0, "ok")
    np.testing.assert_allclose(np.array(in_euros["unit_pnl"]), margin, rtol=1e-13)
    np.testing.assert_allclose(np.array(in_dollars["unit_pnl"]), margin * after, rtol=1e-12)


def test_a_future_has_the_risk_of_the_shares_that_its_contracts_stand_for(
    inputs: RiskInputs, dates: list[date]
) -> None:
    """150 shares that move alike: the same value at risk by every method, from capital that is not used."""
    day = dates[-1]
    with_it = with_future(inputs, dates, "USD", "BONDS")
    share = with_it.instruments.with_columns(
        instrument_type=pl.when(instrument_id="FUT").then(pl.lit("equity")).otherwise("instrument_type")
    )
    only = pl.col("instrument_id") == "FUT"
    futures = replace(with_it, holdings=with_it.holdings.filter(only))
    shares = replace(
        futures, instruments=share, holdings=futures.holdings.with_columns(quantity=CONTRACTS * MULTIPLIER)
    )
    metrics, parts = [], []
    for one in (futures, shares):
        vectors = revalue(one, [day], n_scenarios=N)[1]
        held, tree, days = one.holdings, one.portfolios, [day]
        metrics.append(
            pl.concat(
                [
                    measure(held, tree, vectors, confidences=CONFIDENCES, sessions=days),
                    measure_by_model(one, vectors, days, confidences=CONFIDENCES),
                ]
            ).filter(portfolio_id="GLOBAL")
        )
        parts.append(contribute(held, tree, vectors, confidences=CONFIDENCES, sessions=days))
    assert metrics[0]["value"].null_count() == 0
    np.testing.assert_allclose(metrics[0]["value"], metrics[1]["value"], rtol=1e-9)
    np.testing.assert_allclose(parts[0]["contribution"], parts[1]["contribution"], rtol=1e-12)
    # Over a market value of nothing there is no marginal risk.
    assert parts[0]["marginal"].null_count() == len(parts[0])
    assert parts[1]["marginal"].null_count() == 0


@pytest.mark.parametrize(
    ("last_day", "price", "reason"),
    [
        (date(2013, 2, 25), PRICE, "expired on 2013-02-25 but is still held"),
        (LOCAL_DAY, None, "no settlement price in EUR"),
        (LOCAL_DAY, -37.63, "a settlement price of -37.63 has no relative moves"),
    ],
    ids=["expired", "not settled", "below zero"],
)
def test_a_future_that_cannot_be_valued_says_why(
    inputs: RiskInputs, dates: list[date], last_day: date, price: float | None, reason: str
) -> None:
    made = with_future(inputs, dates)
    is_it = pl.col("instrument_id") == "FUT"
    prices = made.prices.with_columns(close_local=pl.when(is_it).then(price).otherwise("close_local"))
    days = made.instruments.with_columns(
        last_trade_date=pl.when(is_it).then(last_day).otherwise("last_trade_date")
    )
    changed = replace(made, prices=prices.drop_nulls(), instruments=days)
    found, vectors = revalue(changed, [dates[-1]], n_scenarios=N)
    one = row(found, instrument_id="FUT")
    assert one["status"] == "missing"
    assert str(one["reason"]).startswith(reason)
    assert row(vectors, instrument_id="FUT", currency="USD")["unit_pnl"] is None


def test_a_future_on_its_last_day_is_still_valued(inputs: RiskInputs, dates: list[date]) -> None:
    made = with_future(inputs, dates)
    today = made.instruments.with_columns(last_trade_date=pl.lit(dates[-1]))
    found, _vectors = revalue(replace(made, instruments=today), [dates[-1]], n_scenarios=N)
    assert row(found, instrument_id="FUT")["status"] == "ok"


def test_a_short_history_takes_the_moves_of_the_proxy_and_says_so(
    inputs: RiskInputs, dates: list[date]
) -> None:
    made = with_future(inputs, dates)
    listed = dates[-10]
    young = made.equity_moves.filter((pl.col("instrument_id") != "FUT") | (pl.col("business_date") >= listed))
    bare = revalue(replace(made, equity_moves=young), [dates[-1]], n_scenarios=N)[1]
    lost = row(bare, instrument_id="FUT", currency="EUR")
    assert (lost["status"], lost["reason"]) == ("missing", "40 of 50 moves of FUT are missing")
    stood_in = replace(made, equity_moves=young, proxies={"FUT": "EQ_A"})
    found = row(revalue(stood_in, [dates[-1]], n_scenarios=N)[1], instrument_id="FUT", currency="EUR")
    assert (found["status"], found["reason"]) == ("warning", "40 of 50 moves are those of the proxy")
    proxy = inputs.equity_moves.filter(instrument_id="EQ_A")["total_return"].to_numpy()[-N:-10]
    own = np.concatenate([proxy, MOVES[-10:]])
    np.testing.assert_allclose(np.array(found["unit_pnl"]), MULTIPLIER * PRICE * own, rtol=1e-13)


def stressed(inputs: RiskInputs, day: date, scenario: str) -> tuple[float, str, str | None]:
    """P&L in dollars of the futures alone, status and reason of the portfolio that holds them."""
    with_them, bare = (
        row(stress(one, [day]), scenario_id=scenario, portfolio_id="EQ_US")
        for one in (inputs, replace(inputs, holdings=without(inputs.holdings, instrument_id="FUT")))
    )
    gain = float(str(with_them["pnl"])) - float(str(bare["pnl"]))
    reason = with_them["reason"]
    return gain, str(with_them["status"]), None if reason is None else str(reason)


def test_stress_moves_a_future_by_its_name_else_as_the_share_that_stands_in_for_it(
    inputs: RiskInputs, dates: list[date]
) -> None:
    made, day = with_future(inputs, dates, "USD"), dates[-1]
    contract = CONTRACTS * MULTIPLIER * PRICE
    followed = {name: replace(made, proxies={"FUT": name}) for name in ("EQ_A", "EQ_B")}
    for name, shift in (("EQ_A", -0.2), ("EQ_B", -0.5)):
        gain, status, reason = stressed(followed[name], day, "crash")
        assert gain == pytest.approx(shift * contract, rel=1e-9)
        assert (status, reason) == ("ok", None)
    own = made.stress_shifts.head(1).with_columns(factor_id=pl.lit("FUT"), shift=-0.05)
    named = replace(followed["EQ_B"], stress_shifts=pl.concat([made.stress_shifts, own]))
    assert stressed(named, day, "crash")[0] == pytest.approx(-0.05 * contract, rel=1e-9)


def test_a_future_that_nobody_says_what_it_follows_is_told_and_not_moved(
    inputs: RiskInputs, dates: list[date]
) -> None:
    made, day = with_future(inputs, dates, "USD"), dates[-1]
    reason = (
        "the shift of all equities does not move FUT: deliver the share or fund that it follows as its proxy "
        "in risk_proxies, or a shift of its own"
    )
    assert stressed(made, day, "crash") == (0.0, "warning", reason)
    assert stressed(made, day, "rates") == (0.0, "ok", None)
    # A bond stands in for a missing history, but no share falls with it.
    assert stressed(replace(made, proxies={"FUT": "BOND_2"}), day, "crash")[1] == "warning"
    still = made.stress_shifts.head(1).with_columns(factor_id=pl.lit("FUT"), shift=0.0)
    quiet = replace(made, stress_shifts=pl.concat([made.stress_shifts, still]))
    assert stressed(quiet, day, "crash") == (0.0, "ok", None)
    elsewhere = stress(made, [day]).filter(scenario_id="crash", portfolio_id="BONDS")
    assert elsewhere["status"].to_list() == ["ok"]


def test_a_shift_of_a_currency_passes_by_what_is_worth_nothing(inputs: RiskInputs, dates: list[date]) -> None:
    assert stressed(with_future(inputs, dates), dates[-1], "euro")[0] == 0.0
