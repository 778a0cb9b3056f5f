"""Audit: no two sources deliver the same key. Staging shows the rows of all, so it would count twice."""

import math
from datetime import date

import polars as pl

from analytics_platform.ingestion.faults import SHOWN_FINDINGS, Finding, shown
from analytics_platform.storage.audits.staged import Staged
from analytics_platform.storage.lake.lake import Lake

ROWS_AT_ONCE = 1_000_000
"""Rows of a delivery whose keys are compared at once: what a join holds in memory."""


def doubled_keys(staged: Staged, lake: Lake) -> list[Finding]:
    """Find keys that another source has delivered for the same date.

    Most sources share no instrument: names are compared first, whole keys only of names that both have.

    Parameters
    ----------
    staged : Staged
        The delivery.
    lake : Lake
        What holds of the other sources.

    Returns
    -------
    list of Finding
        The first of them; none if there are none.
    """
    others = _other_rows(staged, lake)
    if others is None:
        return []
    entity = _entity(staged)
    own = staged.scan().select(entity).unique()
    shared = own.join(others.select(entity).unique(), on=entity, how="semi").collect(engine="streaming")
    if shared.is_empty():
        return []
    for part in _parts(staged, shared):
        found = _doubled(staged, others, part)
        if found.height:
            return [_finding(staged, row) for row in found.iter_rows(named=True)]
    return []


def _other_rows(staged: Staged, lake: Lake) -> pl.LazyFrame | None:
    """Return the current rows of other sources where this delivery covers; None if there can be none."""
    table, delivery = staged.table, staged.delivery
    others = staged.siblings.filter(pl.col("source") != delivery.source)
    days = None
    if table.date_column is not None:
        covered = pl.col("first_date") <= delivery.last_date, pl.col("last_date") >= delivery.first_date
        others = others.filter(covered)
        days = _days_that_will_hold(staged) if others.height else None
    if others.is_empty() or days == []:
        return None
    rows = lake.scan(table, days, columns=[*table.key, "source", "delivery_id"])
    return rows.filter(pl.col("source") != delivery.source)


def _days_that_will_hold(staged: Staged) -> list[date]:
    """Return the dates of the rows, but not those that a newer delivery of the source covers."""
    day = str(staged.table.date_column)
    found: list[date] = staged.scan().select(day).unique().collect(engine="streaming")[day].sort().to_list()
    newer = staged.newer.select("first_date", "last_date").rows()
    return [each for each in found if not any(first <= each <= last for first, last in newer)]


def _entity(staged: Staged) -> list[str]:
    """Return what names a thing in the key: its instrument, else all but the date."""
    key = [name for name in staged.table.key if name != staged.table.date_column]
    return ["instrument_id"] if "instrument_id" in key else key


def _parts(staged: Staged, shared: pl.DataFrame) -> list[pl.DataFrame]:
    rows = staged.scan().join(shared.lazy(), on=shared.columns, how="semi").select(pl.len())
    n_parts = max(1, math.ceil(int(rows.collect(engine="streaming").item()) / ROWS_AT_ONCE))
    size = math.ceil(shared.height / n_parts)
    return [shared.slice(start, size) for start in range(0, shared.height, size)]


def _doubled(staged: Staged, others: pl.LazyFrame, part: pl.DataFrame) -> pl.DataFrame:
    key = staged.table.key
    own = staged.scan().select(*key, "row_number").join(part.lazy(), on=part.columns, how="semi")
    theirs = others.join(part.lazy(), on=part.columns, how="semi")
    doubled = own.join(theirs, on=key, how="inner").sort("row_number").head(SHOWN_FINDINGS + 1)
    return doubled.collect(engine="streaming")


def _finding(staged: Staged, row: dict[str, object]) -> Finding:
    key = ", ".join(f"{name} {shown(str(row[name]))}" for name in staged.table.key)
    other = staged.uri(str(row["delivery_id"]))
    return Finding(
        file=staged.name,
        row=_whole(row["row_number"]),
        message=f"'{row['source']}' has delivered the same key in {other}; it would count twice: {key}",
        cure=f"Leave the row out, or have {other} delivered again without it and release this file",
    )


def _whole(number: object) -> int | None:
    return number if isinstance(number, int) else None
