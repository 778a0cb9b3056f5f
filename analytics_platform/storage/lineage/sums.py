"""Pieces that chains share: rows of one portfolio, sums compared with the metric, files counted."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from analytics_platform.storage.lineage.chain import CENT, Book, Link, Value, link
from analytics_platform.tables.contract import Table

RATE_TOLERANCE = 1e-9

Told = tuple[list[Link], list[str], bool]
"""Links, remarks, and whether the links recompute to the metric."""


def snapshot(book: Book, table: Table, label: str) -> Link:
    """Return all rows of a snapshot."""
    rows = book.rows.read(table).sort(table.key)
    links = [
        link(" ".join(str(row[name]) for name in table.columns.names()), None, row)
        for row in rows.iter_rows(named=True)
    ]
    return Link(label, links=tuple(links))


def files(
    book: Book,
    tables: Sequence[Table],
    dates: Sequence[date],
    label: str,
    instruments: Collection[str] | None = None,
) -> Link:
    """Count the rows of each file in a window; of tables with instruments only those that are named."""
    links = []
    for table in tables:
        rows = book.rows.read(table, dates)
        if instruments is not None and "instrument_id" in table.columns:
            rows = rows.filter(pl.col("instrument_id").is_in(instruments))
        counted = rows.group_by("uri").agg(n=pl.len(), known_at=pl.col("known_at").first())
        links += [
            Link(f"{row['n']} rows of {row['uri']}, put {row['known_at']:%Y-%m-%dT%H:%M:%SZ}")
            for row in counted.sort("uri").iter_rows(named=True)
        ]
    return Link(f"{label}; data of {dates[0]} to {dates[-1]}", links=tuple(links))


def own(book: Book, table: str, day: date | None = None) -> pl.DataFrame:
    """Return the rows of the portfolio itself in a published table."""
    return book.published(table, day).filter(pl.col("portfolio_id") == book.portfolio_id)


def adds_up(what: str, found: Value, value: Value, name: str) -> tuple[str, bool]:
    """Compare an amount with the metric, to the cent."""
    if value is None:
        return f"{name} has no value, so there is nothing to recompute", True
    if found is None:
        return f"{what} have no value, and {name} has one", False
    is_whole = abs(Decimal(found) - Decimal(value)) < CENT
    return f"{what} give {float(found):,.2f}, {'which is' if is_whole else 'which is NOT'} {name}", is_whole


def same(what: str, found: Value, value: Value, name: str) -> tuple[str, bool]:
    """Compare a rate with the metric."""
    if value is None:
        return f"{name} has no value, so there is nothing to recompute", True
    if found is None:
        return f"{what} have no value, and {name} has one", False
    is_whole = abs(float(found) - float(value)) < RATE_TOLERANCE
    return f"{what} give {float(found):.10f}, {'which is' if is_whole else 'which is NOT'} {name}", is_whole


def number(value: object) -> Value:
    """Return a number, None for anything else."""
    return value if isinstance(value, Decimal | float) else None


def first(rows: pl.DataFrame, column: str) -> Value:
    """Return the number of the first row."""
    return None if rows.is_empty() else number(rows[column][0])


def total(values: pl.Series) -> Value:
    """Return the sum; None if a value is missing."""
    return None if values.null_count() else sum(values.to_list(), Decimal(0))


def days(start: date, end: date) -> list[date]:
    """Return all calendar days from the first to the last."""
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]
