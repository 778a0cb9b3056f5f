"""The SQL models on a small lake: a missing price, a correction, a lost date; and dbt's own unit tests."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from analytics_platform.calendars.sessions import calendar, trading_sessions_frame
from analytics_platform.defs.dbt import parse_project
from analytics_platform.storage.lake import Delivery, DiskLake
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import DELIVERED, TABLES

PROJECT = Path(__file__).parents[2] / "dbt"
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2013, 2, day) for day in (25, 26, 27, 28))
FIRST, CORRECTED, EMPTIED = (datetime(2013, 3, day, tzinfo=UTC) for day in (1, 2, 3))
MARTS = ["fct_position_values", "fct_position_pnl", "fct_portfolio_returns", "fct_exposures"]

Row = Mapping[str, object]


@dataclass
class Warehouse:
    """A lake and the DuckDB file that dbt builds from it."""

    folder: Path
    target: Path
    manifest: bytes = field(repr=False)

    def deliver(
        self, name: str, rows: Sequence[Row], known_at: datetime, first: date = MONDAY, last: date = THURSDAY
    ) -> None:
        """Put the rows of a delivery; what a row leaves out is null."""
        table = TABLES[name]
        frame = pl.DataFrame(
            [{column: row.get(column) for column in table.columns} for row in rows], schema=table.columns
        )
        delivery = Delivery(f"{name}-{known_at:%d}", "sender", first, last, known_at)
        lake = DiskLake(self.folder / "lake")
        lake.append(table, frame, delivery)
        lake.publish(table, delivery, _facts(table, delivery))

    def dbt(self, *arguments: str, **variables: str) -> None:
        """Run dbt as the platform does: in process, the manifest ready."""
        database = self.folder / "warehouse.duckdb"
        DuckDBWarehouse(database).register_lake(TABLES.values(), self.folder / "lake")
        places = {"--project-dir": PROJECT, "--profiles-dir": PROJECT, "--target-path": self.target}
        folders = [word for flag, place in places.items() for word in (flag, str(place))]
        given = json.dumps({"warehouse": str(database), **variables})
        try:
            result = dbtRunner(manifest=Manifest.from_msgpack(self.manifest)).invoke(
                [*arguments, *folders, "--vars", given, "--quiet", "--log-level-file", "none"]
            )
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt-duckdb is untyped
        nodes: Any = result.result
        failures = [f"{node.node.name}: {node.message}" for node in nodes if node.status in _BAD]
        assert result.success, "\n".join(failures)

    def build(self, **variables: str) -> None:
        """Build all that the marts of the portfolios need."""
        self.dbt("run", "--select", *(f"+{mart}" for mart in MARTS), **variables)

    def read(self, relation: str, *columns: str) -> list[tuple[object, ...]]:
        """Return the rows of a relation, sorted."""
        rows = DuckDBWarehouse(self.folder / "warehouse.duckdb").read(relation, columns or None)
        return rows.sort(rows.columns[:3]).rows()


_BAD = {"error", "fail", "runtime error"}


def _facts(table: Table, delivery: Delivery) -> pl.DataFrame:
    counts = dict.fromkeys(("rows_read", "rows_accepted", "rows_rejected", "rows_ignored"), 0)
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), delivery.delivery_id)
    dates = {"first_date": delivery.first_date, "last_date": delivery.last_date}
    return pl.DataFrame(
        {"table_name": table.name, "sheet": None, **dates, **counts, **texts}, schema=DELIVERIES.columns
    )


def _position(day: date, instrument_id: str, quantity: str) -> Row:
    return {
        "business_date": day,
        "portfolio_id": "BOOK",
        "instrument_id": instrument_id,
        "book": "ibor",
        "quantity": Decimal(quantity),
    }


def _price(day: date, close: str) -> Row:
    return {
        "business_date": day,
        "instrument_id": "STOCK",
        "price_type": "close",
        "close_local": Decimal(close),
        "volume": Decimal(1000),
        "currency": "USD",
    }


def _instrument(instrument_id: str, instrument_type: str) -> Row:
    return {
        "instrument_id": instrument_id,
        "ticker": instrument_id,
        "name": instrument_id.title(),
        "instrument_type": instrument_type,
        "currency": "USD",
        "multiplier": Decimal(1),
    }


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the parsed project."""
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    return target


