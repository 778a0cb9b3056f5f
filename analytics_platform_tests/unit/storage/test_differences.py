"""What changed between two versions: exact rows, exact results, and why."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from analytics_platform.storage.lineage.causes import UNKNOWN, Causes
from analytics_platform.storage.lineage.chain import Book
from analytics_platform.storage.lineage.differences import Differences, differences
from analytics_platform.storage.published.versions import Version
from analytics_platform.tables.registry import TABLES
from analytics_platform_tests.unit.storage.small_home import MONDAY, TUESDAY, SmallHome, position, price

EIGHT, NINE, TEN = (datetime(2013, 2, 27, hour, tzinfo=UTC) for hour in (8, 9, 10))
BOTH = (MONDAY, TUESDAY)
N_SCENARIOS = 20


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    made = SmallHome(tmp_path)
    made.first_deliveries(EIGHT)
    return made


@pytest.fixture
def first(home: SmallHome) -> Version:
    return home.publish(EIGHT, "run-1")


def _compare(
    home: SmallHome, versions: tuple[Version, Version], day: date = TUESDAY, portfolio: str | None = None
) -> tuple[Book, Differences]:
    before, after = (home.book(version, portfolio or "TOP", day) for version in versions)
    return after, differences(before, after, N_SCENARIOS, None if portfolio is None else after.members)


def _cells(found: Differences) -> list[tuple[object, ...]]:
    return [
        (c.table, *c.key.values(), c.column, c.old, c.new, str(c.old_origin), str(c.new_origin))
        for c in found.inputs
    ]


def test_two_runs_over_the_same_deliveries_do_not_differ(home: SmallHome, first: Version) -> None:
    second = home.publish(EIGHT, "run-2")
    _, found = _compare(home, (first, second))
    assert found.is_empty
    assert found.deliveries.is_empty()
    assert {name: parts for name, parts in second.tables.items() if name != "runs"} == {
        name: parts for name, parts in first.tables.items() if name != "runs"
    }


def test_a_restated_price_is_one_changed_cell_and_all_it_feeds(home: SmallHome, first: Version) -> None:
    home.deliver("prices", "prices/vendor.csv", [price(MONDAY, "10"), price(TUESDAY, "12")], NINE, BOTH)
    after, found = _compare(home, (first, home.publish(NINE, "run-2")))
    row = "prices/vendor.csv, row 3"
    assert found.deliveries.select("uri", "known_at").rows() == [("prices/vendor.csv", NINE)]
    assert _cells(found) == [
        ("prices", TUESDAY, "STOCK", "close", "admin", "close_local", Decimal(11), Decimal(12), row, row)
    ]
    causes = Causes(after, found)
    assert [(c.portfolio_id, c.column, c.old, c.new, c.difference, causes.of(c)) for c in found.results] == [
        ("BOOK", "nav_base", Decimal(1100), Decimal(1200), Decimal(100), row),
        ("EURO", "nav_base", Decimal(920), Decimal(1000), Decimal(80), row),
        ("TOP", "nav_base", Decimal(2250), Decimal(2450), Decimal(200), row),
    ]


def test_a_restated_position_explains_its_own_portfolio_and_those_above(
    home: SmallHome, first: Version
) -> None:
    held = [position(TUESDAY, name, "STOCK", "100") for name in ("BOOK", "EURO")]
    held[0]["quantity"] = Decimal("100.5")
    held.append(position(TUESDAY, "EURO", "CASH_EUR", "40"))
    home.deliver("positions", "positions/again.xlsx", held, NINE, (TUESDAY, TUESDAY))
    after, found = _compare(home, (first, home.publish(NINE, "run-2")))
    assert _cells(found) == [
        (
            *("positions", TUESDAY, "BOOK", "STOCK", "ibor", "admin", "quantity"),
            *(Decimal(100), Decimal("100.5"), "positions/admin.xlsx, row 4", "positions/again.xlsx, row 2"),
        )
    ]
    causes = Causes(after, found)
    assert [(c.table, c.portfolio_id, c.item, c.column, causes.of(c)) for c in found.results] == [
        ("portfolio_risk", "BOOK", None, "nav_base", "positions/again.xlsx, row 2"),
        ("portfolio_risk", "TOP", None, "nav_base", "positions/again.xlsx, row 2"),
        ("positions", "BOOK", "STOCK", "quantity", "positions/again.xlsx, row 2"),
    ]
    _, other = _compare(home, (first, home.store.at()), portfolio="EURO")
    assert other.is_empty


def test_a_cell_that_no_number_rests_on_is_no_cause(home: SmallHome, first: Version) -> None:
    held = [position(TUESDAY, name, "STOCK", "100") for name in ("BOOK", "EURO")]
    held[0]["cost_local"] = Decimal(9)
    held.append(position(TUESDAY, "EURO", "CASH_EUR", "40"))
    home.deliver("positions", "positions/again.xlsx", held, NINE, (TUESDAY, TUESDAY))
    home.deliver("prices", "prices/vendor.csv", [price(MONDAY, "10"), price(TUESDAY, "12")], NINE, BOTH)
    after, found = _compare(home, (first, home.publish(NINE, "run-2")))
    assert {c.column for c in found.inputs} == {"cost_local", "close_local"}
    causes = Causes(after, found)
    assert {causes.of(c) for c in found.results} == {"prices/vendor.csv, row 3"}


def test_a_row_that_is_gone_and_one_that_came_show_all_their_cells(home: SmallHome, first: Version) -> None:
    held = [position(TUESDAY, name, "STOCK", "100") for name in ("BOOK", "EURO")]
    held.append(position(TUESDAY, "BOOK", "CASH_EUR", "7"))
    home.deliver("positions", "positions/again.xlsx", held, NINE, (TUESDAY, TUESDAY))
    after, found = _compare(home, (first, home.publish(NINE, "run-2")))
    came, gone = "positions/again.xlsx, row 4", "positions/admin.xlsx, row 7"
    cells = [(cell[2], cell[3], *cell[6:]) for cell in _cells(found)]
    assert cells == [
        ("BOOK", "CASH_EUR", "quantity", None, Decimal(7), "None", came),
        ("EURO", "CASH_EUR", "quantity", Decimal(40), None, gone, "None"),
    ]
    causes = Causes(after, found)
    navs = {c.portfolio_id: causes.of(c) for c in found.results if c.column == "nav_base"}
    assert navs == {"BOOK": came, "EURO": f"{gone}, which is gone", "TOP": f"{came}; {gone}, which is gone"}


def test_a_row_that_no_run_has_computed_in_is_waiting(home: SmallHome, first: Version) -> None:
    home.deliver("prices", "prices/late.csv", [price(TUESDAY, "12")], NINE, (TUESDAY, TUESDAY))
    deliveries = home.lake.deliveries()
    tables = {name: home.store.table(first, name) for name in first.tables} | {"deliveries": deliveries}
    second = home.store.publish(tables, run_id="run-2", known_at=NINE, code_version="0.1.0/1")
    _, found = _compare(home, (first, second))
    assert (found.inputs, found.results) == ([], [])
    assert [(c.column, c.old, c.new, str(c.new_origin)) for c in found.waiting] == [
        ("close_local", Decimal(11), Decimal(12), "prices/late.csv, row 2")
    ]
    assert not found.is_empty


def test_a_delivery_that_was_loaded_late_is_not_seen_in_the_version_before(
    home: SmallHome, first: Version
) -> None:
    # Put before the first run, loaded after it: the lake has it as of then, the first version had it not.
    home.deliver(
        "prices", "prices/slow.csv", [price(TUESDAY, "13")], EIGHT.replace(minute=30), (TUESDAY, TUESDAY)
    )
    held = home.book(first, "BOOK")
    assert held.rows.read(TABLES["prices"], [TUESDAY])["close_local"].to_list() == [Decimal(11)]
    _, found = _compare(home, (first, home.publish(NINE, "run-2")))
    assert [(c.old, c.new) for c in found.inputs] == [(Decimal(11), Decimal(13))]


def test_other_code_is_named_as_the_cause(home: SmallHome, first: Version) -> None:
    home.deliver("prices", "prices/late.csv", [price(MONDAY, "10"), price(TUESDAY, "12")], NINE, BOTH)
    second = home.publish(NINE, "run-2", code_version="0.2.0/2")
    after, found = _compare(home, (first, second))
    assert [(c.name, c.old, c.new) for c in found.settings] == [("code_version", "0.1.0/1", "0.2.0/2")]
    assert Causes(after, found).of(found.results[0]) == (
        "prices/late.csv, row 3; code_version 0.1.0/1 became 0.2.0/2"
    )


def test_a_change_that_nothing_explains_says_so(home: SmallHome, first: Version) -> None:
    home.deliver("prices", "prices/late.csv", [price(TUESDAY, "12")], NINE, (TUESDAY, TUESDAY))
    after, found = _compare(home, (first, home.publish(NINE, "run-2")))
    unexplained = Differences(found.deliveries, [], [], [], found.results)
    assert Causes(after, unexplained).of(found.results[0]) == UNKNOWN
