"""Reconciliation on a small lake: what differs is named, and over its tolerance it fails the run."""

import shutil
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from analytics_platform.defs.dbt import parse_project
from analytics_platform_tests.defs.small_warehouse import (
    CORRECTED,
    FIRST,
    MONDAY,
    PROJECT,
    TUESDAY,
    WEDNESDAY,
    Warehouse,
    position,
    small_warehouse,
)

BREAKS = "fct_reconciliation_breaks"
DAYS = (MONDAY, TUESDAY, WEDNESDAY)
_HELD = {"STOCK": "100.01", "CASH_USD": "100"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One stock and cash over three sessions, all marts built."""
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    return small_warehouse(target, tmp_path_factory.mktemp("warehouse"))


@pytest.fixture
def warehouse(built: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of the small warehouse, for one test to change."""
    return replace(built, folder=shutil.copytree(built.folder, tmp_path / "warehouse"))


def _failures(warehouse: Warehouse, model: str = BREAKS) -> list[str]:
    """Build a model and its data tests; return what failed."""
    try:
        warehouse.dbt("build", "--select", model, "--exclude-resource-type", "unit_test")
    except AssertionError as failed:
        return str(failed).splitlines()
    return []


def test_what_was_delivered_is_what_is_valued(warehouse: Warehouse) -> None:
    assert _failures(warehouse) == []
    assert warehouse.read(f"marts.{BREAKS}") == []
    warehouse.dbt("run", "--select", "staging")
    assert _failures(warehouse, "int_reconciled_rows") == []
    rows = warehouse.read("intermediate.int_reconciled_rows")
    assert ("positions", "sender", TUESDAY, 2, 2) in rows
    assert ("portfolios", "sender", None, 1, 1) in rows
    assert _failures(warehouse, "int_reconciled_deliveries") == []


def test_a_position_moved_by_a_hundredth_is_named_with_both_values(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "update marts.fct_position_values set quantity = quantity + 0.01 "
            "where business_date = '2013-02-26' and instrument_id = 'STOCK'"
        )
    (told,) = _failures(warehouse)
    assert told.startswith(
        "nothing_over_tolerance_fct_reconciliation_breaks_: rows that break it: 2, such as "
    )
    assert (
        "(business_date 2013-02-26, check_name position, portfolio_id BOOK, instrument_id STOCK, "
        "currency USD, column_name quantity, left_name raw, left_value 100, right_name mart, "
        "right_value 100.01, difference 0.01, tolerance 0)"
    ) in told
    assert "check_name sum, portfolio_id BOOK, currency USD, column_name quantity, left_name raw" in told


def test_a_value_that_the_mart_lost_is_a_break(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "update marts.fct_position_values set market_value_base = null "
            "where business_date = '2013-02-26' and instrument_id = 'STOCK'"
        )
    (told,) = _failures(warehouse)
    assert (
        "column_name market_value_base, left_name raw, left_value 1100, right_name mart, difference" in told
    )


@pytest.mark.slow
def test_a_change_that_no_transaction_explains_fails(warehouse: Warehouse) -> None:
    moved = [position(TUESDAY, "STOCK", "100.01"), position(TUESDAY, "CASH_USD", "100")]
    warehouse.deliver("positions", moved, CORRECTED, TUESDAY, TUESDAY)
    warehouse.build()
    assert _failures(warehouse) == [], "nobody has said which transactions there were"
    found = warehouse.read(f"marts.{BREAKS}", "business_date", "check_name", "is_over_tolerance")
    assert found == [(day, "previous_session", False) for day in (TUESDAY, WEDNESDAY)]
    warehouse.deliver("transactions", [], CORRECTED, TUESDAY, TUESDAY)
    warehouse.dbt("run", "--select", "staging", "intermediate")
    (told,) = _failures(warehouse)
    assert (
        "(business_date 2013-02-26, check_name previous_session, portfolio_id BOOK, instrument_id STOCK, "
        "currency USD, column_name quantity, left_name previous session plus transactions, left_value 100, "
        "right_name positions, right_value 100.01, difference 0.01, difference_base 0.11, tolerance 0)"
    ) in told


@pytest.mark.slow
def test_the_custodian_may_differ_by_a_basis_point(warehouse: Warehouse) -> None:
    # 1 bp of 1,200 is 0.12: a hundredth of a share is worth 0.11, two of them 0.22.
    custodian = [position(TUESDAY, name, quantity, "custodian") for name, quantity in _HELD.items()]
    ibor = [position(day, name, "100") for day in DAYS for name in ("STOCK", "CASH_USD")]
    warehouse.deliver("positions", [*ibor, *custodian], CORRECTED)
    warehouse.build()
    assert _failures(warehouse) == []
    (found,) = warehouse.read(f"marts.{BREAKS}", "check_name", "instrument_id", "left_value", "right_value")
    assert found == ("custodian", "STOCK", Decimal(100), Decimal("100.01"))


@pytest.mark.slow
def test_a_position_that_one_book_lacks_is_a_break(warehouse: Warehouse) -> None:
    custodian = [position(TUESDAY, "STOCK", "100", "custodian")]
    ibor = [position(day, name, "100") for day in DAYS for name in ("STOCK", "CASH_USD")]
    warehouse.deliver("positions", [*ibor, *custodian], CORRECTED)
    warehouse.build()
    (told,) = _failures(warehouse)
    assert "instrument_id CASH_USD" in told
    assert "left_name ibor, left_value 100, right_name custodian, difference -100" in told
    assert "difference_base -100, tolerance 0.12" in told


def test_a_lost_object_of_the_lake_is_named_by_its_file(warehouse: Warehouse) -> None:
    (lost,) = (warehouse.folder / "lake" / "prices").rglob("*.parquet")
    warehouse.deliver("prices", [], FIRST - timedelta(days=1), TUESDAY, TUESDAY)
    lost.unlink()
    (told,) = _failures(warehouse, "int_reconciled_deliveries")
    assert "table_name prices" in told
    assert "uri prices-01" in told
    assert "rows_accepted 2, rows_in_lake 0" in told


def test_a_row_that_staging_loses_is_named(warehouse: Warehouse) -> None:
    warehouse.dbt("run", "--select", "staging")
    with duckdb.connect(str(warehouse.folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "delete from intermediate.int_current_deliveries "
            "where table_name = 'positions' and business_date = '2013-02-26'"
        )
    (told,) = _failures(warehouse, "int_reconciled_rows")
    assert "table_name positions, source sender, business_date 2013-02-26, rows_in_lake 2" in told
