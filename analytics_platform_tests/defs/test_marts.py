"""The SQL models on a small lake: a missing price, a correction, a lost date; and dbt's own unit tests."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analytics_platform.defs.dbt import parse_project
from analytics_platform.tables.registry import DELIVERED, TABLES
from analytics_platform_tests.defs.small_warehouse import (
    CORRECTED,
    EMPTIED,
    FIRST,
    MARTS,
    MONDAY,
    PROJECT,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Warehouse,
    price,
    small_warehouse,
)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the parsed project."""
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    return target


@pytest.fixture(scope="module")
def built(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One stock and cash over three sessions; the price of Wednesday is missing."""
    return small_warehouse(manifest, tmp_path_factory.mktemp("warehouse"))


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
    warehouse.deliver("prices", [price(WEDNESDAY, "12")], CORRECTED, WEDNESDAY, WEDNESDAY)
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
    told = {
        line.strip().split("_stg_")[0]
        for line in str(failed.value).splitlines()
        if ": rows that break it: " in line
    }
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
    nodes: dict[str, Any] = json.loads((manifest / "manifest.json").read_text())["nodes"]
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
    nodes: dict[str, Any] = json.loads((manifest / "manifest.json").read_text())
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
