"""Rows of a sheet as records of a table, still text: header map, ignored rows, constants, wide to long."""

from dataclasses import dataclass, replace

import dataframely as dy
import polars as pl

from analytics_platform.ingestion.dialects.dialect import CURRENCY_COLUMN, Dialect
from analytics_platform.ingestion.faults import shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.parsing.header_match import MatchedHeaders, match_headers
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText, cell
from analytics_platform.tables.contract import Table

SHEET_ROW = "sheet_row"
VALUES_HEADER = "values_header"
_NO_BREAK_SPACES = "[\u00a0\u202f\u2009]"


@dataclass(frozen=True)
class Records:
    """Records of one delivery or batch as text, and the account of what was left out.

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
    ignored_rows : DataFrame
        `row_number` and the trimmed cells of rows that `ignore_rows` or `total_rows` names.
    rows : int
        Rows of the sheet that are neither empty nor named so, the unreadable ones included.
    unit_factors : Series of String or None
        Major units in one unit of each record, null where its amounts are in major units; None if all are.
    """

    text: pl.DataFrame
    unreadable: pl.DataFrame
    headers: dict[str, str]
    read: int
    ignored: int
    notes: tuple[str, ...]
    ignored_rows: pl.DataFrame
    rows: int
    unit_factors: pl.Series | None = None


def to_records(sheet: SheetText, table: Table, dialect: Dialect, name: DeliveryName) -> Records:
    """Bring the rows of a sheet into the columns of a table.

    An empty row, and a row that `ignore_rows` or `total_rows` names, count as one ignored record. Every other
    row is one record, or one for each column of `unpivot`, of which the empty ones are ignored.

    Raises
    ------
    DeliveryRefused
        If a column is missing that the table needs or the dialect names.
    """
    matched = match_headers(sheet, table, dialect, name)
    trimmed = sheet.cells.with_row_index(SHEET_ROW).with_columns(pl.col(pl.String).str.strip_chars())
    kept, ignored_rows = _sorted_out(trimmed, len(sheet.headers), dialect)
    read, ignored, rows = trimmed.height, trimmed.height - kept.height, kept.height
    row_faults = sheet.faults.filter(pl.col("position").is_null()).drop("position")
    unreadable = kept.select(SHEET_ROW, ROW_NUMBER).join(row_faults, on=ROW_NUMBER)
    if unreadable.height:
        kept = kept.join(row_faults, on=ROW_NUMBER, how="anti", maintain_order="left")
    by_header = {header: cell(place) for place, header in enumerate(sheet.headers)}
    cells = {column: pl.col(by_header[header]) for column, header in matched.by_column.items()}
    cells |= {column: pl.lit(value, pl.String) for column, value in dialect.constants.items()}
    wide = kept.with_columns(pl.lit(None, pl.String).alias(VALUES_HEADER))
    if dialect.unpivot is not None:
        long = _unpivoted(kept, matched.wide, by_header)
        wide = long.filter(_has_value(pl.col("value_cell"), dialect))
        read += long.height - kept.height
        ignored += long.height - wide.height
        cells[dialect.unpivot.names_to] = pl.col("value_name")
        cells[dialect.unpivot.values_to] = pl.col("value_cell")
    text = wide.select(
        SHEET_ROW,
        ROW_NUMBER,
        VALUES_HEADER,
        *(_cell_text(cells.get(column), column, table, dialect) for column in table.columns),
    )
    notes = _notes(sheet, table, dialect, matched)
    found = Records(text, unreadable, matched.by_column, read, ignored, notes, ignored_rows, rows)
    return _with_units(found, dialect)


def _cell_text(text: pl.Expr | None, column: str, table: Table, dialect: Dialect) -> pl.Expr:
    """Text of one column of the table, null where there is no value."""
    if text is None:
        return pl.lit(None, pl.String).alias(column)
    if dialect.thousands_mark == " " and isinstance(table.schema.columns()[column], dy.Decimal):
        text = text.str.replace_all(_NO_BREAK_SPACES, " ")
    return pl.when(_has_value(text, dialect)).then(text).alias(column)


def _has_value(text: pl.Expr, dialect: Dialect) -> pl.Expr:
    return ~text.is_in(["", *dialect.null_words]) if dialect.null_words else text != ""


def _sorted_out(rows: pl.DataFrame, width: int, dialect: Dialect) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows to keep, and rows that `ignore_rows` or `total_rows` names; empty rows are in neither."""
    first = _first_cells(rows, width)
    is_kept = first.is_not_null()
    is_named = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    for pattern in (dialect.ignore_rows, dialect.total_rows):
        if pattern is not None:
            is_named |= first.str.contains(pattern).fill_null(value=False)
    named = rows.filter(is_named).drop(SHEET_ROW)
    if named.height:
        is_kept &= ~is_named
    return (rows if is_kept.all() else rows.filter(is_kept)), named


def _first_cells(rows: pl.DataFrame, width: int) -> pl.Series:
    """First cell of each row that is not empty, null if all are."""
    if width and (rows[cell(0)] != "").all():
        return rows[cell(0)]
    cells = [pl.col(cell(place)) for place in range(width)]
    return rows.select(pl.coalesce(pl.when(one != "").then(one) for one in cells).alias("first"))["first"]


def _with_units(records: Records, dialect: Dialect) -> Records:
    """Replace words for minor units by the currency, and keep their factors."""
    if not dialect.minor_unit_columns:
        return records
    words = records.text[CURRENCY_COLUMN]
    factors = words.replace_strict(
        {word: factor for word, (_, factor) in dialect.minor_units.items()},
        default=None,
        return_dtype=pl.String,
    )
    if factors.null_count() == len(factors):
        return records
    currencies = words.replace({word: currency for word, (currency, _) in dialect.minor_units.items()})
    return replace(
        records,
        text=records.text.with_columns(currencies.alias(CURRENCY_COLUMN)),
        unit_factors=factors.alias("unit_factor"),
    )


def _unpivoted(rows: pl.DataFrame, wide: dict[str, str], by_header: dict[str, str]) -> pl.DataFrame:
    """One row for each row and wide column, with `value_cell`, `value_name` and the wide header."""
    names = {by_header[header]: (header, value) for header, value in wide.items()}
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


def _notes(sheet: SheetText, table: Table, dialect: Dialect, matched: MatchedHeaders) -> tuple[str, ...]:
    used = {*matched.by_column.values(), *matched.wide, *dialect.ignore_columns}
    given = {*dialect.constants, *matched.by_column}
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
