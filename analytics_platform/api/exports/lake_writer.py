"""The process that writes one export out of the lake: it can be killed at any moment."""

import json
import resource
import signal
import sys
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from analytics_platform.api.exports.asked import ExportRequest
from analytics_platform.api.exports.engine import Bounds
from analytics_platform.api.exports.files_of_rows import TooManyRowsError, write_rows
from analytics_platform.storage.lake.lake import END_OF_TIME, Lake
from analytics_platform.storage.lake.opening import open_lake

TOO_MANY_ROWS = 3


@dataclass(frozen=True)
class Place:
    """What `open_lake` is called with."""

    url: str
    catalog_database: str | None
    iceberg_tables: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """All that the process is told, as JSON on its standard input."""

    lake: Place
    target: Path
    request: ExportRequest
    bounds: Bounds


ORDER = TypeAdapter(Order)


def chosen(lake: Lake, request: ExportRequest) -> pl.LazyFrame:
    """Return the rows that are asked for, unread."""
    table = request.contract
    rows = lake.scan(table, as_known_at=request.as_known_at or END_OF_TIME)
    within = pl.col(table.date_column or "").is_between(request.first, request.last)
    wanted = [pl.col(name).is_in(values) for name, values in request.filters]
    return rows.filter(within, *wanted).select(request.fields)


def main() -> int:
    """Write the file, tell its rows on standard output, and return the exit code."""
    order = ORDER.validate_json(sys.stdin.buffer.read())
    # The kernel ends a process that writes on, or computes on after who watches it is gone.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python would ignore it
    resource.setrlimit(resource.RLIMIT_FSIZE, (order.bounds.bytes_, order.bounds.bytes_))
    cores = 8
    seconds = int(order.bounds.seconds * cores) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        place = order.lake
        lake = open_lake(
            place.url, catalog_database=place.catalog_database, iceberg_tables=place.iceberg_tables
        )
        rows = chosen(lake, order.request)
        n_rows = write_rows(rows, order.target, order.request.form, order.bounds.rows)
    except TooManyRowsError:
        return TOO_MANY_ROWS
    sys.stdout.write(json.dumps({"rows": n_rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
