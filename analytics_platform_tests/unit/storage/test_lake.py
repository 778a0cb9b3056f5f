"""The lake: what is current, and that nothing is half there. Its other homes run the same tests."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from analytics_platform.storage.lake.lake import (
    END_OF_TIME,
    DamagedLakeError,
    Delivery,
    DiskLake,
    Lake,
    ObjectLake,
)
from analytics_platform.storage.lake.layout import object_key
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.contract import Table
from analytics_platform.tables.market import FX_RATES
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.reference import CURRENCIES


class _RatesWithFixing(FX_RATES.schema):  # type: ignore[name-defined,misc]  # a later version of the contract
    """Columns of `fx_rates`, and one more."""

    fixing_time = dy.String(nullable=True)


MONDAY, TUESDAY, WEDNESDAY = (date(2013, 2, day) for day in (25, 26, 27))

WITH_FIXING = ["source", "rate", "fixing_time"]
FOUND_WITH_FIXING = [("ecb", Decimal("1.1"), None), ("rival", Decimal("1.2"), "noon")]


@pytest.fixture
def lake(tmp_path: Path) -> ObjectLake:
    """Return an empty lake."""
    return DiskLake(tmp_path)


def _rates(**rate_by_day: str) -> pl.DataFrame:
    days = {"monday": MONDAY, "tuesday": TUESDAY, "wednesday": WEDNESDAY}
    return pl.DataFrame(
        [
            {
                "business_date": days[day],
                "base_currency": "EUR",
                "quote_currency": "USD",
                "rate": Decimal(rate),
            }
            for day, rate in rate_by_day.items()
        ],
        schema=FX_RATES.columns,
    )


def _delivery(
    name: str, hour: int, first: date = MONDAY, last: date = WEDNESDAY, source: str = "ecb"
) -> Delivery:
    return Delivery(name, source, first, last, datetime(2013, 3, 1, hour, tzinfo=UTC))


def _facts(table: Table, rows: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "table_name": table.name,
            "first_date": MONDAY,
            "last_date": WEDNESDAY,
            "uri": "a file",
            "version_id": "v",
            "sheet": None,
            "sha256": "0",
            "rows_read": rows,
            "rows_accepted": rows,
            "rows_rejected": 0,
            "rows_ignored": 0,
            "run_id": "run",
        },
        schema=DELIVERIES.columns,
    )


def _deliver(lake: Lake, rows: pl.DataFrame, delivery: Delivery, table: Table = FX_RATES) -> None:
    lake.append(table, rows, delivery)
    facts = _facts(table, rows.height).with_columns(
        first_date=pl.lit(delivery.first_date), last_date=pl.lit(delivery.last_date)
    )
    lake.publish(table, delivery, facts)


def append_rates(lake: Lake, rate: str) -> Delivery:
    """Put one delivery of Monday's rate, and do not publish it."""
    delivery = _delivery("a", 9)
    lake.append(FX_RATES, _rates(monday=rate), delivery)
    return delivery


def publish_rates(lake: Lake, delivery: Delivery) -> None:
    """Publish what `append_rates` has put."""
    lake.publish(FX_RATES, delivery, _facts(FX_RATES, 1))


def _current(lake: Lake, as_known_at: datetime = END_OF_TIME) -> list[tuple[date, Decimal]]:
    rows = lake.read(FX_RATES, as_known_at=as_known_at).sort("business_date")
    return list(rows.select("business_date", "rate").iter_rows())


def test_a_later_delivery_replaces_the_dates_that_it_covers(lake: Lake) -> None:
    _deliver(lake, _rates(monday="1.1", tuesday="1.2", wednesday="1.3"), _delivery("a", 9))
    _deliver(lake, _rates(tuesday="2.2"), _delivery("b", 10, TUESDAY, TUESDAY))
    expected = [(MONDAY, Decimal("1.1")), (TUESDAY, Decimal("2.2")), (WEDNESDAY, Decimal("1.3"))]
    assert _current(lake) == expected


def test_a_row_that_the_later_delivery_leaves_out_is_gone(lake: Lake) -> None:
    _deliver(lake, _rates(monday="1.1", tuesday="1.2"), _delivery("a", 9))
    _deliver(lake, _rates(monday="2.1"), _delivery("b", 10))
    assert _current(lake) == [(MONDAY, Decimal("2.1"))]


def test_what_was_known_earlier_can_be_read_again(lake: Lake) -> None:
    _deliver(lake, _rates(monday="1.1"), _delivery("a", 9))
    _deliver(lake, _rates(monday="2.1"), _delivery("b", 10))
    known = datetime(2013, 3, 1, 9, 30, tzinfo=UTC)
    assert _current(lake, as_known_at=known) == [(MONDAY, Decimal("1.1"))]
    assert _current(lake, as_known_at=datetime(2013, 3, 1, 8, tzinfo=UTC)) == []


def test_two_sources_stand_beside_each_other(lake: Lake) -> None:
    _deliver(lake, _rates(monday="1.1"), _delivery("a", 9))
    _deliver(lake, _rates(tuesday="1.2"), _delivery("b", 10, source="bank"))
    assert _current(lake) == [(MONDAY, Decimal("1.1")), (TUESDAY, Decimal("1.2"))]


