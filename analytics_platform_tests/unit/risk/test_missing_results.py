"""What the risk step says about what it cannot value, and what it refuses."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from analytics_platform.risk.run import RiskInputs, measure, revalue
from analytics_platform_tests.unit.risk.risk_results import CONFIDENCES, N, row, run, without


@pytest.mark.parametrize(
    ("instrument", "reason", "portfolios"),
    [
        ("EQ_C", "no price in USD", {"EQ_EUR", "EQUITY", "GLOBAL"}),
        ("BOND_10", "no price in USD", {"BONDS", "GLOBAL"}),
        ("OPT_B_PUT", "no price in USD", {"OPTIONS", "GLOBAL"}),
    ],
)
def test_a_missing_price_makes_every_portfolio_above_missing(
    inputs: RiskInputs, dates: list[date], instrument: str, reason: str, portfolios: set[str]
) -> None:
    day = dates[-1]
    found = run(
        replace(inputs, prices=without(inputs.prices, instrument_id=instrument, business_date=day)), [day]
    )
    valuation = row(found["instrument_valuations"], instrument_id=instrument)
    assert (valuation["status"], valuation["reason"]) == ("missing", reason)
    assert valuation["model_price_local"] is None
    vector = row(found["scenario_pnl"], instrument_id=instrument, currency="USD")
    assert (vector["status"], vector["unit_value"], vector["unit_pnl"]) == ("missing", None, None)
    for name in ("risk_metrics", "stress_results"):
        lost = found[name].filter(status="missing")
        assert set(lost["portfolio_id"]) == portfolios
        assert lost["value" if name == "risk_metrics" else "pnl"].null_count() == len(lost)
        assert all(f"{instrument} ({reason})" in text for text in lost["reason"])
        others = found[name].filter(pl.col("status") == "ok")
        assert set(others["portfolio_id"]) == set(inputs.portfolios["portfolio_id"]) - portfolios
    assert not set(found["risk_contributions"]["portfolio_id"]) & portfolios


def test_a_missing_underlying_makes_its_options_missing(inputs: RiskInputs, dates: list[date]) -> None:
    found, _pnl = revalue(
        replace(inputs, prices=without(inputs.prices, instrument_id="EQ_A", business_date=dates[-1])),
        [dates[-1]],
        n_scenarios=N,
    )
    assert row(found, instrument_id="OPT_A_PUT")["reason"] == "no price of the underlying EQ_A in USD"


def test_a_price_in_another_currency_is_no_price(inputs: RiskInputs, dates: list[date]) -> None:
    wrong = inputs.prices.with_columns(
        currency=pl.when(pl.col("instrument_id") == "EQ_C").then(pl.lit("GBP")).otherwise("currency")
    )
    found, _pnl = revalue(replace(inputs, prices=wrong), [dates[-1]], n_scenarios=N)
    assert row(found, instrument_id="EQ_C")["reason"] == "no price in USD"


def test_a_missing_exchange_rate_spares_what_needs_none(inputs: RiskInputs, dates: list[date]) -> None:
    found = run(replace(inputs, fx=without(inputs.fx, currency="EUR", business_date=dates[-1])), [dates[-1]])
    vectors = found["scenario_pnl"]
    assert row(vectors, instrument_id="CASH_EUR", currency="EUR")["status"] == "ok"
    assert row(vectors, instrument_id="CASH_EUR", currency="USD")["reason"] == "no exchange rate of EUR"
    assert row(vectors, instrument_id="EQ_A", currency="USD")["status"] == "ok"
    status = dict(found["risk_metrics"].select("portfolio_id", "status").iter_rows())
    assert status == {
        "BONDS": "ok",
        "OPTIONS": "ok",
        "EQ_US": "ok",
        "EQ_EUR": "missing",
        "EQUITY": "missing",
        "GLOBAL": "missing",
    }


def test_a_gap_in_the_moves_is_missing_unless_a_proxy_fills_it(inputs: RiskInputs, dates: list[date]) -> None:
    gap = replace(
        inputs, equity_moves=without(inputs.equity_moves, instrument_id="EQ_A", business_date=dates[-10])
    )
    _valuations, vectors = revalue(gap, [dates[-1]], n_scenarios=N)
    for name in ("EQ_A", "OPT_A_CALL"):
        lost = row(vectors, instrument_id=name, currency="USD")
        assert (lost["status"], lost["reason"]) == ("missing", "1 of 50 moves of EQ_A are missing")
        assert lost["unit_value"] is not None
    _valuations, vectors = revalue(replace(gap, proxies={"EQ_A": "EQ_B"}), [dates[-1]], n_scenarios=N)
    filled = row(vectors, instrument_id="EQ_A", currency="USD")
    assert (filled["status"], filled["reason"]) == ("warning", "1 of 50 moves are those of the proxy")
    assert row(vectors, instrument_id="OPT_A_CALL", currency="USD")["status"] == "warning"
    move = row(inputs.equity_moves, instrument_id="EQ_B", business_date=dates[-10])["total_return"]
    price, pnl = filled["unit_value"], filled["unit_pnl"]
    assert isinstance(price, float)
    assert isinstance(move, float)
    assert isinstance(pnl, list)
    assert pnl[N - 10] == pytest.approx(price * move, rel=1e-12)
    metrics = measure(gap.holdings, gap.portfolios, vectors, confidences=CONFIDENCES, sessions=[dates[-1]])
    assert set(metrics.filter(status="warning")["portfolio_id"]) == {
        "EQ_US",
        "EQ_EUR",
        "EQUITY",
        "OPTIONS",
        "GLOBAL",
    }
    assert metrics["value"].null_count() == 0


def test_a_move_below_minus_one_is_a_gap(inputs: RiskInputs, dates: list[date]) -> None:
    is_wrong = (pl.col("instrument_id") == "EQ_B") & (pl.col("business_date") == dates[-3])
    moves = inputs.equity_moves.with_columns(
        total_return=pl.when(is_wrong).then(-1.5).otherwise("total_return")
    )
    _valuations, vectors = revalue(replace(inputs, equity_moves=moves), [dates[-1]], n_scenarios=N)
    assert row(vectors, instrument_id="EQ_B", currency="USD")["reason"] == "1 of 50 moves of EQ_B are missing"


def test_a_date_without_a_curve_leaves_two_moves_missing(inputs: RiskInputs, dates: list[date]) -> None:
    gap = replace(inputs, curve_quotes=inputs.curve_quotes.filter(pl.col("business_date") != dates[-10]))
    _valuations, vectors = revalue(gap, [dates[-1]], n_scenarios=N)
    reason = "2 of 50 moves of curve UST_PAR are missing"
    assert row(vectors, instrument_id="BOND_2", currency="USD")["reason"] == reason
    assert row(vectors, instrument_id="OPT_B_PUT", currency="USD")["reason"] == reason
    assert row(vectors, instrument_id="EQ_B", currency="USD")["status"] == "ok"


def test_only_bonds_that_use_a_filled_tenor_carry_a_warning(inputs: RiskInputs, dates: list[date]) -> None:
    quotes = without(inputs.curve_quotes, tenor="10Y", business_date=dates[-10])
    _valuations, vectors = revalue(replace(inputs, curve_quotes=quotes), [dates[-1]], n_scenarios=N)
    reason = "2 of 50 moves of curve UST_PAR are filled in from other tenors"
    assert row(vectors, instrument_id="BOND_10", currency="USD")["reason"] == reason
    # 5.8 years to maturity: between the five- and the ten-year node; 1.7 years: not.
    assert row(vectors, instrument_id="BOND_NEW", currency="USD")["reason"] == reason
    assert row(vectors, instrument_id="BOND_2", currency="USD")["status"] == "ok"


def test_a_short_history_is_told(inputs: RiskInputs, dates: list[date]) -> None:
    _valuations, vectors = revalue(inputs, [dates[-1]], n_scenarios=500)
    assert vectors["n_scenarios"].unique().to_list() == [61]
    assert vectors["reason"].unique().to_list() == ["history gives 61 of 500 scenarios"]
    metrics = measure(inputs.holdings, inputs.portfolios, vectors, confidences=(0.99,), sessions=[dates[-1]])
    assert metrics["status"].unique().to_list() == ["warning"]
    assert metrics["reason"].str.contains("history gives 61 of 500 scenarios").all()
    metrics = metrics.filter(pl.col("method") != "age_weighted")
    assert metrics["reason"].str.starts_with("fewer than one scenario in the tail: worst loss; ").all()
    with pytest.raises(ValueError, match="no market data before session 2012-12-03"):
        revalue(inputs, [dates[0]])


def test_a_session_without_market_data_is_missing_as_a_whole(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1] + timedelta(days=1)
    later = replace(inputs, holdings=inputs.holdings.with_columns(business_date=pl.lit(day)).unique())
    found = run(later, [day])
    assert found["instrument_valuations"]["reason"].unique().to_list() == ["no market data on this session"]
    assert found["risk_metrics"]["status"].unique().to_list() == ["missing"]
    assert found["stress_results"]["status"].unique().to_list() == ["missing"]


def test_portfolios_without_holdings_are_missing_and_hedged_ones_are_flat(
    inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    held = pl.DataFrame(
        [(day, "EQ_US", "EQ_A", 10.0), (day, "EQ_EUR", "EQ_A", -10.0)],
        schema=["business_date", "portfolio_id", "instrument_id", "quantity"],
        orient="row",
    )
    found = run(replace(inputs, holdings=held), [day])
    metrics = found["risk_metrics"].filter(metric="value_at_risk", method="historical", confidence=0.975)
    assert row(metrics, portfolio_id="BONDS")["reason"] == "no holdings on this session"
    assert row(metrics, portfolio_id="EQ_US")["status"] == "ok"
    flat = row(metrics, portfolio_id="EQUITY")
    assert (flat["status"], flat["value"]) == ("ok", 0.0)
    assert found["risk_contributions"].filter(portfolio_id="EQUITY").is_empty()


def test_closed_positions_are_not_valued(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    closed = (pl.col("instrument_id") == "BOND_2") & (pl.col("business_date") == day)
    held = inputs.holdings.with_columns(quantity=pl.when(closed).then(0.0).otherwise("quantity"))
    prices = without(inputs.prices, instrument_id="BOND_2", business_date=day)
    found = run(replace(inputs, holdings=held, prices=prices), [day])
    assert "BOND_2" not in found["scenario_pnl"]["instrument_id"]
    assert found["risk_metrics"]["status"].unique().to_list() == ["ok"]


def test_a_held_instrument_without_any_vector_is_missing(inputs: RiskInputs, dates: list[date]) -> None:
    _valuations, all_vectors = revalue(inputs, [dates[-1]], n_scenarios=N)
    vectors = without(all_vectors, instrument_id="BOND_2")
    metrics = measure(inputs.holdings, inputs.portfolios, vectors, sessions=[dates[-1]])
    found = row(metrics, portfolio_id="BONDS", metric="value_at_risk", method="historical", confidence=0.95)
    assert (found["status"], found["reason"]) == ("missing", "1 of 3 instruments: BOND_2 (not valued)")
    nothing = measure(inputs.holdings, inputs.portfolios, vectors.clear(), sessions=[dates[-1]])
    assert nothing["status"].unique().to_list() == ["missing"]


def test_reasons_fit_their_column(inputs: RiskInputs, dates: list[date]) -> None:
    found = run(replace(inputs, prices=inputs.prices.clear()), [dates[-1]])
    for frame in found.values():
        if "reason" in frame.columns:
            assert (frame["reason"].drop_nulls().str.len_chars() <= 256).all()


def test_faulty_frames_are_refused(inputs: RiskInputs, dates: list[date]) -> None:
    twice = replace(inputs, prices=pl.concat([inputs.prices, inputs.prices.tail(1)]))
    with pytest.raises(ValueError, match="close_local occurs twice for"):
        revalue(twice, [dates[-1]], n_scenarios=N)
    circle = inputs.portfolios.with_columns(parent_portfolio_id=pl.lit("GLOBAL"))
    _valuations, vectors = revalue(inputs, [dates[-1]], n_scenarios=N)
    with pytest.raises(ValueError, match="in a circle"):
        measure(inputs.holdings, circle, vectors)
    books = pl.concat([inputs.holdings, inputs.holdings])
    with pytest.raises(ValueError, match="holds BOND_10 twice"):
        measure(books, inputs.portfolios, vectors)
    cut = vectors.with_columns(
        pl.col("unit_pnl").list.head(pl.when(pl.int_range(pl.len()) == 0).then(3).otherwise(N))
    )
    with pytest.raises(ValueError, match="differ in length"):
        measure(inputs.holdings, inputs.portfolios, cut)
