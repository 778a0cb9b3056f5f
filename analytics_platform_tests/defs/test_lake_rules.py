"""SQL and Python choose the same rows: the macros of dbt rendered alone, against reads of the lake."""

import tempfile
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
from hypothesis import example, given
from hypothesis import settings as how
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from analytics_platform.storage.lake.lake import END_OF_TIME, Delivery, DiskLake
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import BOND_ACCRUALS, DELIVERIES
from analytics_platform.tables.reference import CURRENCIES
from analytics_platform.tables.risk import RUN_MANIFESTS, STRESS_RESULTS
from analytics_platform_tests.unit.storage.lake_reference import DAYS, NIGHT, put

DBT = Path(__file__).parents[2] / "dbt"
MACROS = ("session_range.sql", "lake_tables.sql", "current_rows.sql")
RESULTS = (STRESS_RESULTS, RUN_MANIFESTS, DELIVERIES)
MOMENTS = [*(NIGHT + timedelta(hours=hour) for hour in range(-1, 6)), END_OF_TIME]
HOURS = st.integers(0, 5)

Run = tuple[str, int, int | None, date, date]
Snapshot = tuple[str, str, int, date]


def _templates(as_known_at: datetime) -> Environment:
    """Return an environment in which macros of dbt render without dbt."""
    asked = {
        "as_known_at": f"{as_known_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
        "first_session": DAYS[0].isoformat(),
        "last_session": DAYS[-1].isoformat(),
    }
    folders = [DBT / "macros", DBT / "models" / "intermediate"]
    environment = Environment(loader=FileSystemLoader(folders), autoescape=False)  # noqa: S701 - SQL, not HTML
    environment.globals.update(
        var=asked.__getitem__,
        source=lambda _, table: f"lake.{table}",
        ref=lambda model: model,
    )
    for name in MACROS:
        macros = environment.get_template(name).module
        environment.globals.update({key: value for key, value in vars(macros).items() if key[0] != "_"})
    return environment


def _by_sql(
    lake: DiskLake, tables: Collection[Table], as_known_at: datetime, *models: str, select: str
) -> list[tuple[object, ...]]:
    """Return what a query of the macros gives, on views as the platform registers them."""
    path = lake.root / "warehouse.duckdb"
    DuckDBWarehouse(path).register_lake(tables, lake.root)
    environment = _templates(as_known_at)
    with duckdb.connect(str(path)) as connection:
        days = pl.DataFrame({"business_date": DAYS})
        connection.register("int_range_sessions", days)
        for model in models:
            sql = environment.get_template(f"{model}.sql").render()
            connection.execute(f"create view {model} as {sql}")
        return sorted(connection.execute(environment.from_string(select).render()).fetchall())


def _result(day: date, run_id: str) -> Mapping[str, object]:
    return {
        "business_date": day,
        "portfolio_id": "BOOK",
        "scenario_id": run_id,
        "scenario_name": run_id,
        "currency": "USD",
        "status": "ok",
    }


def _manifest(run_id: str, as_known_at: datetime) -> Mapping[str, object]:
    texts = dict.fromkeys(("code_version", "config_sha256", "inputs_sha256"), "x")
    numbers = dict.fromkeys(("n_input_deliveries", "n_scenarios"), 1)
    dates = {"first_date": DAYS[0], "last_date": DAYS[-1]}
    return {"run_id": run_id, "as_known_at": as_known_at, **texts, **numbers, **dates}


@how(max_examples=10)
@given(
    runs=st.lists(
        st.tuples(
            st.text("0123456789abcdef", min_size=4, max_size=4),
            HOURS,
            st.none() | HOURS,
            st.sampled_from(DAYS),
            st.sampled_from(DAYS),
        ),
        max_size=6,
        unique_by=lambda run: run[0],
    ),
    as_known_at=st.sampled_from(MOMENTS),
)
@example([("new", 2, None, DAYS[0], DAYS[3]), ("past", 4, 1, DAYS[1], DAYS[2])], END_OF_TIME)
def test_of_the_runs_that_know_no_more_than_asked_the_one_that_knows_most_holds(
    runs: list[Run], as_known_at: datetime
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = DiskLake(Path(folder))
        for run_id, hour, told, one, other in runs:
            first, last = min(one, other), max(one, other)
            delivery = Delivery(run_id, "analytics_platform", first, last, NIGHT + timedelta(hours=hour))
            put(lake, STRESS_RESULTS, delivery, [_result(day, run_id) for day in DAYS])
            if told is not None:
                put(lake, RUN_MANIFESTS, delivery, [_manifest(run_id, NIGHT + timedelta(hours=told))])
        select = "select business_date, delivery_id from ({{ current_results('stress_results') }}) as t"
        rows = lake.read(STRESS_RESULTS, columns=["business_date", "delivery_id"], as_known_at=as_known_at)
        assert sorted(rows.iter_rows()) == _by_sql(lake, RESULTS, as_known_at, select=select)


def _check_snapshots(table: Table, snapshots: list[Snapshot], as_known_at: datetime) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = DiskLake(Path(folder))
        for name, source, hour, last in snapshots:
            delivery = Delivery(name, source, last, last, NIGHT + timedelta(hours=hour))
            put(lake, table, delivery, [_row(table)])
        select = f"select delivery_id from ({{{{ current_snapshot('{table.name}') }}}}) as t"  # noqa: S608 - a macro's text
        tables = (table, DELIVERIES)
        rows = lake.read(table, columns=["delivery_id"], as_known_at=as_known_at)
        assert sorted(rows.iter_rows()) == _by_sql(
            lake, tables, as_known_at, "int_current_snapshots", select=select
        )


def _row(table: Table) -> Mapping[str, object]:
    values: Mapping[pl.DataType, object] = {pl.String(): "EUR", pl.Date(): DAYS[0]}
    return {name: values.get(dtype, 1) for name, dtype in table.columns.items()}


SNAPSHOTS = st.lists(
    st.tuples(
        st.text("0123456789abcdef", min_size=4, max_size=4),
        st.sampled_from(["bank", "vendor"]),
        HOURS,
        st.sampled_from(DAYS),
    ),
    max_size=6,
    unique_by=lambda snapshot: snapshot[0],
)


@how(max_examples=5)
@given(SNAPSHOTS, st.sampled_from(MOMENTS))
@example([("a", "x", 3, DAYS[0]), ("b", "x", 1, DAYS[2])], END_OF_TIME)
def test_the_newest_known_snapshot_of_each_sender_holds(
    snapshots: list[Snapshot], as_known_at: datetime
) -> None:
    _check_snapshots(CURRENCIES, snapshots, as_known_at)


@how(max_examples=5)
@given(SNAPSHOTS, st.sampled_from(MOMENTS))
@example([("b", "x", 3, DAYS[0]), ("a", "x", 3, DAYS[1]), ("c", "x", 4, DAYS[0])], MOMENTS[0])
def test_the_first_computed_snapshot_holds_for_the_time_before_it(
    snapshots: list[Snapshot], as_known_at: datetime
) -> None:
    _check_snapshots(BOND_ACCRUALS, snapshots, as_known_at)
