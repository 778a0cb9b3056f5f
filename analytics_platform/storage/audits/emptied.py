"""Audit: neither a delivery without rows nor one whose rows were rejected takes good rows away."""

import polars as pl

from analytics_platform.ingestion.faults import Finding
from analytics_platform.storage.audits.staged import Staged
from analytics_platform.storage.lake.lake import Lake

SHOWN_FILES = 3


def emptied(staged: Staged, lake: Lake, *, may_be_empty: bool) -> list[Finding]:
    """Find the rows that would go for none: those of a whole delivery, or of a date whose rows were rejected.

    A delivery whose rows are all right, for some of its dates only, is left alone: so a sender takes back
    the others.

    Parameters
    ----------
    staged : Staged
        The delivery.
    lake : Lake
        What the same source has delivered before.
    may_be_empty : bool
        Whether the source may take away rows like this.

    Returns
    -------
    list of Finding
        One, or none.
    """
    if not _has_rows(staged):
        going = pl.DataFrame() if may_be_empty else _going(staged, lake)
        return [] if going.is_empty() else [_without_rows(staged, going)]
    if not staged.rows_rejected or staged.table.date_column is None:
        return []
    kept = staged.scan().select(staged.table.date_column).unique().collect(engine="streaming").to_series()
    going = _going(staged, lake, kept)
    return [] if going.is_empty() else [_without_right_rows(staged, going)]


def _has_rows(staged: Staged) -> bool:
    return not staged.scan().select("row_number").head(1).collect().is_empty()


def _going(staged: Staged, lake: Lake, kept: pl.Series | None = None) -> pl.DataFrame:
    """Count by file the rows of the same source that would go: none of newer files or kept dates."""
    source, day = pl.col("source") == staged.delivery.source, staged.table.date_column
    columns = ["source", "delivery_id", *([] if day is None else [day])]
    if staged.siblings.filter(source).is_empty():
        return pl.DataFrame(schema={"delivery_id": pl.String, "rows": pl.UInt32})
    newer = staged.newer["delivery_id"].to_list()
    rows = lake.scan(staged.table, columns=columns).filter(source, ~pl.col("delivery_id").is_in(newer))
    if day is not None:
        rows = rows.filter(pl.col(day).is_between(staged.delivery.first_date, staged.delivery.last_date))
        rows = rows if kept is None else rows.filter(~pl.col(day).is_in(kept.implode()))
    counted = rows.group_by("delivery_id").agg(rows=pl.len()).sort("rows", "delivery_id", descending=True)
    return counted.collect(engine="streaming")


def _told(staged: Staged, going: pl.DataFrame) -> str:
    told = [f"{rows} rows of {staged.uri(delivery)}" for delivery, rows in going.head(SHOWN_FILES).rows()]
    rest = going.slice(SHOWN_FILES)
    told += [f"{rest['rows'].sum()} rows of {rest.height} other files"] if rest.height else []
    return ", ".join(told)


def _without_rows(staged: Staged, going: pl.DataFrame) -> Finding:
    section = f"[{staged.table.name}.audit] of sources/{staged.delivery.source}.toml"
    return Finding(
        file=staged.name,
        message=f"{staged.name} has no row, and these would go for it: {_told(staged, going)}",
        cure="Deliver the rows; if they are really to go, say may_be_empty = true in "
        f"{section} and release the file",
    )


def _without_right_rows(staged: Staged, going: pl.DataFrame) -> Finding:
    return Finding(
        file=staged.name,
        message=f"{staged.rows_rejected} rows were rejected, and for dates without a right row "
        f"these would go: {_told(staged, going)}",
        cure="Correct the rejected rows and deliver the file again; to take the rows of a date back, deliver "
        "a file that has no wrong row",
    )
