"""Records as text become accepted rows of a table and rejected rows with reasons, and the account of both."""

from dataclasses import dataclass, field

import polars as pl

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import Finding
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.parsing.checks import (
    against_rules,
    failure_of,
    of_doubled_keys,
    outside_dates,
    seen_by_reader,
    typed,
)
from analytics_platform.ingestion.parsing.records import to_records
from analytics_platform.ingestion.parsing.rejections import faults_of, first_findings, rejected_rows
from analytics_platform.ingestion.parsing.totals import Totals
from analytics_platform.ingestion.parsing.units import in_major_units
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText
from analytics_platform.tables.contract import Table


@dataclass(frozen=True)
class ParseResult:
    """All records of one delivery or batch: accepted, rejected with reasons, or ignored.

    Attributes
    ----------
    accepted : DataFrame
        The table's own columns, then `row_number` (Int64).
    rejected : DataFrame
        `row_number`, the sender's own columns as text, then `reason`; one row for each rejected record.
        A sender's column of the name `row_number` or `reason` has `" (sender)"` added.
    rows_read, rows_ignored : int
        Records read, and those that the dialect says to ignore.
    findings : tuple of Finding
        The faults of the first rejected records.
    total_findings : int
        Number of all faults.
    notes : tuple of str
        What the sender may want to know, though nothing is wrong.
    sheet : str or None
        Sheet of the workbook that was read.
    keys : DataFrame
        Columns of the key and `row_number` of all records whose key could be read, rejected ones too.

    Raises
    ------
    AccountingError
        If records read are not accepted + rejected + ignored.
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    rows_read: int
    rows_ignored: int
    findings: tuple[Finding, ...] = ()
    total_findings: int = 0
    notes: tuple[str, ...] = ()
    sheet: str | None = None
    keys: pl.DataFrame = field(default_factory=pl.DataFrame)

    def __post_init__(self) -> None:
        """Refuse an account that does not balance."""
        self.counts  # noqa: B018 - an account that does not balance must not come into being

    @property
    def counts(self) -> RowCounts:
        """The account of the delivery."""
        return RowCounts(
            read=self.rows_read,
            accepted=self.accepted.height,
            rejected=self.rejected.height,
            ignored=self.rows_ignored,
        )


def parse_batch(  # noqa: PLR0913, PLR0917 - the last two only where a delivery needs them
    sheet: SheetText,
    table: Table,
    dialect: Dialect,
    name: DeliveryName,
    doubles: pl.DataFrame | None = None,
    totals: Totals | None = None,
) -> ParseResult:
    """Sort all records of one batch of a delivery into accepted, rejected and ignored ones.

    Parameters
    ----------
    sheet : SheetText
        All rows of the batch as text.
    table : Table
        What the records should be.
    dialect : Dialect
        How the sender writes. `max_rejected_rows` is left to `answering`, which sees the whole delivery.
    name : DeliveryName
        What the name of the file declares.
    doubles : DataFrame, optional
        Keys that are in the delivery more than once, see `keys.doubled`.
    totals : Totals, optional
        Takes the values and the ignored rows.

    Returns
    -------
    ParseResult
        The records and the account.

    Raises
    ------
    DeliveryRefused
        If a column is missing that the table needs or the dialect names.
    """
    records = to_records(sheet, table, dialect, name)
    values, failures = typed(records, table, dialect)
    if totals is not None:
        totals.take_ignored(records.ignored_rows)
        totals.take_values(values, records)
    values, too_fine = in_major_units(values, records, dialect)
    failures += [
        *(failure_of(column, fault) for column, fault in too_fine),
        *outside_dates(values, table, name),
        *against_rules(values, table),
        *seen_by_reader(records, sheet, dialect),
        *of_doubled_keys(values, doubles, table),
    ]
    faults = faults_of(records, failures)
    is_good = pl.repeat(value=True, n=values.height, dtype=pl.Boolean, eager=True)
    findings, total_findings = first_findings(faults, sheet, name)
    bad = faults["record"].filter(faults["record"] < values.height)
    numbered = values.with_columns(records.text[ROW_NUMBER])
    return ParseResult(
        accepted=numbered.filter(is_good.scatter(bad, values=False)),
        rejected=rejected_rows(faults, sheet),
        rows_read=records.read,
        rows_ignored=records.ignored,
        findings=findings,
        total_findings=total_findings,
        notes=records.notes,
        sheet=sheet.sheet,
        keys=numbered.select(*table.key, ROW_NUMBER).drop_nulls(),
    )
