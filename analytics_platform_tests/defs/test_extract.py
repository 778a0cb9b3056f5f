"""What the published extract says of itself."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from analytics_platform.defs.serving.extract import runs
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.risk import RISK_METRICS, RUN_MANIFESTS

DAYS = [date(2013, 2, day) for day in (26, 27, 28)]


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