def test_a_delivery_is_invisible_until_it_is_published(lake: Lake) -> None:
    lake.append(FX_RATES, _rates(monday="1.1"), _delivery("a", 9))
    assert _current(lake) == []


def test_the_same_delivery_again_changes_nothing(lake: Lake) -> None:
    for _ in range(2):
        _deliver(lake, _rates(monday="1.1"), _delivery("a", 9))
    assert _current(lake) == [(MONDAY, Decimal("1.1"))]
    assert lake.deliveries().height == 1


def test_one_run_delivers_to_several_tables_under_one_name(lake: Lake) -> None:
    run = _delivery("run", 9)
    _deliver(lake, _rates(monday="1.1"), run)
    currency = pl.DataFrame({"currency": "EUR", "name": "Euro", "minor_units": 2}, schema=CURRENCIES.columns)
    _deliver(lake, currency, run, CURRENCIES)
    assert sorted(lake.deliveries()["table_name"]) == ["currencies", "fx_rates"]
    assert lake.read(CURRENCIES).height == 1


def test_of_reference_data_the_newest_snapshot_counts(lake: Lake) -> None:
    old = pl.DataFrame({"currency": ["EUR", "DEM"], "name": "x", "minor_units": 2}, schema=CURRENCIES.columns)
    _deliver(lake, old, _delivery("a", 9, MONDAY, MONDAY), CURRENCIES)
    _deliver(lake, old.head(1), _delivery("b", 10, TUESDAY, TUESDAY), CURRENCIES)
    assert lake.read(CURRENCIES)["currency"].to_list() == ["EUR"]


def test_rows_carry_their_lineage(lake: Lake) -> None:
    rows = _rates(monday="1.1").with_columns(row_number=pl.lit(7, pl.Int64))
    _deliver(lake, rows, _delivery("a", 9))
    assert lake.read(FX_RATES).select("source", "delivery_id", "row_number").row(0) == ("ecb", "a", 7)


def test_rows_that_do_not_conform_are_not_put(lake: Lake) -> None:
    wrong = _rates(monday="1.1").with_columns(pl.col("rate").cast(pl.Float64))
    with pytest.raises(ValueError, match=r"fx_rates: rate: expected Decimal.*found Float64"):
        lake.append(FX_RATES, wrong, _delivery("a", 9))
    _deliver(lake, _rates(monday="1.2"), _delivery("a", 9))
    assert _current(lake) == [(MONDAY, Decimal("1.2"))]


def test_a_missing_or_damaged_object_is_told_with_its_table_and_cure(
    lake: ObjectLake, tmp_path: Path
) -> None:
    _deliver(lake, _rates(monday="1.1"), _delivery("a", 9))
    key = object_key("fx_rates", _delivery("a", 9))
    cure = "run `analytics reconcile`"
    (tmp_path / "nonsense").write_bytes(b"nonsense" * 100)
    lake.objects.replace(key, tmp_path / "nonsense")
    with pytest.raises(DamagedLakeError, match=f"an object of fx_rates is missing or damaged .*{cure}"):
        lake.read(FX_RATES)
    lake.objects.remove(key)
    with pytest.raises(DamagedLakeError, match=f"an object of fx_rates is missing or damaged .*{cure}"):
        lake.read(FX_RATES)


def test_the_digest_is_that_of_the_object(lake: ObjectLake) -> None:
    lake.append(FX_RATES, _rates(monday="1.1"), _delivery("a", 9))
    content = lake.objects.load(object_key("fx_rates", _delivery("a", 9)))
    assert lake.digest(FX_RATES, _delivery("a", 9)) == hashlib.sha256(content).hexdigest()


def test_rows_from_before_a_column_was_added_are_read_with_null_in_it(lake: Lake) -> None:
    newer = _deliver_before_and_after_a_column(lake)
    assert lake.read(newer).sort("source").select(WITH_FIXING).rows() == FOUND_WITH_FIXING


def test_sql_reads_null_in_a_column_that_was_added_too(tmp_path: Path) -> None:
    newer = _deliver_before_and_after_a_column(DiskLake(tmp_path / "lake"))
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.register_lake([newer], tmp_path / "lake")
    seen = warehouse.read("lake.fx_rates").sort("source")
    assert seen.select(WITH_FIXING).rows() == FOUND_WITH_FIXING
    assert seen["known_at"].to_list() == [datetime(2013, 3, 1, hour) for hour in (9, 10)]  # noqa: DTZ001 - UTC in SQL


def _deliver_before_and_after_a_column(lake: Lake) -> Table:
    _deliver(lake, _rates(monday="1.1"), _delivery("a", 9))
    newer = replace(FX_RATES, schema=_RatesWithFixing)
    rows = _rates(monday="1.2").with_columns(fixing_time=pl.lit("noon"))
    _deliver(lake, rows, _delivery("b", 10, source="rival"), newer)
    return newer
