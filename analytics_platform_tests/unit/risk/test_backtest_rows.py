"""Backtest of portfolios: hypothetical P&L by hand, days that are not compared, tests over 250 days."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics_platform.risk.backtest_rows import backtest_days, backtests
from analytics_platform.risk.hypothetical_pnl import PnlInputs, hypothetical_pnl
from analytics_platform.tables.risk_analysis import VAR_BACKTEST_DAYS, VAR_BACKTESTS
from analytics_platform_tests.unit.risk.risk_results import row, without

MONDAY, TUESDAY = date(2013, 2, 25), date(2013, 2, 26)
PREVIOUS = {TUESDAY: MONDAY}
PORTFOLIOS = pl.DataFrame(
    {
        "portfolio_id": ["EUR", "TOP", "USD"],
        "parent_portfolio_id": ["TOP", None, "TOP"],
        "base_currency": ["EUR", "USD", "USD"],
    }
)
HELD = pl.DataFrame(
    [
        (MONDAY, "USD", "SHARE", "equity", 10.0),
        (MONDAY, "USD", "BILL", "bond", 100.0),
        (MONDAY, "USD", "GONE", "equity", 0.0),
        (MONDAY, "EUR", "CASH_EUR", "cash", 1_000.0),
    ],
    schema=["business_date", "portfolio_id", "instrument_id", "instrument_type", "quantity"],
    orient="row",
)
_PNL = [
    # SHARE: 10 from 100 to 97 with 5 of dividends; half is sold 1 above the close: trading 5.
    (TUESDAY, "USD", "SHARE", 1_000.0, 485.0, 5.0, -20.0, -30.0, 0.0, 0.0, 5.0),
    # BILL: worth 99.9 the evening before, sold out at 100 without a price: the mart calls it trading.
    (TUESDAY, "USD", "BILL", 99.9, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.1),
    # NEW: bought today, not held before.
    (TUESDAY, "USD", "NEW", 0.0, 50.0, 0.0, 7.0, 0.0, 0.0, 0.0, 7.0),
    (TUESDAY, "EUR", "CASH_EUR", 1_000.0, 1_002.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0),
]
PNL = pl.DataFrame(
    _PNL,
    schema=[
        "business_date", "portfolio_id", "instrument_id", "previous_market_value_base", "market_value_base",
        "income_base", "pnl_base", "price_pnl_base", "fx_pnl_base", "cross_pnl_base", "trading_pnl_base",
    ],
    orient="row",
).with_columns(status=pl.lit("ok"), reason=pl.lit(None, pl.String))  # fmt: skip
INPUTS = PnlInputs(
    holdings=HELD,
    position_pnl=PNL,
    priced=pl.DataFrame({"business_date": [TUESDAY, TUESDAY], "instrument_id": ["SHARE", "NEW"]}),
    portfolios=PORTFOLIOS,
    fx=pl.DataFrame(
        [(MONDAY, "EUR", 1.30), (TUESDAY, "EUR", 1.25), (MONDAY, "USD", 1.0), (TUESDAY, "USD", 1.0)],
        schema=["business_date", "currency", "rate_to_usd"],
        orient="row",
    ),
)
METRICS = pl.DataFrame(
    [(MONDAY, "USD", 24.9), (MONDAY, "EUR", 1.0), (MONDAY, "TOP", 100.0)],
    schema=["business_date", "portfolio_id", "value"],
    orient="row",
).with_columns(
    metric=pl.lit("value_at_risk"),
    method=pl.lit("historical"),
    confidence=0.99,
    status=pl.lit("ok"),
    reason=pl.lit(None, pl.String),
)
RETURNS = pl.DataFrame(
    {"business_date": [TUESDAY] * 2, "portfolio_id": ["USD", "EUR"], "pnl_base": [-12.9, 2.0]}
)


def days(
    inputs: PnlInputs = INPUTS, metrics: pl.DataFrame = METRICS, confidences: tuple[float, ...] = (0.99,)
) -> pl.DataFrame:
    return backtest_days(inputs, metrics, RETURNS, PREVIOUS, confidences=confidences)


def test_holdings_of_the_evening_before_earn_price_income_and_proceeds_but_no_trades() -> None:
    found = hypothetical_pnl(INPUTS, PREVIOUS)
    # -30 + 5 of the share and +0.1 of the bill; the trade of the share and the new position do not count.
    assert row(found, portfolio_id="USD")["hypothetical_pnl"] == pytest.approx(-24.9, abs=1e-12)
    assert row(found, portfolio_id="EUR")["hypothetical_pnl"] == 2.0


def test_a_redemption_counts_by_its_price_effect_once_and_without_its_fees() -> None:
    is_bill = pl.col("instrument_id") == "BILL"
    values = {"price_pnl_base": 0.1, "trading_pnl_base": -0.02, "pnl_base": 0.08}
    redeemed = PNL.with_columns(
        pl.when(is_bill).then(value).otherwise(name).alias(name) for name, value in values.items()
    )
    found = hypothetical_pnl(replace(INPUTS, position_pnl=redeemed), PREVIOUS)
    assert row(found, portfolio_id="USD")["hypothetical_pnl"] == pytest.approx(-24.9, abs=1e-12)


def test_a_portfolio_above_in_another_currency_also_has_the_change_of_the_exchange_rate() -> None:
    # 1,002 EUR at 1.25 less 1,000 EUR at 1.30 is -47.5 USD, and -24.9 of the dollar portfolio.
    found = row(hypothetical_pnl(INPUTS, PREVIOUS), portfolio_id="TOP")
    assert found["hypothetical_pnl"] == pytest.approx(-72.4, abs=1e-9)


def test_a_loss_that_equals_the_value_at_risk_is_no_exception_and_a_larger_one_is() -> None:
    found = days()
    VAR_BACKTEST_DAYS.schema.validate(found)
    usd = row(found, portfolio_id="USD")
    assert usd | {"hypothetical_pnl": 0} == {
        "business_date": TUESDAY, "portfolio_id": "USD", "confidence": 0.99, "currency": "USD",
        "forecast_date": MONDAY, "value_at_risk": 24.9, "hypothetical_pnl": 0, "actual_pnl": -12.9,
        "is_exception": False, "status": "ok", "reason": None,
    }  # fmt: skip
    lower = METRICS.with_columns(value=pl.col("value") - 0.1)
    assert row(days(metrics=lower), portfolio_id="USD")["is_exception"] is True
    assert row(days(metrics=lower), portfolio_id="TOP")["is_exception"] is False


@pytest.mark.parametrize(
    ("inputs", "metrics", "reason"),
    [
        pytest.param(INPUTS, METRICS.clear(), "no value at risk on 2013-02-25", id="no forecast"),
        pytest.param(
            INPUTS,
            METRICS.with_columns(value=None, status=pl.lit("missing"), reason=pl.lit("not valued")),
            "no value at risk on 2013-02-25: not valued",
            id="missing forecast",
        ),
        pytest.param(
            PnlInputs(HELD, without(PNL, instrument_id="SHARE"), INPUTS.priced, PORTFOLIOS, INPUTS.fx),
            METRICS,
            "no P&L of SHARE in USD",
            id="no row",
        ),
        pytest.param(
            PnlInputs(
                HELD,
                PNL.with_columns(
                    price_pnl_base=None, status=pl.lit("missing"), reason=pl.lit("no price of SHARE")
                ),
                INPUTS.priced,
                PORTFOLIOS,
                INPUTS.fx,
            ),
            METRICS,
            "no price of SHARE",
            id="missing P&L",
        ),
        pytest.param(
            PnlInputs(HELD.clear(), PNL, INPUTS.priced, PORTFOLIOS, INPUTS.fx),
            METRICS,
            "no holdings on 2013-02-25",
            id="nothing held",
        ),
    ],
)
def test_a_day_without_forecast_or_pnl_is_missing_and_says_why(
    inputs: PnlInputs, metrics: pl.DataFrame, reason: str
) -> None:
    found = row(days(inputs, metrics), portfolio_id="USD")
    assert (found["status"], found["reason"], found["is_exception"]) == ("missing", reason, None)
    tests = backtests(days(inputs, metrics), [TUESDAY], [TUESDAY])
    assert row(tests, portfolio_id="USD")["n_days"] == 0


def test_a_missing_exchange_rate_makes_only_the_portfolio_above_missing() -> None:
    inputs = PnlInputs(HELD, PNL, INPUTS.priced, PORTFOLIOS, INPUTS.fx.filter(pl.col("currency") == "USD"))
    found = days(inputs)
    assert row(found, portfolio_id="TOP")["reason"] == "no exchange rate of EUR on 2013-02-26"
    assert row(found, portfolio_id="TOP")["hypothetical_pnl"] is None
    assert row(found, portfolio_id="EUR")["hypothetical_pnl"] == 2.0


def test_a_warning_of_forecast_or_pnl_carries_over() -> None:
    warned = METRICS.with_columns(status=pl.lit("warning"), reason=pl.lit("short history"))
    assert row(days(metrics=warned), portfolio_id="USD")["reason"] == "short history"
    stale = PNL.with_columns(status=pl.lit("warning"), reason=pl.lit("old rate"))
    inputs = PnlInputs(HELD, stale, INPUTS.priced, PORTFOLIOS, INPUTS.fx)
    found = row(days(inputs), portfolio_id="TOP")
    assert (found["status"], found["reason"]) == ("warning", "old rate")


AXIS = [date(2012, 1, 2) + timedelta(days=i) for i in range(300)]


def made_up(confidence: float, losses: dict[int, float], missing: tuple[int, ...] = ()) -> pl.DataFrame:
    """Days with a value at risk of 10; P&L 1 but for the losses."""
    return pl.DataFrame(
        {
            "business_date": AXIS,
            "portfolio_id": "P",
            "confidence": confidence,
            "currency": "USD",
            "forecast_date": AXIS,
            "value_at_risk": 10.0,
            "hypothetical_pnl": [-losses.get(i, -1.0) for i in range(len(AXIS))],
            "actual_pnl": 1.0,
            "is_exception": [losses.get(i, 0.0) > 10.0 for i in range(len(AXIS))],
            "status": ["missing" if i in missing else "ok" for i in range(len(AXIS))],
            "reason": None,
        },
        schema=VAR_BACKTEST_DAYS.columns,
    )


def test_the_tests_look_back_on_250_days_and_no_further() -> None:
    # Exceptions on days 49 (out of the window that ends with day 299), 50, 120, 200, 201 and 299.
    frame = made_up(0.99, dict.fromkeys((49, 50, 120, 200, 201, 299), 10.5))
    found = backtests(frame, AXIS, [AXIS[298], AXIS[299]])
    VAR_BACKTESTS.schema.validate(found)
    before, last = found.rows(named=True)
    assert (before["n_exceptions"], last["n_exceptions"]) == (5, 5)
    assert last["n_days"] == 250
    assert last["expected_exceptions"] == 2.5
    assert (last["zone"], last["plus_factor"], last["status"]) == ("yellow", 0.4, "ok")
    # 2 [ln L(5/250) - ln L(0.01)] with L = p^5 (1 - p)^245.
    assert last["kupiec_statistic"] == pytest.approx(1.956810, abs=1e-6)
    assert last["coverage_statistic"] == last["kupiec_statistic"] + last["independence_statistic"]


def test_days_that_are_missing_are_not_counted_and_a_short_test_warns() -> None:
    found = backtests(made_up(0.99, {100: 11.0, 200: 11.0}, missing=(100, 101, 102)), AXIS, [AXIS[299]])
    last = found.row(0, named=True)
    assert (last["n_days"], last["n_exceptions"]) == (247, 1)
    assert (last["status"], last["reason"]) == ("warning", "247 of 250 days compared")
    assert (last["zone"], last["plus_factor"]) == ("green", None)


def test_only_99_percent_has_a_basel_zone() -> None:
    last = backtests(made_up(0.975, {200: 11.0}), AXIS, [AXIS[299]]).row(0, named=True)
    assert (last["zone"], last["plus_factor"]) == (None, None)
    assert last["kupiec_p_value"] is not None


@pytest.mark.parametrize("n_days", [0, 1])
def test_fewer_than_two_days_make_no_test(n_days: int) -> None:
    frame = made_up(0.99, {}, missing=tuple(range(len(AXIS) - n_days)))
    last = backtests(frame, AXIS, [AXIS[299]]).row(0, named=True)
    assert (last["n_days"], last["status"], last["kupiec_statistic"]) == (n_days, "missing", None)


def test_a_range_gives_what_its_sessions_give_alone() -> None:
    frame = made_up(0.99, dict.fromkeys((49, 120, 298, 299), 12.0))
    together = backtests(frame, AXIS, AXIS[280:])
    # A run of one session sees 250 days up to it, and no day after it.
    alone = [
        backtests(frame.filter(pl.col("business_date") <= day), AXIS[i - 249 : i + 1], [day])
        for i, day in enumerate(AXIS)
        if i >= 280
    ]
    assert_frame_equal(together, pl.concat(alone))