@pytest.fixture(scope="module")
def built(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One stock and cash over three sessions; the price of Wednesday is missing."""
    parsed = (manifest / "partial_parse.msgpack").read_bytes()
    made = Warehouse(tmp_path_factory.mktemp("warehouse"), manifest, parsed)
    book = {"portfolio_id": "BOOK", "name": "Book", "base_currency": "USD", "inception_date": MONDAY}
    made.deliver("portfolios", [book], FIRST)
    made.deliver("instruments", [_instrument("STOCK", "equity"), _instrument("CASH_USD", "cash")], FIRST)
    made.deliver("prices", [_price(MONDAY, "10"), _price(TUESDAY, "11")], FIRST)
    days = (MONDAY, TUESDAY, WEDNESDAY)
    held = [_position(day, name, "100") for day in days for name in ("STOCK", "CASH_USD")]
    made.deliver("positions", held, FIRST)
    made.deliver("trading_sessions", trading_sessions_frame(calendar("XNYS")).to_dicts(), FIRST)
    made.build()
    return made


@pytest.fixture
def warehouse(built: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of the small warehouse, for one test to change."""
    folder = shutil.copytree(built.folder, tmp_path / "warehouse")
    return replace(built, folder=folder)


def test_a_missing_price_is_a_status_row_and_never_zero(warehouse: Warehouse) -> None:
    values = warehouse.read(
        "marts.fct_position_values", "business_date", "instrument_id", "market_value_base", "reason"
    )
    assert values[-2:] == [
        (WEDNESDAY, "CASH_USD", Decimal(100), None),
        (WEDNESDAY, "STOCK", None, "no price of STOCK on 2013-02-27"),
    ]
    returns = warehouse.read(
        "marts.fct_portfolio_returns", "business_date", "nav_base", "return_rate", "status", "reason"
    )
    assert returns == [
        (MONDAY, Decimal(1100), None, "warning", "first session of BOOK"),
        (TUESDAY, Decimal(1200), Decimal("0.090909090909"), "ok", None),
        (WEDNESDAY, None, None, "missing", "no price of STOCK on 2013-02-27"),
    ]


def test_a_session_without_positions_is_told_when_it_is_asked_for(warehouse: Warehouse) -> None:
    warehouse.build(first_session=THURSDAY.isoformat(), last_session=THURSDAY.isoformat())
    returns = warehouse.read("marts.fct_portfolio_returns", "business_date", "nav_base", "status", "reason")
    assert returns[-1] == (THURSDAY, None, "missing", "no positions of BOOK on 2013-02-28")


def test_a_correction_changes_its_range_and_can_be_looked_behind(warehouse: Warehouse) -> None:
    first = [warehouse.read(f"marts.{mart}") for mart in MARTS]
    warehouse.deliver("prices", [_price(WEDNESDAY, "12")], CORRECTED, WEDNESDAY, WEDNESDAY)
    window = {"first_session": WEDNESDAY.isoformat(), "last_session": WEDNESDAY.isoformat()}
    warehouse.build(**window)
    pnl = warehouse.read("marts.fct_position_pnl", "business_date", "instrument_id", "pnl_base")
    assert (WEDNESDAY, "STOCK", Decimal(100)) in pnl
    warehouse.build(as_known_at=str(FIRST.replace(tzinfo=None)), **window)
    assert [warehouse.read(f"marts.{mart}") for mart in MARTS] == first


def test_a_date_that_lost_all_its_rows_is_empty(warehouse: Warehouse) -> None:
    warehouse.deliver("positions", [], EMPTIED, TUESDAY, WEDNESDAY)
    warehouse.build(first_session=TUESDAY.isoformat(), last_session=WEDNESDAY.isoformat())
    days = {row[0] for row in warehouse.read("marts.fct_position_values", "business_date")}
    assert days == {MONDAY}


def test_what_would_spoil_returns_in_silence_fails_the_run(warehouse: Warehouse) -> None:
    dividend = {"ex_date": TUESDAY, "instrument_id": "STOCK", "action_type": "cash_dividend"}
    yen = {**dividend, "amount_local": Decimal(40), "currency": "JPY"}
    warehouse.deliver("corporate_actions", [yen], CORRECTED)
    names = ["TOP", "BOOK"]
    books = [{"portfolio_id": name, "name": name, "base_currency": "USD"} for name in names]
    books[1]["parent_portfolio_id"] = "TOP"
    warehouse.deliver("portfolios", books, CORRECTED)
    flow = {"flow_date": TUESDAY, "amount_local": Decimal(1), "currency": "USD", "timing": "end_of_day"}
    flows = [{**flow, "flow_id": name, "portfolio_id": name} for name in ("TOP", "NOBODY")]
    warehouse.deliver("external_flows", flows, CORRECTED)
    warehouse.dbt("run", "--select", "+stg_corporate_actions", "+stg_external_flows", "+stg_portfolios")
    with pytest.raises(AssertionError) as failed:
        warehouse.dbt("test", "--select", "stg_corporate_actions", "stg_external_flows")
    told = {line.strip().split("_stg_")[0] for line in str(failed.value).splitlines() if ": Got " in line}
    assert told == {"currency_is_that_of_the_instrument", "portfolios_are_leaves", "relationships"}


def test_a_calendar_that_is_cut_off_fails_the_run(warehouse: Warehouse) -> None:
    warehouse.deliver("fx_rates", [], CORRECTED, date(1700, 1, 1), MONDAY)
    warehouse.dbt("run", "--select", "int_calendar_days")
    with pytest.raises(AssertionError, match="reaches_the_last_delivered_date"):
        warehouse.dbt("test", "--select", "int_calendar_days")


def test_the_unit_tests_of_the_models_hold(warehouse: Warehouse, manifest: Path) -> None:
    assert len(json.loads((manifest / "manifest.json").read_text())["unit_tests"]) >= 30
    warehouse.dbt("run")
    warehouse.dbt("test", "--select", "test_type:unit")


def test_every_model_says_what_one_row_is(manifest: Path) -> None:
    nodes: Mapping[str, Any] = json.loads((manifest / "manifest.json").read_text())["nodes"]
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    assert [node["name"] for node in models if not node["description"].startswith("One row per ")] == []
    silent = [
        f"{node['name']}.{name}"
        for node in models
        for name, column in node["columns"].items()
        if not column["description"]
    ]
    assert silent == []
    promised = {node["name"] for node in models if node["config"]["contract"]["enforced"]}
    assert promised == {node["name"] for node in models if node["schema"] in {"marts", "reporting"}}


def test_sql_knows_every_delivered_table(manifest: Path) -> None:
    nodes: Mapping[str, Any] = json.loads((manifest / "manifest.json").read_text())
    models = {node["name"] for node in nodes["nodes"].values() if node["resource_type"] == "model"}
    assert {f"stg_{name}" for name in DELIVERED} - models == set()
    assert {source["name"] for source in nodes["sources"].values()} - set(TABLES) == set()
    lists = (PROJECT / "macros" / "lake_tables.sql").read_text(encoding="utf-8")
    dated, snapshots = (
        set(re.findall(r"'(\w+)'", re.split(rf"macro {name}\(", lists)[1].split("endmacro")[0]))
        for name in ("dated_tables", "delivered_snapshots")
    )
    assert dated == {table.name for table in DELIVERED.values() if table.date_column}
    assert snapshots == {table.name for table in DELIVERED.values() if not table.date_column}
