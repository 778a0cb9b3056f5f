"""Rejected records with all that is wrong in each: in the sender's own columns, and as findings."""

from collections.abc import Sequence

import polars as pl

from analytics_platform.ingestion.faults import SHOWN_FINDINGS, Finding, shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.parsing.checks import Failure
from analytics_platform.ingestion.parsing.records import SHEET_ROW, VALUES_HEADER, Records
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText

REASON = "reason"

FAULTS = pl.Schema(
    {
        "record": pl.UInt32(),
        SHEET_ROW: pl.UInt32(),
        ROW_NUMBER: pl.Int64(),
        "header": pl.String(),
        "value": pl.String(),
        "message": pl.String(),
        "cure": pl.String(),
    }
)
"""One row for each fault of a record. Rows that are no records count on behind the records."""


def faults_of(records: Records, failures: Sequence[Failure]) -> pl.DataFrame:
    """Bring together all faults of all records, in the order of the file; see `FAULTS`."""
    parts = [_part(records, failure) for failure in failures if len(failure.records)]
    unreadable = records.unreadable.with_columns(
        record=pl.int_range(pl.len(), dtype=pl.UInt32) + records.text.height,
        header=pl.lit(None, pl.String),
        value=pl.lit(None, pl.String),
    )
    faults = pl.concat([*parts, unreadable.select(FAULTS.names()).cast(FAULTS)])
    return faults.sort(ROW_NUMBER, "record", maintain_order=True)


def _part(records: Records, failure: Failure) -> pl.DataFrame:
    rows = records.text[failure.records]
    message = failure.message if isinstance(failure.message, pl.Series) else pl.lit(failure.message)
    header, value = pl.lit(None, pl.String), pl.lit(None, pl.String)
    if failure.column is not None:
        value = pl.col(failure.column)
        known = records.headers.get(failure.column)
        header = pl.coalesce(VALUES_HEADER, pl.lit(failure.column)) if known is None else pl.lit(known)
    return rows.select(
        failure.records.cast(pl.UInt32).alias("record"),
        SHEET_ROW,
        ROW_NUMBER,
        header.alias("header"),
        value.alias("value"),
        message.alias("message"),
        pl.lit(failure.cure).alias("cure"),
    )


def rejected_rows(faults: pl.DataFrame, sheet: SheetText) -> pl.DataFrame:
    """Give one row for each rejected record: `row_number`, the sender's own columns, `reason`.

    A sender's column that is itself called `row_number` or `reason` has `" (sender)"` added.
    """
    told = faults.with_columns(header=_shown("header", faults), value=_shown("value", faults)).with_columns(
        told=pl.when(pl.col("header").is_null())
        .then(pl.col("message"))
        .when(pl.col("value").is_null())
        .then(pl.format("column '{}': {}", "header", "message"))
        .otherwise(pl.format("column '{}', value '{}': {}", "header", "value", "message"))
    )
    reasons = told.group_by("record", maintain_order=True).agg(
        pl.col(SHEET_ROW).first(), pl.col(ROW_NUMBER).first(), pl.col("told").str.join("; ").alias(REASON)
    )
    cells = sheet.cells.drop(ROW_NUMBER)[reasons[SHEET_ROW]]
    cells.columns = _own_names(sheet.headers)
    return pl.concat([reasons.select(ROW_NUMBER), cells, reasons.select(REASON)], how="horizontal")


def _shown(column: str, faults: pl.DataFrame) -> pl.Expr:
    texts = faults[column].drop_nulls().unique()
    return pl.col(column).replace_strict(
        texts, [shown(text) for text in texts], return_dtype=pl.String, default=None
    )


def _own_names(headers: Sequence[str]) -> list[str]:
    taken = {*headers, ROW_NUMBER, REASON}
    names = []
    for header in headers:
        name = header
        while name in {ROW_NUMBER, REASON} or (name != header and name in taken):
            name += " (sender)"
        names.append(name)
    return names


def first_findings(
    faults: pl.DataFrame, sheet: SheetText, name: DeliveryName
) -> tuple[tuple[Finding, ...], int]:
    """Tell the first faults of a delivery as findings, and how many there are.

    A fault of a cell that many records of a wide row share is told once.
    """
    told = faults.unique([ROW_NUMBER, "header", "value", "message"], maintain_order=True)
    findings = tuple(
        Finding(
            file=str(name),
            sheet=sheet.sheet,
            row=fault[ROW_NUMBER],
            column=fault["header"],
            value=fault["value"],
            message=fault["message"],
            cure=fault["cure"],
        )
        for fault in told.head(SHOWN_FINDINGS).iter_rows(named=True)
    )
    return findings, told.height
