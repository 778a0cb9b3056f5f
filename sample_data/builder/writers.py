"""Writes frames as CSV, workbook and Parquet in a sender's dialect, byte for byte the same each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sample_data.builder.dialect import Dialect, Unpivot

CREATED = datetime(2013, 3, 1, 22, tzinfo=UTC).replace(tzinfo=None)
"""Creation time of all workbooks; xlsxwriter wants it without a zone."""

Cell = date | Decimal | str | int | None
Row = Sequence[Cell]


@dataclass(frozen=True)
class Page:
    """What a sender puts around the table.

    Attributes
    ----------
    title : tuple of str
        Lines above the header of a workbook; they end at the dialect's header row.
    footer : tuple of str
        Cells of a last row that is no record; empty for none.
    amounts_as_text : bool
        Whether a workbook holds amounts as text with thousands marks instead of numbers.
    """

    title: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    amounts_as_text: bool = False


PLAIN = Page()


def plain(number: Decimal) -> str:
    """Write a number with no more places than it needs."""
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _written(cell: Cell, dialect: Dialect) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.strftime(dialect.date_format)
    if isinstance(cell, Decimal) and dialect.thousands_mark:
        marks = str.maketrans({",": dialect.thousands_mark, ".": dialect.decimal_mark})
        return f"{cell:,.2f}".translate(marks)
    if isinstance(cell, Decimal):
        return plain(cell).replace(".", dialect.decimal_mark)
    return str(cell)


def _quoted(text: str, delimiter: str) -> str:
    if delimiter in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def _in_words(frame: pl.DataFrame, dialect: Dialect) -> pl.DataFrame:
    columns = dialect.written(frame.columns)
    words = [pl.col(column).replace(dialect.words[column]) for column in columns if column in dialect.words]
    return frame.with_columns(words).select(
        pl.col(column).alias(dialect.header(column)) for column in columns
    )


def write_csv(path: Path, frame: pl.DataFrame, dialect: Dialect, page: Page = PLAIN) -> None:
    """Write a frame with the table's columns as CSV."""
    table = _in_words(frame, dialect)
    write_lines(path, [table.columns, *table.iter_rows(), *([page.footer] if page.footer else [])], dialect)


def write_lines(path: Path, rows: Sequence[Row], dialect: Dialect) -> None:
    """Write rows of cells as CSV."""
    lines = [
        dialect.delimiter.join(_quoted(_written(cell, dialect), dialect.delimiter) for cell in row)
        for row in rows
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode(dialect.encoding))


def write_wide_csv(
    path: Path, frame: pl.DataFrame, dialect: Dialect, *, missing: str, newest_first: bool
) -> None:
    """Write a long frame with one column a value of the dialect's `names_to`.

    Parameters
    ----------
    missing : str
        What the sender writes where there is no value.
    newest_first : bool
        Whether the days descend and each line ends with a comma, as in the files of the ECB.
    """
    unpivot = dialect.unpivot or Unpivot("", "", {})
    days = frame.pivot(unpivot.names_to, index="business_date", values=unpivot.values_to)
    values = [pl.col(name) if name in days.columns else pl.lit(None) for name in unpivot.columns.values()]
    days = days.select("business_date", *values).sort("business_date", descending=newest_first)
    tail = [""] if newest_first else []
    rows: list[Row] = [[dialect.header("business_date"), *unpivot.columns, *tail]]
    rows += [
        [day, *(missing if cell is None else cell for cell in cells), *tail]
        for day, *cells in days.iter_rows()
    ]
    write_lines(path, rows, dialect)


def write_parquet(path: Path, frame: pl.DataFrame, dialect: Dialect) -> None:
    """Write a frame with the table's columns as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _in_words(frame, dialect).write_parquet(path, compression="zstd", compression_level=15)


def write_xlsx(path: Path, frame: pl.DataFrame, dialect: Dialect, page: Page = PLAIN) -> None:
    """Write a frame with the table's columns as a workbook with real dates and numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = _in_words(frame, dialect)
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": CREATED})
        bold = workbook.add_format({"bold": True})
        formats = {
            date: workbook.add_format({"num_format": "dd/mm/yyyy"}),
            Decimal: workbook.add_format({"num_format": "#,##0.00"}),
        }
        sheet = workbook.add_worksheet(dialect.sheet)
        sheet.set_column(0, len(table.columns) - 1, 18)
        for number, line in enumerate(page.title):
            sheet.write_string(number, 0, line, bold)
        sheet.write_row(dialect.header_row - 1, 0, table.columns, bold)
        for number, row in enumerate(table.iter_rows(), start=dialect.header_row):
            for column, cell in enumerate(row):
                text = page.amounts_as_text and isinstance(cell, Decimal)
                _write_cell(sheet, (number, column), _written(cell, dialect) if text else cell, formats)
        sheet.write_row(dialect.header_row + table.height, 0, page.footer, bold)


def _write_cell(sheet: Worksheet, at: tuple[int, int], cell: Cell, formats: dict[type, object]) -> None:
    if isinstance(cell, date):
        sheet.write_datetime(*at, datetime(cell.year, cell.month, cell.day), formats[date])  # noqa: DTZ001 - a date has no zone
    elif isinstance(cell, Decimal):
        sheet.write_number(*at, float(cell), formats[Decimal])
    elif isinstance(cell, int):
        sheet.write_number(*at, cell)
    elif cell is not None:
        sheet.write_string(*at, cell)
