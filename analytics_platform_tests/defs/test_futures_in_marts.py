"""A future on a small lake that is delivered wrongly: no margin in cash, no settlement, held too long."""

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from analytics_platform.defs.dbt import parse_project
from analytics_platform_tests.defs.small_warehouse import (
    CORRECTED,
    EMPTIED,
    MONDAY,
    PROJECT,
    TUESDAY,
    WEDNESDAY,
    Row,
    Warehouse,
    instrument,
    position,
    price,
    small_warehouse,
)

PNL = ("business_date", "instrument_id", "pnl_base", "reason")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Two contracts of 50 dollars that settle at 10 and 11, and cash that never moves; nobody traded."""
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    made = small_warehouse(target, tmp_path_factory.mktemp("warehouse"))
    deliver_future(made, last_day=WEDNESDAY)
    held = [
        position(day, name, quantity)
        for day in (MONDAY, TUESDAY)
        for name, quantity in (("FUT", "2"), ("CASH_USD", "1000"))
    ]
    made.deliver("positions", held, CORRECTED, MONDAY, WEDNESDAY)
    made.deliver("transactions", [], CORRECTED, MONDAY, WEDNESDAY)
    made.deliver("prices", [settled(MONDAY, "10"), settled(TUESDAY, "11")], CORRECTED)
    made.build()
    return made


@pytest.fixture
def warehouse(built: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of the small warehouse, for one test to change."""
    return replace(built, folder=shutil.copytree(built.folder, tmp_path / "warehouse"))


def deliver_future(made: Warehouse, last_day: date) -> None:
    future = {**instrument("FUT", "future"), "multiplier": Decimal(50), "last_trade_date": last_day}
    rows = [future, instrument("CASH_USD", "cash")]
    made.deliver("instruments", rows, EMPTIED if last_day == MONDAY else CORRECTED)


def settled(day: date, settle: str) -> Row:
    return {**price(day, settle), "instrument_id": "FUT", "price_type": "settle"}


def failures(warehouse: Warehouse, model: str) -> list[str]:
    """Build a model and its data tests; return what failed."""
    try:
        warehouse.dbt("build", "--select", model, "--exclude-resource-type", "unit_test")
    except AssertionError as failed:
        return str(failed).splitlines()
    return []


def test_cash_without_the_margin_is_a_break_that_stops_the_run(warehouse: Warehouse) -> None:
    # The future earned 2 x 50 x 1. The cash that did not get it lost as much: the whole is still the truth.
    assert warehouse.read("marts.fct_position_pnl", *PNL)[2:] == [
        (TUESDAY, "CASH_USD", Decimal(-100), None),
        (TUESDAY, "FUT", Decimal(100), None),
    ]
    (told,) = failures(warehouse, "fct_reconciliation_breaks")
    assert (
        "(business_date 2013-02-26, check_name previous_session, portfolio_id BOOK, instrument_id CASH_USD, "
        "currency USD, column_name quantity, left_name previous session plus transactions, left_value 1100, "
        "right_name positions, right_value 1000, difference -100, difference_base -100, tolerance 0.01)"
    ) in told


@pytest.mark.slow
def test_without_a_settlement_future_and_cash_are_missing_and_nothing_is_compared(
    warehouse: Warehouse,
) -> None:
    close = {**settled(TUESDAY, "11"), "price_type": "close"}
    warehouse.deliver("prices", [close], EMPTIED, TUESDAY, TUESDAY)
    warehouse.build()
    unsettled = "no settlement price of FUT on 2013-02-26, only a price of type close"
    values = warehouse.read("marts.fct_position_values", "business_date", "instrument_id", "reason")
    assert (TUESDAY, "FUT", unsettled) in values
    assert warehouse.read("marts.fct_position_pnl", *PNL)[2:] == [
        (TUESDAY, "CASH_USD", None, "no price of FUT on 2013-02-26"),
        (TUESDAY, "FUT", None, unsettled),
    ]
    assert failures(warehouse, "fct_reconciliation_breaks") == []


def test_a_future_held_after_its_last_day_stops_the_run(warehouse: Warehouse) -> None:
    warehouse.dbt("run", "--select", "staging")
    assert failures(warehouse, "fct_position_values") == []
    deliver_future(warehouse, last_day=MONDAY)
    warehouse.dbt("run", "--select", "+stg_instruments")
    (told,) = failures(warehouse, "fct_position_values")
    assert told.startswith("nothing_held_after_its_end_fct_position_values_: rows that break it: 1, such as ")
    assert "instrument_id FUT, end_date 2013-02-25" in told
