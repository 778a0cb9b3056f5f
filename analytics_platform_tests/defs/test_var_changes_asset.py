"""The asset `risk/var_changes`: it looks one session back, and a range gives what single runs give."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from analytics_platform.defs.io_managers import LakeIOManager
from analytics_platform.defs.partitions import BUSINESS_DAYS, RANGE_END, RANGE_START
from analytics_platform.defs.resources import DuckDBResource, LakeResource
from analytics_platform.defs.risk.changes import var_changes
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.risk import SCENARIO_PNL
from analytics_platform.tables.risk_analysis import VAR_CHANGES
from analytics_platform_tests.unit.risk.small_cubes import TREE, cube, held

DAYS = [date(2013, 2, day) for day in (25, 26, 27)]
LOSSES = [[-1.0, -4.0, 2.0, -3.0], [-4.0, 2.0, -3.0, -6.0], [2.0, -3.0, -6.0, 1.0]]
UNITS = [10.0, 10.0, 15.0]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a lake with three sessions of vectors and a warehouse with what is held on them."""
    vectors = pl.concat([cube(day, {"X": own}) for day, own in zip(DAYS, LOSSES, strict=True)])
    delivery = Delivery("run", "analytics_platform", DAYS[0], DAYS[-1], datetime(2013, 2, 28, tzinfo=UTC))
    facts = {
        **dict.fromkeys(("uri", "version_id", "sha256", "run_id"), "run"),
        **dict.fromkeys(("rows_read", "rows_accepted", "rows_rejected", "rows_ignored"), 0),
        "table_name": "scenario_pnl",
        "first_date": DAYS[0],
        "last_date": DAYS[-1],
    }
    lake = DiskLake(tmp_path / "lake")
    lake.append(SCENARIO_PNL, vectors, delivery)
    lake.publish(SCENARIO_PNL, delivery, pl.DataFrame([facts], schema=DELIVERIES.columns))
    holdings = pl.concat([held(day, {("A", "X"): own}) for day, own in zip(DAYS, UNITS, strict=True)])
    spans = pl.DataFrame({"portfolio_id": ["A"], "first_date": [DAYS[0]]})
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        for relation, frame in (
            ("marts.fct_position_values", holdings),
            ("staging.stg_portfolios", TREE),
            ("intermediate.int_portfolio_spans", spans),
        ):
            connection.execute(f"create schema {relation.partition('.')[0]}")
            connection.register("given", frame)
            connection.execute(f"create table {relation} as select * from given")  # noqa: S608 - our own names
            connection.unregister("given")
    return tmp_path


def _run(home: Path, first: date, last: date) -> pl.DataFrame:
    """Materialize a range of sessions; return the rows of this run."""
    upstream = dg.AssetSpec(["risk", "scenario_pnl"], partitions_def=BUSINESS_DAYS)
    resources = {
        "lake": LakeResource(root=str(home / "lake")),
        "lake_io": LakeIOManager(root=str(home / "lake")),
        "warehouse": DuckDBResource(path=str(home / "warehouse.duckdb")),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [var_changes, upstream],
            instance=instance,
            resources=resources,
            tags={RANGE_START: first.isoformat(), RANGE_END: last.isoformat()},
        )
    assert done.success
    assert [check.passed for check in done.get_asset_check_evaluations()] == [True]
    rows = DiskLake(home / "lake").read(VAR_CHANGES, preferred=done.run_id)
    return rows.filter(pl.col("delivery_id") == done.run_id).select(VAR_CHANGES.columns.names())


def test_a_range_gives_what_its_sessions_give_alone(home: Path) -> None:
    whole = _run(home, DAYS[1], DAYS[2])
    own = whole.filter(portfolio_id="A", metric="value_at_risk", confidence=0.95).sort("business_date")
    # At 95 % of four scenarios the worst loss counts. Tuesday: 40 before, a loss of 6 comes in. Wednesday:
    # the worst four stay, half as much again is held.
    columns = ["previous_value", "positions_effect", "market_effect", "window_effect", "value"]
    assert own.select(columns).rows() == [(40.0, 0.0, 0.0, 20.0, 60.0), (60.0, 30.0, 0.0, 0.0, 90.0)]
    assert own["previous_date"].to_list() == DAYS[:2]
    alone = pl.concat([_run(home, day, day) for day in DAYS[1:]])
    assert alone.sort(VAR_CHANGES.key).equals(whole.sort(VAR_CHANGES.key))


def test_the_first_session_has_no_session_before(home: Path) -> None:
    first = _run(home, DAYS[0], DAYS[0])
    assert first["status"].unique().to_list() == ["missing"]
    assert first.filter(portfolio_id="A")["reason"].unique().to_list() == [
        "2013-02-22: no holdings on this session"
    ]
    assert first.filter(portfolio_id="A")["value"].to_list() == [40.0] * 6
