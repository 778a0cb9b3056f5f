"""What published sessions are checked for together: each leads from the one before, and knows its history."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date, datetime

import dagster as dg
import polars as pl

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.tables.holdings import VENDOR_RISK_METRICS
from analytics_platform.tables.registry import DELIVERED

CHAIN = "sessions_hang_together"
HISTORY = "results_know_the_newest_history"
CENT = 0.01
SAME = 1e-9
"""Relative difference up to which two values at risk are the same."""
HISTORY_SESSIONS = 500
"""Sessions that the results of one look back on at least: the scenarios of value at risk."""
NAMED = 5

_ASSET = ["serving", "extract"]

SPECS = [
    dg.AssetCheckSpec(
        CHAIN,
        asset=_ASSET,
        description="Of all published sessions, P&L is the change of net asset value less external flows, "
        "and the value at risk of the session before is the one published for it",
    ),
    dg.AssetCheckSpec(
        HISTORY,
        asset=_ASSET,
        description=f"No file about the {HISTORY_SESSIONS} sessions that a published session looks back on "
        "became known after its results were computed",
    ),
]

DATED = [
    name for name, table in DELIVERED.items() if table.kind == "fact" and name != VENDOR_RISK_METRICS.name
]
"""Tables with a history that results rest on; a vendor's risk figures are only compared."""


