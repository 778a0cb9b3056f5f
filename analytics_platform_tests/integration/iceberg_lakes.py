"""Lakes of Iceberg tables and deliveries for them; run as a module it writes until it is killed. No test."""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from analytics_platform.storage.iceberg.objects import IcebergObjects
from analytics_platform.storage.iceberg.opening import tables_in_sql
from analytics_platform.storage.lake.disk import DiskObjects
from analytics_platform.storage.lake.lake import Delivery, Lake, ObjectLake
from analytics_platform.tables.contract import Table
from analytics_platform.tables.market import PRICES
from analytics_platform.tables.platform import DELIVERIES

NAMES = ("currencies", "fx_rates", "positions", "prices", "scenario_pnl")
DAY = date(2013, 2, 25)
MANY = 20_000
"""Rows of a delivery that takes a while."""


def in_sqlite(folder: Path) -> ObjectLake:
    url, place = f"sqlite:///{folder}/iceberg.sqlite", folder / "lake"
    tables = tables_in_sql(NAMES, url=url, namespace="lake", lake_url=str(place))
    return ObjectLake(IcebergObjects(DiskObjects(place), tables))


def delivery_of(number: int, source: str = "desk") -> Delivery:
    known_at = datetime(2013, 3, 1, 9, number, 0, number, tzinfo=UTC)
    return Delivery(f"delivery-with-a-long-name-{number}", source, DAY, DAY, known_at)


def rows_of(number: int, n_rows: int) -> pl.DataFrame:
    rows = [
        {"business_date": DAY, "instrument_id": f"EQ_{place}", "close_local": Decimal(number)}
        for place in range(n_rows)
    ]
    given = pl.DataFrame(rows, schema={name: PRICES.columns[name] for name in rows[0]} if rows else None)
    lacking = [pl.lit(None, dtype).alias(name) for name, dtype in PRICES.columns.items()]
    return (
        pl.DataFrame(schema=PRICES.columns)
        if not rows
        else given.select(
            *(
                pl.col(name) if name in given.columns else lack
                for name, lack in zip(PRICES.columns, lacking, strict=True)
            )
        )
    )


def deliver(lake: Lake, number: int, *, source: str = "desk", n_rows: int = 2) -> Delivery:
    delivery = delivery_of(number, source)
    lake.append(PRICES, rows_of(number, n_rows), delivery)
    lake.publish(PRICES, delivery, facts_of(PRICES, delivery, n_rows))
    return delivery


def facts_of(table: Table, delivery: Delivery, n_rows: int) -> pl.DataFrame:
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), delivery.delivery_id)
    counts = {"rows_read": n_rows, "rows_accepted": n_rows, "rows_rejected": 0, "rows_ignored": 0}
    facts = {"table_name": table.name, "first_date": DAY, "last_date": DAY, "sheet": None, **texts, **counts}
    return pl.DataFrame([facts], schema=DELIVERIES.columns)


if __name__ == "__main__":
    writer = in_sqlite(Path(sys.argv[1]))
    for place in range(8):
        deliver(writer, place, source=f"sender {place}", n_rows=MANY)
        print("put", place, flush=True)  # noqa: T201 - tells its parent how far it is
