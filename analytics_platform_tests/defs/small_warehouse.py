"""A small lake of one stock and cash over three sessions, and the DuckDB file that dbt builds from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from analytics_platform.calendars.sessions import calendar, trading_sessions_frame
from analytics_platform.defs.dbt_breaks import broken_tests, first_breaks
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import TABLES

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
        lake.publish(table, delivery, _facts(table, delivery, frame.height))

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
        breaks = first_breaks(DuckDBWarehouse(database), broken_tests(nodes or ()))
        failures = [
            breaks.get(node.node.unique_id, f"{node.node.name}: {node.message}")
            for node in nodes
            if node.status in _BAD
        ]
        assert result.success, "\n".join(failures)

    def build(self, **variables: str) -> None:
        """Build all that the marts of the portfolios need."""
        self.dbt("run", "--select", *(f"+{mart}" for mart in MARTS), "stg_currencies", **variables)

    def read(self, relation: str, *columns: str) -> list[tuple[object, ...]]:
        """Return the rows of a relation, sorted."""
        rows = DuckDBWarehouse(self.folder / "warehouse.duckdb").read(relation, columns or None)
        return rows.sort(rows.columns[:3]).rows()


_BAD = {"error", "fail", "runtime error"}


def _facts(table: Table, delivery: Delivery, rows: int) -> pl.DataFrame:
    counts = {"rows_read": rows, "rows_accepted": rows, "rows_rejected": 0, "rows_ignored": 0}
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), delivery.delivery_id)
    dates = {"first_date": delivery.first_date, "last_date": delivery.last_date}
    return pl.DataFrame(
        {"table_name": table.name, "sheet": None, **dates, **counts, **texts}, schema=DELIVERIES.columns
    )


def position(day: date, instrument_id: str, quantity: str, book: str = "ibor") -> Row:
    return {
        "business_date": day,
        "portfolio_id": "BOOK",
        "instrument_id": instrument_id,
        "book": book,
        "quantity": Decimal(quantity),
    }


def price(day: date, close: str) -> Row:
    return {
        "business_date": day,
        "instrument_id": "STOCK",
        "price_type": "close",
        "close_local": Decimal(close),
        "volume": Decimal(1000),
        "currency": "USD",
    }


def instrument(instrument_id: str, instrument_type: str) -> Row:
    return {
        "instrument_id": instrument_id,
        "ticker": instrument_id,
        "name": instrument_id.title(),
        "instrument_type": instrument_type,
        "currency": "USD",
        "multiplier": Decimal(1),
    }


def small_warehouse(manifest: Path, folder: Path) -> Warehouse:
    """Return one stock and cash over three sessions; the price of Wednesday is missing."""
    made = Warehouse(folder, manifest, (manifest / "partial_parse.msgpack").read_bytes())
    book = {"portfolio_id": "BOOK", "name": "Book", "base_currency": "USD", "inception_date": MONDAY}
    made.deliver("portfolios", [book], FIRST)
    made.deliver("instruments", [instrument("STOCK", "equity"), instrument("CASH_USD", "cash")], FIRST)
    made.deliver("prices", [price(MONDAY, "10"), price(TUESDAY, "11")], FIRST)
    days = (MONDAY, TUESDAY, WEDNESDAY)
    held = [position(day, name, "100") for day in days for name in ("STOCK", "CASH_USD")]
    made.deliver("positions", held, FIRST)
    made.deliver("trading_sessions", trading_sessions_frame(calendar("XNYS")).to_dicts(), FIRST)
    made.build()
    return made