def chain_breaks(returns: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """Return the sessions whose P&L does not lead from the net asset value before to their own.

    A session that was recomputed alone leaves the next one with a P&L from the old value. If its value is
    missing now, there is nothing that a P&L could lead from, and the break has no amount. Published
    sessions that do not follow each other say nothing.
    """
    days = returns["business_date"].unique().to_list()
    previous = {day: calendar.previous(day) for day in days}
    before = pl.col("nav_base").shift().over("portfolio_id", order_by="business_date")
    day_before = pl.col("business_date").shift().over("portfolio_id", order_by="business_date")
    flows = pl.col("start_of_day_flow_base") + pl.col("end_of_day_flow_base")
    break_base = pl.col("nav_base") - before - flows - pl.col("pnl_base")
    follows = day_before == pl.col("business_date").replace_strict(previous, return_dtype=pl.Date)
    from_nothing = before.is_null() & pl.col("pnl_base").is_not_null()
    return (
        returns.with_columns(pl.col(pl.Decimal).cast(pl.Float64))
        .with_columns(break_base=break_base, follows=follows, from_nothing=from_nothing)
        .filter("follows", (pl.col("break_base").abs() > CENT) | pl.col("from_nothing"))
        .select("business_date", "portfolio_id", "break_base")
        .sort("business_date", "portfolio_id")
    )


def var_breaks(
    risk_metrics: pl.DataFrame, var_changes: pl.DataFrame, var_backtest_days: pl.DataFrame
) -> pl.DataFrame:
    """Return the sessions that rest on another value at risk than is published for the session before.

    A session before that is not published says nothing.
    """
    key = ["portfolio_id", "metric", "confidence", "day_before"]
    used = pl.concat(
        [
            var_changes.select(
                *("business_date", "portfolio_id", "metric", "confidence"),
                day_before="previous_date",
                used="previous_value",
            ),
            var_backtest_days.select(
                *("business_date", "portfolio_id"),
                pl.lit("value_at_risk").alias("metric"),
                "confidence",
                day_before="forecast_date",
                used="value_at_risk",
            ),
        ]
    )
    told = risk_metrics.filter(pl.col("method") == "historical").select(
        "portfolio_id", "metric", "confidence", day_before="business_date", told="value"
    )
    difference = (pl.col("used") - pl.col("told")).abs()
    size = pl.max_horizontal(pl.col("used").abs(), pl.col("told").abs())
    return (
        used.join(told, on=key)
        .filter((difference > SAME * size) | (pl.col("used").is_null() != pl.col("told").is_null()))
        .select("business_date", "portfolio_id")
        .unique()
        .sort(pl.all())
    )


def stale_sessions(runs: pl.DataFrame, deliveries: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """Return the sessions that were computed before a file about their history became known.

    Parameters
    ----------
    runs : DataFrame
        For each published session, when its results were computed: `business_date`, `known_at`.
    deliveries : DataFrame
        Files of senders with the dates that they cover.
    calendar : Calendar
        Trading sessions, to count the history.

    Returns
    -------
    DataFrame
        One row per session: `business_date`, and `uri` and `delivered_at` of the newest such file.
    """
    computed = runs.group_by("business_date").agg(pl.col("known_at").min()).sort("business_date")
    if computed.is_empty():
        return pl.DataFrame(
            schema={"business_date": pl.Date, "uri": pl.String, "delivered_at": deliveries.schema["known_at"]}
        )
    days = computed["business_date"].to_list()
    sessions = calendar.sessions(calendar.first_date, days[-1])
    since = [sessions[max(bisect_left(sessions, day) - HISTORY_SESSIONS, 0)] for day in days]
    earliest = computed.select("business_date", earliest=pl.col("known_at").cum_min(reverse=True))
    late = (
        deliveries.filter(pl.col("table_name").is_in(DATED))
        .select("first_date", "last_date", "uri", delivered_at="known_at")
        .sort("first_date")
        .join_asof(earliest, left_on="first_date", right_on="business_date", strategy="forward")
        .filter(pl.col("delivered_at") > pl.col("earliest"))
        .select("first_date", "last_date", "uri", "delivered_at")
        .sort("delivered_at", "uri")
    )
    newest = [
        _newest_of_history(late, day, known_at, start)
        for (day, known_at), start in zip(computed.iter_rows(), since, strict=True)
    ]
    return pl.concat(newest)


def _newest_of_history(late: pl.DataFrame, day: date, known_at: datetime, since: date) -> pl.DataFrame:
    """Return the newest file that one session did not know: one row, or none.

    Session by session, because thousands of sessions times all files of a history that was sent again would
    not fit into memory.
    """
    return (
        late.filter(
            pl.col("delivered_at") > known_at, pl.col("first_date") <= day, pl.col("last_date") >= since
        )
        .tail(1)
        .select(pl.lit(day).alias("business_date"), "uri", "delivered_at")
    )


def chain_check(tables: Mapping[str, pl.DataFrame], calendar: Calendar) -> dg.AssetCheckResult:
    """Tell which sessions need a backfill after a correction before them."""
    found = {
        "P&L does not fit the net asset value before": chain_breaks(tables["returns"], calendar),
        "value at risk before is not the one published": var_breaks(
            *(tables[name] for name in ("risk_metrics", "var_changes", "var_backtest_days"))
        ),
    }
    told = [f"{what}: backfill {_days(breaks)}" for what, breaks in found.items() if breaks.height]
    return _warning(CHAIN, "breaks", told)


def history_check(runs: pl.DataFrame, deliveries: pl.DataFrame, calendar: Calendar) -> dg.AssetCheckResult:
    """Tell which sessions rest on a history that has been corrected since."""
    spans = (
        stale_sessions(runs, deliveries, calendar)
        .group_by("uri", "delivered_at")
        .agg(first=pl.col("business_date").min(), last=pl.col("business_date").max())
        .sort("first", "uri")
    )
    told = [
        f"results of {first} to {last} rest on history from before {uri} of {delivered_at:%Y-%m-%d %H:%M:%S} "
        f"UTC: analytics backfill --from {first} --to {last}"
        for uri, delivered_at, first, last in spans.head(NAMED).iter_rows()
    ]
    return _warning(HISTORY, "stale", told)


def _days(breaks: pl.DataFrame) -> str:
    return ", ".join(str(day) for day in breaks["business_date"].unique().sort().head(NAMED))


def _warning(check: str, name: str, told: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=check,
        passed=not told,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={name: "; ".join(told) or "none"},
    )
