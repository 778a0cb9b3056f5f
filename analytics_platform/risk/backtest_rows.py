"""Backtest of the value at risk of every portfolio: the days that are compared, and the tests over them."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats, scatter
from analytics_platform.risk.backtest import BASEL_CONFIDENCE, BASEL_OBSERVATIONS, backtest
from analytics_platform.risk.hypothetical_pnl import PnlInputs, hypothetical_pnl
from analytics_platform.risk.numeric_input import tail_share
from analytics_platform.risk.portfolio_measures import CONFIDENCES
from analytics_platform.risk.results import joined_frames, result_frame
from analytics_platform.risk.valuations import REASON_LENGTH
from analytics_platform.tables.risk_analysis import VAR_BACKTEST_DAYS, VAR_BACKTESTS

N_DAYS = BASEL_OBSERVATIONS
_KEY = ["business_date", "portfolio_id"]
_LEAST_DAYS = 2


def backtest_days(
    inputs: PnlInputs,
    risk_metrics: pl.DataFrame,
    portfolio_returns: pl.DataFrame,
    previous: Mapping[date, date],
    *,
    confidences: Sequence[float] = CONFIDENCES,
) -> pl.DataFrame:
    """Hold the hypothetical P&L of each session against the value at risk of the session before.

    Parameters
    ----------
    inputs : PnlInputs
        From the session before the first one on.
    risk_metrics : DataFrame
        Columns of `tables.risk.RISK_METRICS`; only the historical value at risk is looked at.
    portfolio_returns : DataFrame
        business_date, portfolio_id, pnl_base: what was earned, trades included.
    previous : mapping of date to date
        The sessions to compare, each with the session before.
    confidences : sequence of float

    Returns
    -------
    DataFrame
        Columns of `tables.risk_analysis.VAR_BACKTEST_DAYS`; every session, portfolio and confidence has
        a row. A day without a value at risk or a P&L is missing, with the reason, and no exception.

    """
    sessions = {"business_date": list(previous), "forecast_date": list(previous.values())}
    axes = (
        pl.DataFrame(sessions, schema={"business_date": pl.Date, "forecast_date": pl.Date})
        .join(
            inputs.portfolios.select("portfolio_id", pl.col("base_currency").alias("currency")), how="cross"
        )
        .join(pl.DataFrame({"confidence": list(confidences)}, schema={"confidence": pl.Float64}), how="cross")
    )
    forecasts = risk_metrics.filter(metric="value_at_risk", method="historical").select(
        pl.col("business_date").alias("forecast_date"),
        "portfolio_id",
        "confidence",
        pl.col("value").alias("value_at_risk"),
        pl.col("status").alias("forecast_status"),
        pl.col("reason").alias("forecast_reason"),
    )
    actual = portfolio_returns.select(*_KEY, pl.col("pnl_base").cast(pl.Float64).alias("actual_pnl"))
    rows = (
        axes.join(forecasts, on=["forecast_date", "portfolio_id", "confidence"], how="left")
        .join(hypothetical_pnl(inputs, previous), on=_KEY, how="left")
        .join(actual, on=_KEY, how="left")
        .with_columns(_fault().alias("fault"), _warning().alias("warning"))
    )
    return joined_frames(
        VAR_BACKTEST_DAYS,
        [
            rows.with_columns(
                pl.when(pl.col("fault").is_null())
                .then(-pl.col("hypothetical_pnl") > pl.col("value_at_risk"))
                .alias("is_exception"),
                pl.when(pl.col("fault").is_not_null())
                .then(pl.lit("missing"))
                .when(pl.col("warning").is_not_null())
                .then(pl.lit("warning"))
                .otherwise(pl.lit("ok"))
                .alias("status"),
                pl.coalesce("fault", "warning").str.head(REASON_LENGTH).alias("reason"),
            ).select(VAR_BACKTEST_DAYS.columns.names())
        ],
    )


def _fault() -> pl.Expr:
    no_forecast = pl.format("no value at risk on {}", "forecast_date")
    forecast = (
        pl.when(pl.col("value_at_risk").is_null() & pl.col("forecast_reason").is_not_null())
        .then(pl.concat_str([no_forecast, pl.lit(": "), "forecast_reason"]))
        .when(pl.col("value_at_risk").is_null())
        .then(no_forecast)
    )
    pnl = pl.when(pl.col("hypothetical_pnl").is_null()).then(
        pl.coalesce("fault", pl.format("no holdings on {}", "forecast_date"))
    )
    return pl.coalesce(forecast, pnl)


def _warning() -> pl.Expr:
    forecast = pl.when(pl.col("forecast_status") == "warning").then("forecast_reason")
    return pl.coalesce(forecast, "warning")


def backtests(days: pl.DataFrame, axis: Sequence[date], sessions: Sequence[date]) -> pl.DataFrame:
    """Test the value at risk over the days compared up to each session.

    Parameters
    ----------
    days : DataFrame
        As from `backtest_days`, of all sessions of the axis that are known.
    axis : sequence of date
        All sessions, ascending: at least 250 up to the first of `sessions` where there are so many.
    sessions : sequence of date
        Those that the tests end with.

    Returns
    -------
    DataFrame
        Columns of `tables.risk_analysis.VAR_BACKTESTS`. Over fewer than 250 days they carry a warning,
        and with fewer than two there is no test. The Basel zone is told at 99 % alone.

    """
    rows: list[dict[str, object]] = []
    wanted = sorted(set(sessions))
    for (portfolio, confidence), own in sorted(days.group_by("portfolio_id", "confidence")):
        compared = own.filter(pl.col("status") != "missing")
        pnl, limit = (
            scatter(compared, dates=axis, entities=[str(portfolio)], entity="portfolio_id", value=name)[:, 0]
            for name in ("hypothetical_pnl", "value_at_risk")
        )
        place = {day: number for number, day in enumerate(axis)}
        for session in wanted:
            end = place[session] + 1
            window = slice(max(0, end - N_DAYS), end)
            rows.append(
                {"business_date": session, "portfolio_id": portfolio, "confidence": confidence}
                | _tested(pnl[window], limit[window], float(str(confidence)))
            )
    return result_frame(VAR_BACKTESTS, rows)


def _tested(pnl: Floats, limit: Floats, confidence: float) -> dict[str, object]:
    is_known = ~np.isnan(pnl)
    n_days = int(is_known.sum())
    reason = None if n_days == N_DAYS else f"{n_days} of {N_DAYS} days compared"
    few: dict[str, object] = {
        "n_days": n_days,
        "n_exceptions": int((-pnl[is_known] > limit[is_known]).sum()),
        "expected_exceptions": n_days * tail_share(confidence),
        "status": "missing" if n_days < _LEAST_DAYS else "warning" if reason else "ok",
        "reason": reason,
    }
    if n_days < _LEAST_DAYS:
        return few
    found = backtest(pnl[is_known], limit[is_known], confidence=confidence)
    is_basel = confidence == BASEL_CONFIDENCE
    ratios = {
        "kupiec": found.coverage,
        "independence": found.independence,
        "coverage": found.conditional_coverage,
    }
    tests = {
        f"{name}_{part}": value
        for name, ratio in ratios.items()
        for part, value in (("statistic", ratio.statistic), ("p_value", ratio.p_value))
    }
    return (
        few
        | tests
        | {
            "zone": found.zone if is_basel else None,
            "plus_factor": found.plus_factor if is_basel and n_days == N_DAYS else None,
        }
    )
