"""What a file states about itself, checked: rows of totals, number of rows, control sums."""

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.stated_numbers import RunningSum, plain, stated_number
from analytics_platform.ingestion.faults import SHOWN_FINDINGS, Finding
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.parsing.control_totals import ControlTotals
from analytics_platform.ingestion.parsing.header_match import match_headers
from analytics_platform.ingestion.parsing.records import VALUES_HEADER, Records
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText, cell, no_faults
from analytics_platform.tables.contract import Table

_Column = tuple[str, str]
"""Column of the table, and the sender's header."""


class Totals:
    """Adds up the records of one delivery, batch by batch, and compares with what the file states.

    Parameters
    ----------
    table : Table
        What the records are.
    dialect : Dialect
        Which rows state totals, of which columns.
    name : DeliveryName
        The file, for messages.
    headers : tuple of str
        Headers of the file.
    sheet : str or None
        Sheet of the workbook.
    above : tuple of tuple of str
        Rows above the headers.

    Examples
    --------
    ::

        totals = Totals(table, dialect, name, sheet.headers, sheet.sheet)
        for each batch:
            totals.take_ignored(records.ignored_rows)
            totals.take_values(values, records)
        findings = totals.findings()
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one check of one delivery; each is a fact of its own
        self,
        table: Table,
        dialect: Dialect,
        name: DeliveryName,
        headers: tuple[str, ...],
        sheet: str | None = None,
        above: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self._dialect, self._name, self._sheet = dialect, name, sheet
        self._headers = headers
        empty = SheetText(headers, pl.DataFrame(), no_faults(), sheet)
        matched = match_headers(empty, table, dialect, name)
        by_column = {column: [header] for column, header in matched.by_column.items()}
        if dialect.unpivot is not None:
            by_column[dialect.unpivot.values_to] = list(matched.wide)
        self._columns: list[_Column] = [
            (column, header) for column in dialect.total_columns for header in by_column.get(column, [])
        ]
        self._sums = {column: RunningSum() for column in self._columns}
        self._total_rows = pl.DataFrame(schema={ROW_NUMBER: pl.Int64})
        self._checked, self._last_record, self._last_total = 0, 0, 0
        self._found: list[Finding] = []
        self._control = None if dialect.control is None else ControlTotals(dialect, name, sheet, above)

    @staticmethod
    def is_asked(dialect: Dialect) -> bool:
        """Whether a dialect names anything to check."""
        return dialect.total_rows is not None or dialect.control is not None

    @property
    def checked(self) -> int:
        """Number of stated totals, sums and row counts that were compared so far."""
        return self._checked + (0 if self._control is None else self._control.checked)

    def take_ignored(self, rows: pl.DataFrame) -> None:
        """Keep the rows of a batch that are ignored; call it before `take_values` of the same batch."""
        if self._control is not None:
            self._control.take_ignored(rows)
        if self._dialect.total_rows is not None:
            cells = [pl.col(name) for name in rows.columns if name != ROW_NUMBER]
            first = pl.coalesce(pl.when(one != "").then(one) for one in cells) if cells else pl.lit("")
            self._total_rows = rows.filter(first.str.contains(self._dialect.total_rows)).sort(ROW_NUMBER)

    def take_values(self, values: pl.DataFrame, records: Records) -> None:
        """Add the typed values of a batch, in the units of the sender, and check the totals among them.

        Parameters
        ----------
        values : DataFrame
            Columns of the table, null where a cell is empty or faulty.
        records : Records
            The same records as text.
        """
        if self._control is not None:
            self._control.take_values(values, records)
        if self._dialect.total_rows is None:
            return
        row_numbers = records.text[ROW_NUMBER]
        marks = self._total_rows[ROW_NUMBER]
        segments = marks.search_sorted(row_numbers) if len(marks) else pl.zeros(len(row_numbers), eager=True)
        parts = {column: self._parts(values, records, segments, column) for column in self._columns}
        for segment in range(len(marks) + 1):
            for column in self._columns:
                self._sums[column].add(parts[column].get(segment, RunningSum()))
            if segment < len(marks):
                self._check(self._total_rows.row(segment, named=True))
        if len(row_numbers):
            self._last_record = int(str(row_numbers.max()))
        self._last_total = max(self._last_total, int(str(marks.max()))) if len(marks) else self._last_total
        self._total_rows = self._total_rows.clear()

    def _parts(
        self, values: pl.DataFrame, records: Records, segments: pl.Series, of: _Column
    ) -> dict[int, RunningSum]:
        column, header = of
        frame = pl.DataFrame({"segment": segments.cast(pl.Int64), "value": values[column]})
        if records.headers.get(column) is None:
            frame = frame.filter(records.text[VALUES_HEADER] == header)
        exact = pl.col("value").cast(pl.Decimal(38, 8))
        sums = frame.group_by("segment").agg(
            value=exact.sum(), gross=exact.abs().sum(), without=pl.col("value").null_count()
        )
        return {segment: RunningSum(value, gross, without) for segment, value, gross, without in sums.rows()}

    def _check(self, row: dict[str, str | int]) -> None:
        for column, header in self._columns:
            of = self._sums[column, header]
            text = str(row[cell(self._headers.index(header))])
            stated = stated_number(text, column, self._dialect)
            self._checked += 1
            if stated is None:
                self._tell(row, header, text, "the row of totals states no number here")
            elif not of.agrees_with(stated, is_spreadsheet=self._sheet is not None):
                told = f"{plain(of.value)}, {of.without_value} of them without a value"
                added = told if of.without_value else plain(of.value)
                message = f"the stated total is {plain(stated)} and the records add up to {added}"
                self._tell(row, header, text, message)
            if self._dialect.total_scope == "since_last":
                self._sums[column, header] = RunningSum()

    def _tell(self, row: dict[str, str | int], header: str, value: str, message: str) -> None:
        self._found.append(
            Finding(
                file=str(self._name),
                sheet=self._sheet,
                row=int(row[ROW_NUMBER]),
                column=header,
                value=value,
                message=message,
                cure="Check whether rows are missing or doubled; correct the total, or total_columns",
            )
        )

    def findings(self) -> tuple[Finding, ...]:
        """Tell the totals that differ or are missing; the delivery is refused for any."""
        found = list(self._found)
        is_demanded = self._dialect.total_rows is not None and self._name.extension != "parquet"
        if is_demanded and self._last_total <= self._last_record:
            is_none = self._last_total == 0
            found.append(
                Finding(
                    file=str(self._name),
                    sheet=self._sheet,
                    row=None if is_none else self._last_record,
                    message="there is no row of totals"
                    if is_none
                    else "records stand below the last row of totals, so nothing tells that all are there",
                    cure="Deliver the file again, it may be cut off; or correct total_rows in the dialect",
                )
            )
        found += [] if self._control is None else self._control.findings()
        return tuple(found[:SHOWN_FINDINGS])
