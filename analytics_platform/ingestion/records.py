"""Rows of a sheet as records of a table, still text: header map, ignored rows, constants, wide to long."""

import difflib
from dataclasses import dataclass

import polars as pl

from analytics_platform.ingestion.dialect import Dialect, Unpivot
from analytics_platform.ingestion.faults import DeliveryRefused, Finding, shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.sheet import ROW_NUMBER, SheetText, cell
from analytics_platform.tables.contract import Table

SHEET_ROW = "sheet_row"
VALUES_HEADER = "values_header"


@dataclass(frozen=True)
class Records:
    """Records of one delivery as text, and the account of what was left out.

    Attributes
    ----------
    text : DataFrame
        `sheet_row` (place in the cells of the sheet, from 0), `row_number`, `values_header` (the wide
        header that a record comes from; null without unpivot) and one String column for each column of
        the table, trimmed, null where there is no value.
    unreadable : DataFrame
        `sheet_row`, `row_number`, `message` and `cure` of rows that are no records, such as ragged ones.
    headers : dict of str to str
        Column of the table, the sender's header; columns that no header gives are not in it.
    read, ignored : int
        Records read, and those of them that the dialect says to ignore.
    notes : tuple of str
        What the sender may want to know, though nothing is wrong.
    """

    text: pl.DataFrame
    unreadable: pl.DataFrame
    headers: dict[str, str]
    read: int
    ignored: int
    notes: tuple[str, ...]


def to_records(sheet: SheetText, table: Table, dialect: Dialect, name: DeliveryName) -> Records:
    """Bring the rows of a sheet into the columns of a table.

    An empty row, and a row that `ignore_rows` names, count as one ignored record. Every other row is one
    record, or one for each column of `unpivot`, of which the empty ones are ignored.

    Raises
    ------
    DeliveryRefused
        If a column is missing that the table needs or the dialect names.
    """
    headers = _headers(sheet, table, dialect, name)
    trimmed = sheet.cells.with_row_index(SHEET_ROW).with_columns(pl.col(pl.String).str.strip_chars())
    kept = _kept(trimmed, len(sheet.headers), dialect)
    left_out = trimmed.height - kept.height
    row_faults = sheet.faults.filter(pl.col("position").is_null()).drop("position")
    unreadable = kept.select(SHEET_ROW, ROW_NUMBER).join(row_faults, on=ROW_NUMBER)
    kept = (
        kept.join(row_faults, on=ROW_NUMBER, how="anti", maintain_order="left") if unreadable.height else kept
    )
    no_value = ["", *dialect.null_words]
    by_header = {header: cell(place) for place, header in enumerate(sheet.headers)}
    read, ignored = trimmed.height, left_out
    wide = kept.with_columns(pl.lit(None, pl.String).alias(VALUES_HEADER))
    if dialect.unpivot is not None:
        long = _unpivoted(kept, dialect.unpivot, by_header)
        wide = long.filter(~pl.col("value_cell").is_in(no_value))
        read += long.height - kept.height
        ignored += long.height - wide.height
    cells = {column: pl.col(by_header[header]) for column, header in headers.items() if header in by_header}
    cells |= {column: pl.lit(value, pl.String) for column, value in dialect.constants.items()}
    if dialect.unpivot is not None:
        cells[dialect.unpivot.names_to] = pl.col("value_name")
        cells[dialect.unpivot.values_to] = pl.col("value_cell")
    text = wide.select(
        SHEET_ROW,
        ROW_NUMBER,
        VALUES_HEADER,
        *(
            _or_null(cells.get(column, pl.lit(None, pl.String)), no_value).alias(column)
            for column in table.columns
        ),
    )
    return Records(text, unreadable, headers, read, ignored, _notes(sheet, table, dialect, headers))


def _or_null(text: pl.Expr, no_value: list[str]) -> pl.Expr:
    return pl.when(~text.is_in(no_value)).then(text)


def _headers(sheet: SheetText, table: Table, dialect: Dialect, name: DeliveryName) -> dict[str, str]:
    """Find the header of each column of the table; refuse the delivery if one that must be there is not."""
    wide = dialect.unpivot
    given = {*dialect.constants, *(() if wide is None else (wide.names_to, wide.values_to))}
    headers = {column: dialect.header_of(column) for column in table.columns if column not in given}
    schema = table.schema.columns()
    missing = [
        header
        for column, header in headers.items()
        if header not in sheet.headers and (not schema[column].nullable or column in dialect.columns)
    ]
    missing += [] if wide is None else [header for header in wide.columns if header not in sheet.headers]
    if missing:
        raise DeliveryRefused([_missing(header, sheet, name) for header in missing])
    return {column: header for column, header in headers.items() if header in sheet.headers}


def _missing(header: str, sheet: SheetText, name: DeliveryName) -> Finding:
    close = difflib.get_close_matches(header, sheet.headers, n=1)
    hint = f"Is '{shown(close[0])}' meant? Rename it" if close else "Add it"
    has = ", ".join(f"'{shown(other)}'" for other in sheet.headers[:30])
    return Finding(
        file=str(name),
        sheet=sheet.sheet,
        column=header,
        message=f"there is no column '{shown(header)}'; the file has {has}",
        cure=f"{hint}, or name the sender's header in the dialect",
    )


def _kept(rows: pl.DataFrame, width: int, dialect: Dialect) -> pl.DataFrame:
    """Rows that are neither empty nor named by `ignore_rows`."""
    cells = [pl.col(cell(place)) for place in range(width)]
    first = pl.coalesce(pl.when(one != "").then(one) for one in cells)
    is_kept = first.is_not_null()
    if dialect.ignore_rows is not None:
        is_kept &= ~first.str.contains(dialect.ignore_rows)
    return rows.filter(is_kept)


def _unpivoted(rows: pl.DataFrame, unpivot: Unpivot, by_header: dict[str, str]) -> pl.DataFrame:
    """One row for each row and wide column, with `value_cell`, `value_name` and the wide header."""
    names = {by_header[header]: (header, value) for header, value in unpivot.columns.items()}
    long = rows.unpivot(
        on=list(names),
        index=[column for column in rows.columns if column not in names],
        variable_name="wide_cell",
        value_name="value_cell",
    )
    wide_cell = pl.col("wide_cell")
    return long.with_columns(
        wide_cell.replace_strict(
            {one: header for one, (header, _) in names.items()}, return_dtype=pl.String
        ).alias(VALUES_HEADER),
        wide_cell.replace_strict(
            {one: value for one, (_, value) in names.items()}, return_dtype=pl.String
        ).alias("value_name"),
    ).sort(SHEET_ROW, maintain_order=True)


def _notes(sheet: SheetText, table: Table, dialect: Dialect, headers: dict[str, str]) -> tuple[str, ...]:
    used = {*headers.values(), *({} if dialect.unpivot is None else dialect.unpivot.columns)}
    given = {*dialect.constants, *headers}
    if dialect.unpivot is not None:
        given |= {dialect.unpivot.names_to, dialect.unpivot.values_to}
    notes = [f"column '{shown(header)}' is not used" for header in sheet.headers if header not in used]
    notes += [
        f"column '{column}' is not delivered and stays empty"
        for column in table.columns
        if column not in given
    ]
    if sheet.cells.is_empty():
        notes.append("the file has headers and no rows")
    return tuple(notes)
