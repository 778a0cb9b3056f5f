"""Audit: a delivery does not replace many rows by few, if its dialect says what few are."""

from decimal import Decimal

import polars as pl

from analytics_platform.ingestion.faults import Finding
from analytics_platform.storage.audits.staged import Staged
from analytics_platform.storage.lake.lake import Lake

_DAY = "day"


def collapses(staged: Staged, lake: Lake, least_share: Decimal | None) -> list[Finding]:
    """Find the dates, or the snapshot, that would lose more of their rows than the dialect allows.

    Parameters
    ----------
    staged : Staged
        The delivery.
    lake : Lake
        What the same source has delivered before.
    least_share : Decimal or None
        Share of the rows of before which there must be; None asks nothing.

    Returns
    -------
    list of Finding
        One for each such date.
    """
    before = _before(staged, lake) if least_share is not None else None
    if before is None or least_share is None:
        return []
    now = staged.scan().group_by(_day(staged)).agg(rows=pl.len()).collect(engine="streaming")
    compared = before.join(now, on=_DAY, how="left", nulls_equal=True).with_columns(
        pl.col("rows").fill_null(0)
    )
    return [
        _finding(staged, row, least_share)
        for row in compared.sort(_DAY).iter_rows(named=True)
        if row["rows"] < least_share * row["rows_before"]
    ]


def _day(staged: Staged) -> pl.Expr:
    column = staged.table.date_column
    return (pl.lit(None, pl.Date) if column is None else pl.col(column)).alias(_DAY)


def _before(staged: Staged, lake: Lake) -> pl.DataFrame | None:
    """Return the rows that hold now of the same source, of the dates that the delivery declares."""
    if staged.siblings.filter(pl.col("source") == staged.delivery.source).is_empty():
        return None
    columns = [*([] if staged.table.date_column is None else [staged.table.date_column])]
    rows = lake.scan(staged.table, columns=[*columns, "source", "delivery_id"]).filter(
        pl.col("source") == staged.delivery.source
    )
    if staged.table.date_column is not None:
        declared = pl.col(staged.table.date_column).is_between(
            staged.delivery.first_date, staged.delivery.last_date
        )
        rows = rows.filter(declared)
    counted = rows.group_by(_day(staged)).agg(rows_before=pl.len(), delivery_id=pl.col("delivery_id").first())
    return counted.collect(engine="streaming")


def _finding(staged: Staged, row: dict[str, object], least_share: Decimal) -> Finding:
    what = "the snapshot" if row[_DAY] is None else f"{row[_DAY]}"
    before = staged.uri(str(row["delivery_id"]))
    section = f"[{staged.table.name}.audit] of sources/{staged.delivery.source}.toml"
    return Finding(
        file=staged.name,
        message=f"{what} has {row['rows']} rows where {before} has {row['rows_before']}, less than "
        f"{(least_share * 100).normalize():f} % of them",
        cure="Deliver the whole; if so few rows are right, lower min_rows_of_previous in "
        f"{section} and release the file",
    )
