"""What published sessions say of each other, and of the history that they rest on."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from analytics_platform.calendars.sessions import calendar
from analytics_platform.defs.serving.session_checks import (
    chain_breaks,
    chain_check,
    history_check,
    stale_sessions,
    var_breaks,
)

XNYS = calendar("XNYS")
DAYS = [date(2013, 2, day) for day in (26, 27, 28)]
EVENINGS = [datetime(2013, 2, day, 23, tzinfo=UTC) for day in (26, 27, 28)]
NEXT_MORNING = datetime(2013, 3, 1, 8, tzinfo=UTC)


def _returns(navs: list[float | None], pnls: list[float | None], flow: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "business_date": DAYS,
            "portfolio_id": "EQ",
            "nav_base": navs,
            "pnl_base": pnls,
            "start_of_day_flow_base": [0.0, flow, 0.0],
            "end_of_day_flow_base": 0.0,
            "status": "ok",
        }
    )


def _metrics(values: list[float | None], method: str = "historical") -> pl.DataFrame:
    keys = {"portfolio_id": "EQ", "metric": "value_at_risk", "method": method, "confidence": 0.99}
    return pl.DataFrame({"business_date": DAYS, "value": pl.Series(values, dtype=pl.Float64)}).with_columns(
        **{name: pl.lit(value) for name, value in keys.items()}
    )


def _changes(previous: list[float | None]) -> pl.DataFrame:
    return _used(previous, "previous_date", "previous_value").with_columns(metric=pl.lit("value_at_risk"))


def _backtests(forecasts: list[float | None]) -> pl.DataFrame:
    return _used(forecasts, "forecast_date", "value_at_risk")


def _used(values: list[float | None], day: str, name: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "business_date": DAYS,
            "portfolio_id": "EQ",
            "confidence": 0.99,
            day: [date(2013, 2, 25), *DAYS[:2]],
            name: pl.Series(values, dtype=pl.Float64),
        }
    )


def _runs(known_at: list[datetime]) -> pl.DataFrame:
    return pl.DataFrame({"business_date": DAYS, "known_at": known_at})


def _delivery(first: date, last: date, known_at: datetime, table: str = "prices") -> pl.DataFrame:
    uri = f"{table}/exchange_{first}.csv"
    columns = {"table_name": table, "first_date": first, "last_date": last, "uri": uri, "known_at": known_at}
    return pl.DataFrame([columns])


def test_sessions_that_lead_from_one_value_to_the_next_hang_together() -> None:
    assert chain_breaks(_returns([100.0, 160.0, 155.0], [None, 10.0, -5.0], flow=50.0), XNYS).is_empty()


def test_a_session_that_was_recomputed_alone_is_found_by_the_next_one() -> None:
    restated = _returns([100.0, 130.0, 105.0], [None, 30.0, -5.0])
    assert chain_breaks(restated, XNYS).rows() == [(DAYS[2], "EQ", -20.0)]


def test_a_missing_value_is_no_break() -> None:
    assert chain_breaks(_returns([100.0, None, 105.0], [None, None, None]), XNYS).is_empty()


def test_a_profit_that_leads_from_a_missing_value_is_a_break() -> None:
    hole = _returns([100.0, None, 105.0], [None, None, -5.0])
    assert chain_breaks(hole, XNYS).rows() == [(DAYS[2], "EQ", None)]


def test_sessions_that_do_not_follow_each_other_say_nothing() -> None:
    apart = _returns([100.0, 130.0, 105.0], [None, 30.0, -5.0]).filter(pl.col("business_date") != DAYS[1])
    assert chain_breaks(apart, XNYS).is_empty()


def test_a_value_at_risk_that_is_the_one_published_before_is_no_break() -> None:
    shown = pl.concat([_metrics([10.0, 20.0, 30.0]), _metrics([1.0, 2.0, 3.0], method="monte_carlo")])
    unpublished = 7.0
    used: list[float | None] = [unpublished, 10.0, 20.0 * (1 + 1e-12)]
    assert var_breaks(shown, _changes(used), _backtests(used)).is_empty()


@pytest.mark.parametrize(
    ("changes", "backtests"),
    [
        pytest.param([None, 10.0, 20.001], [None, 10.0, 20.0], id="change"),
        pytest.param([None, 10.0, 20.0], [None, 10.0, 20.001], id="backtest"),
        pytest.param([None, 10.0, 20.0], [None, 10.0, None], id="missing then, known now"),
    ],
)
def test_a_session_that_rests_on_an_older_value_at_risk_is_found(
    changes: list[float | None], backtests: list[float | None]
) -> None:
    found = var_breaks(_metrics([10.0, 20.0, 30.0]), _changes(changes), _backtests(backtests))
    assert found.rows() == [(DAYS[2], "EQ")]


def test_a_value_at_risk_that_went_missing_is_found_by_the_next_session() -> None:
    used: list[float | None] = [None, 10.0, 20.0]
    assert var_breaks(_metrics([10.0, None, 30.0]), _changes(used), _backtests(used)).rows() == [
        (DAYS[2], "EQ")
    ]


def test_the_check_names_the_sessions_to_backfill_and_blocks_nothing() -> None:
    tables = {
        "returns": _returns([100.0, 130.0, 105.0], [None, 30.0, -5.0]),
        "risk_metrics": _metrics([10.0, 20.0, 30.0]),
        "var_changes": _changes([None, 11.0, 20.0]),
        "var_backtest_days": _backtests([None, 10.0, 20.0]),
    }
    check = chain_check(tables, XNYS)
    assert not check.passed
    assert check.severity.value == "WARN"
    assert check.metadata["breaks"].value == (
        "P&L does not fit the net asset value before: backfill 2013-02-28; "
        "value at risk before is not the one published: backfill 2013-02-27"
    )


def test_files_that_were_known_before_the_run_make_no_session_stale() -> None:
    corrected = _delivery(DAYS[0], DAYS[0], EVENINGS[2])
    check = history_check(_runs([NEXT_MORNING] * 3), corrected, XNYS)
    assert check.passed
    assert check.metadata["stale"].value == "none"


def test_each_day_s_own_file_makes_no_earlier_session_stale() -> None:
    daily = pl.concat(
        [_delivery(day, day, evening.replace(hour=22)) for day, evening in zip(DAYS, EVENINGS, strict=True)]
    )
    assert stale_sessions(_runs(EVENINGS), daily, XNYS).is_empty()


def test_a_correction_makes_the_sessions_from_its_date_on_stale_until_they_are_computed_again() -> None:
    corrected = _delivery(DAYS[1], DAYS[1], NEXT_MORNING)
    check = history_check(_runs(EVENINGS), corrected, XNYS)
    assert not check.passed
    assert check.severity.value == "WARN"
    assert check.metadata["stale"].value == (
        "results of 2013-02-27 to 2013-02-28 rest on history from before prices/exchange_2013-02-27.csv of "
        "2013-03-01 08:00:00 UTC: analytics backfill --from 2013-02-27 --to 2013-02-28"
    )
    backfilled = NEXT_MORNING.replace(hour=9)
    partly = stale_sessions(_runs([EVENINGS[0], backfilled, EVENINGS[2]]), corrected, XNYS)
    assert partly["business_date"].to_list() == [DAYS[2]]
    assert stale_sessions(_runs([EVENINGS[0], backfilled, backfilled]), corrected, XNYS).is_empty()


def test_the_newest_of_several_corrections_is_named() -> None:
    older = _delivery(DAYS[0], DAYS[0], NEXT_MORNING)
    newer = _delivery(DAYS[2], DAYS[2], NEXT_MORNING.replace(hour=9), table="fx_rates")
    named = stale_sessions(_runs(EVENINGS), pl.concat([newer, older]), XNYS)
    assert named.select("business_date", "uri").rows() == [
        (DAYS[0], "prices/exchange_2013-02-26.csv"),
        (DAYS[1], "prices/exchange_2013-02-26.csv"),
        (DAYS[2], "fx_rates/exchange_2013-02-28.csv"),
    ]


def test_history_ends_five_hundred_sessions_before() -> None:
    edge = XNYS.offset(DAYS[0], -500)
    corrected = _delivery(edge, edge, NEXT_MORNING)
    assert stale_sessions(_runs(EVENINGS), corrected, XNYS)["business_date"].to_list() == [DAYS[0]]


@pytest.mark.parametrize("table", ["instruments", "vendor_risk_metrics"])
def test_snapshots_and_figures_for_comparison_are_no_history(table: str) -> None:
    late = _delivery(DAYS[0], DAYS[0], NEXT_MORNING, table=table)
    assert stale_sessions(_runs(EVENINGS), late, XNYS).is_empty()


def test_without_published_sessions_nothing_is_stale() -> None:
    none = _runs(EVENINGS).clear()
    assert history_check(none, _delivery(DAYS[0], DAYS[0], NEXT_MORNING), XNYS).passed
