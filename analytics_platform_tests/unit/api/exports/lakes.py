"""A small lake of prices with a restatement, and the service over it. No test."""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from analytics_platform.api.exports.exports import Allowed, Export, Exports
from analytics_platform.api.exports.lake_export import LakeExport
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.storage.lake.lake import Delivery, DiskLake, Lake
from analytics_platform.tables.market import PRICES
from analytics_platform.tables.platform import DELIVERIES

MONDAY, TUESDAY, WEDNESDAY = (date(2013, 2, day) for day in (25, 26, 27))
FIRST, RESTATED = (datetime(2013, 3, day, tzinfo=UTC) for day in (1, 2))
FORMULA = "=cmd|' /C calc'!A0"

Price = tuple[date, str, str]


def small_lake(folder: Path) -> DiskLake:
    """Return three days of two stocks; Tuesday was restated without the second one."""
    lake = DiskLake(folder / "lake")
    days = (MONDAY, TUESDAY, WEDNESDAY)
    deliver(lake, [(day, name, "10") for day in days for name in ("EQ_A", "EQ_B")], FIRST, "desk")
    deliver(lake, [(TUESDAY, "EQ_A", "11")], RESTATED, "desk", (TUESDAY, TUESDAY))
    deliver(lake, [(MONDAY, "EQ_C", "-7")], FIRST, FORMULA, (MONDAY, MONDAY))
    return lake


def deliver(
    lake: Lake,
    prices: Sequence[Price],
    known_at: datetime,
    source: str,
    covers: tuple[date, date] = (MONDAY, WEDNESDAY),
) -> None:
    """Put prices of a source."""
    rows = [
        {"business_date": day, "instrument_id": name, "close_local": Decimal(close), "currency": "USD"}
        for day, name, close in prices
    ]
    frame = pl.DataFrame(
        [{column: row.get(column) for column in PRICES.columns} | {"price_type": "close"} for row in rows],
        schema=PRICES.columns,
    )
    delivery = Delivery(f"d{known_at:%d}-{len(prices)}", source, *covers, known_at)
    lake.append(PRICES, frame, delivery)
    counts = {"rows_read": len(rows), "rows_accepted": len(rows), "rows_rejected": 0, "rows_ignored": 0}
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), delivery.delivery_id)
    dates = {"first_date": covers[0], "last_date": covers[1]}
    facts = {"table_name": PRICES.name, "sheet": None, **dates, **counts, **texts}
    lake.publish(PRICES, delivery, pl.DataFrame([facts], schema=DELIVERIES.columns))


def exports_of(folder: Path, lake: DiskLake, allowed: Allowed | None = None) -> Exports:
    """Return the service over a lake."""
    audit = AuditLog(folder / "audit.jsonl")
    return Exports(LakeExport(lake.root), folder / "exports", audit, allowed)


def ended(exports: Exports, made: Export) -> Export:
    """Wait until an export has ended."""
    for thread in threading.enumerate():
        if thread.name.endswith(made.id):
            thread.join(timeout=120)
    return exports.get(made.id, by=made.by)
