"""Number of rows and sums that a file states above its headers or below its records, checked."""

from decimal import Decimal

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.stated_numbers import RunningSum, plain, stated_number
from analytics_platform.ingestion.dialects.totals import ADDRESS, Control
from analytics_platform.ingestion.faults import Finding
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.archive import column_number
from analytics_platform.ingestion.parsing.records import Records
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER

_Stated = tuple[int, str]
"""Row, and the text of the number."""


class ControlTotals:
    """Counts and adds up all records of one delivery, and compares with `[x.control]` of its dialect.

    Parameters
    ----------
    dialect : Dialect
        With a `control`.
    name : DeliveryName
        The file, for messages.
    sheet : str or None
        Sheet of the workbook.
    above : tuple of tuple of str
        Rows above the headers.
    """

    def __init__(
        self,
        dialect: Dialect,
        name: DeliveryName,
        sheet: str | None,
        above: tuple[tuple[str, ...], ...],
    ) -> None:
        self._dialect, self._name, self._sheet = dialect, name, sheet
        self._control = dialect.control or Control(rows="^(.*)$")
        self._rows = 0
        self._sums = {column: RunningSum() for column in self._control.sums}
        self._stated_rows: list[_Stated] = []
        self._stated_sums: dict[str, list[_Stated]] = {column: [] for column in self._control.sums}
        self._take_above(above)

    @property
    def checked(self) -> int:
        """Number of stated numbers that were found."""
        return len(self._stated_rows) + sum(map(len, self._stated_sums.values()))

    def _take_above(self, above: tuple[tuple[str, ...], ...]) -> None:
        lines = pl.DataFrame(
            [(number, _joined(row)) for number, row in enumerate(above, 1)],
            schema={ROW_NUMBER: pl.Int64, "line": pl.String},
            orient="row",
        )
        self._take_lines(lines)
        for column, where in self._control.sums.items():
            if address := ADDRESS.match(where):
                row, place = int(address["row"]), column_number(address["column"]) - 1
                if row <= len(above) and place < len(above[row - 1]) and above[row - 1][place].strip():
                    self._stated_sums[column].append((row, above[row - 1][place].strip()))

    def take_ignored(self, rows: pl.DataFrame) -> None:
        """Look for stated numbers in rows that are ignored."""
        cells = [pl.col(name) for name in rows.columns if name != ROW_NUMBER]
        if rows.height and cells:
            line = pl.concat_str(
                [pl.when(one != "").then(one) for one in cells], separator=";", ignore_nulls=True
            )
            self._take_lines(rows.select(ROW_NUMBER, line.alias("line")))

    def _take_lines(self, lines: pl.DataFrame) -> None:
        if self._control.rows is not None:
            self._stated_rows += _captured(lines, self._control.rows)
        for column, where in self._control.sums.items():
            if not ADDRESS.match(where):
                self._stated_sums[column] += _captured(lines, where)

    def take_values(self, values: pl.DataFrame, records: Records) -> None:
        """Count and add the records of a batch."""
        self._rows += records.rows
        for column, total in self._sums.items():
            exact = values[column].cast(pl.Decimal(38, 8))
            value, gross = Decimal(str(exact.sum())), Decimal(str(exact.abs().sum()))
            total.add(RunningSum(value, gross, exact.null_count()))

    def findings(self) -> list[Finding]:
        """Tell the numbers that differ or are not stated."""
        found = []
        if self._control.rows is not None:
            found += self._missing("how many rows it has") if not self._stated_rows else []
            for row, text in self._stated_rows:
                stated = stated_number(text, "", self._dialect)
                if stated != self._rows:
                    found.append(
                        self._differs(row, text, f"the file states {text} rows and has {self._rows:,}")
                    )
        for column, total in self._sums.items():
            found += self._sum_findings(column, total)
        return found

    def _sum_findings(self, column: str, total: RunningSum) -> list[Finding]:
        found = [] if self._stated_sums[column] else self._missing(f"the sum of {column}")
        for row, text in self._stated_sums[column]:
            stated = stated_number(text, column, self._dialect)
            if stated is None or not total.agrees_with(stated, is_spreadsheet=self._sheet is not None):
                told = text if stated is None else plain(stated)
                message = (
                    f"the stated sum of {column} is {told} and the records add up to {plain(total.value)}"
                )
                found.append(self._differs(row, text, message))
        return found

    def _differs(self, row: int, value: str, message: str) -> Finding:
        return Finding(
            file=str(self._name),
            sheet=self._sheet,
            row=row,
            value=value,
            message=message,
            cure="Check whether rows are missing or doubled; correct the file, or control in the dialect",
        )

    def _missing(self, what: str) -> list[Finding]:
        if self._name.extension == "parquet":
            return []
        return [
            Finding(
                file=str(self._name),
                sheet=self._sheet,
                message=f"the file does not state {what}, as control in the dialect says it does",
                cure="Deliver the file again, it may be cut off; or correct control in the dialect",
            )
        ]


def _joined(row: tuple[str, ...]) -> str:
    return ";".join(text.strip() for text in row if text.strip())


def _captured(lines: pl.DataFrame, pattern: str) -> list[_Stated]:
    found = lines.select(ROW_NUMBER, number=pl.col("line").str.extract(pattern, 1)).drop_nulls()
    return [(int(row), str(number)) for row, number in found.rows()]
