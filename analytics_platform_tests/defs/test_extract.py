"""What the published extract says of itself."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.defs.serving.extract import chain_breaks, chain_check, runs
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.risk import RISK_METRICS, RUN_MANIFESTS

XNYS = calendar("XNYS")
DAYS = [date(2013, 2, day) for day in (26, 27, 28)]


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


def test_sessions_that_lead_from_one_value_to_the_next_hang_together() -> None:
    assert chain_breaks(_returns([100.0, 160.0, 155.0], [None, 10.0, -5.0], flow=50.0), XNYS).is_empty()


def test_a_session_that_was_recomputed_alone_is_found_by_the_next_one() -> None:
    restated = _returns([100.0, 130.0, 105.0], [None, 30.0, -5.0])
    breaks = chain_breaks(restated, XNYS)
    assert breaks.rows() == [(DAYS[2], "EQ", -20.0)]
    check = chain_check(restated, XNYS)
    assert not check.passed
    assert "backfill 2013-02-28" in str(check.metadata["breaks"].value)


def test_a_missing_value_is_no_break() -> None:
    assert chain_breaks(_returns([100.0, None, 105.0], [None, None, None]), XNYS).is_empty()


def test_sessions_that_do_not_follow_each_other_say_nothing() -> None:
    apart = _returns([100.0, 130.0, 105.0], [None, 30.0, -5.0]).filter(pl.col("business_date") != DAYS[1])
    assert chain_breaks(apart, XNYS).is_empty()


def test_each_session_names_the_run_whose_results_are_current(tmp_path: Path) -> None:
    lake = DiskLake(tmp_path)
    for hour, run, days in ((8, "first", DAYS), (9, "second", DAYS[2:])):
        delivery = Delivery(
            run, "analytics_platform", days[0], days[-1], datetime(2013, 3, 1, hour, tzinfo=UTC)
        )
        manifest = {"run_id": run, "first_date": days[0], "last_date": days[-1], "code_version": f"of {run}"}
        _deliver(lake, RUN_MANIFESTS, [{**manifest, "n_scenarios": 500}], delivery)
        _deliver(lake, RISK_METRICS, [{"business_date": day, "portfolio_id": "EQ"} for day in days], delivery)
    found = runs(lake).sort("business_date").select("business_date", "run_id", "code_version", "n_scenarios")
    assert found.rows() == [
        (DAYS[0], "first", "of first", 500),
        (DAYS[1], "first", "of first", 500),
        (DAYS[2], "second", "of second", 500),
    ]


def _deliver(lake: DiskLake, table: Table, rows: list[dict[str, object]], delivery: Delivery) -> None:
    frame = pl.DataFrame(rows, schema=table.columns)
    lake.append(table, frame, delivery)
    facts = {"table_name": table.name, "first_date": delivery.first_date, "last_date": delivery.last_date}
    lake.publish(table, delivery, pl.DataFrame([facts], schema=DELIVERIES.columns))
