"""Rows that are surely right, told at the price of their distinct cells. All others are read one by one.

What this module calls clear, `parse.parse_batch` would accept with the same values: each distinct word and
date goes through the same `parse_values`, plain numbers through exact whole numbers, and what is left over is
not clear. So nothing is rejected here, and nothing is accepted here that would be rejected there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple, Self

import dataframely as dy
import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import compute

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.parsing.distinct_cells import distinct_cells
from analytics_platform.ingestion.parsing.header_match import match_headers
from analytics_platform.ingestion.parsing.keys import Hashes, column_hashes, key_hashes
from analytics_platform.ingestion.parsing.plain_numbers import SCALE, Flags, as_decimals, plain_numbers
from analytics_platform.ingestion.parsing.rules import ROW_RULES, RowRule
from analytics_platform.ingestion.parsing.values import parse_values
from analytics_platform.ingestion.readers.packed_sheet import PackedSheet
from analytics_platform.ingestion.readers.sheet import SheetText
from analytics_platform.tables.contract import Table

_LIMITS = frozenset({"nullability", "min", "max", "min_exclusive", "max_exclusive"})
"""Rules of a column of numbers that are checked here."""

_MOST_KNOWN = 100_000
"""Distinct cells of a column that are kept from batch to batch."""

_LONGEST_SPAN = timedelta(days=10_000)
"""Days of a file that are parsed before they are seen."""

_FEW = 1000
"""Where fewer than one cell in so many is no plain number, those rows are read one by one."""


@dataclass(frozen=True)
class ClearRows:
    """Rows of one batch that are surely right.

    Attributes
    ----------
    is_clear : ndarray of bool
        Whether each row is.
    columns : list of Array
        Values of the table's own columns, for all rows; anything where a row is not clear.
    hashes : ndarray of uint64
        Hash of the key of each row.
    key_values : list of (Series, ndarray)
        Distinct values of each column of the key, and the place of each row's among them.
    """

    is_clear: Flags
    columns: list[pa.Array]
    hashes: Hashes
    key_values: list[tuple[pl.Series, np.ndarray[tuple[int], np.dtype[np.int32]]]]

    def keys_at(self, is_asked: Flags, names: Sequence[str]) -> pl.DataFrame:
        """Keys of some rows."""
        return pl.DataFrame(
            [
                values[codes[is_asked]].alias(name)
                for name, (values, codes) in zip(names, self.key_values, strict=True)
            ]
        )


class _Column(NamedTuple):
    """Values of one column for each row; which are right, None if all are; distinct ones and their places."""

    values: pa.Array
    is_good: Flags | None
    distinct: pl.Series | None = None
    codes: np.ndarray[tuple[int], np.dtype[np.int32]] | None = None


class _Known(NamedTuple):
    """Cells of one column that were parsed before, their values, and whether each is right."""

    cells: pa.Array
    values: pl.Series
    is_good: Flags


@dataclass(frozen=True)
class ClearLane:
    """Tells the clear rows of the batches of one file.

    Attributes
    ----------
    table : Table
        What the records should be.
    dialect : Dialect
        How the sender writes.
    name : DeliveryName
        What the name of the file declares.
    places : dict of str to int
        Column of the table, and its place in the file.
    """

    table: Table
    dialect: Dialect
    name: DeliveryName
    places: dict[str, int]
    _known: dict[str, _Known] = field(default_factory=dict)

    @classmethod
    def of(cls, sheet: SheetText, table: Table, dialect: Dialect, name: DeliveryName) -> Self | None:
        """Give the lane of a file by its first batch; None if its rows must be read one by one.

        Raises
        ------
        DeliveryRefused
            If a column is missing that the table needs or the dialect names.
        """
        headers = match_headers(sheet, table, dialect, name).by_column
        places = {column: sheet.headers.index(header) for column, header in headers.items()}
        schema = table.schema.columns()
        needs_all = (
            dialect.unpivot is not None
            or dialect.total_rows is not None
            or dialect.control is not None
            or bool(dialect.minor_unit_columns)
            or dialect.thousands_mark == " "
        )
        is_told_from_empty = any(not schema[column].nullable for column in places)
        is_limited_only = all(
            set(column.validation_rules(pl.col("value"))) <= _LIMITS and name not in table.key
            for name, column in schema.items()
            if isinstance(column, dy.Decimal)
        )
        is_ours = isinstance(sheet, PackedSheet) and is_told_from_empty and is_limited_only and not needs_all
        return cls(table, dialect, name, places) if is_ours else None

    def sort(self, sheet: PackedSheet) -> ClearRows:
        """Tell the clear rows of one batch, the ragged ones left aside."""
        rows = len(sheet.numbers)
        columns = {
            name: self._column(name, column, sheet) for name, column in self.table.schema.columns().items()
        }
        is_clear = np.ones(rows, np.bool_)
        for column in columns.values():
            if column.is_good is not None:
                is_clear &= column.is_good
        if self.dialect.ignore_rows is not None and sheet.columns:
            is_clear &= self._is_no_footer(sheet.columns[0], self.dialect.ignore_rows)
        is_clear &= ~_breaks(ROW_RULES.get(self.table.name, ()), columns, self.table)
        keys = [columns[name] for name in self.table.key]
        key_values = [
            (one.distinct, one.codes) for one in keys if one.distinct is not None and one.codes is not None
        ]
        hashes = key_hashes([column_hashes(distinct)[codes] for distinct, codes in key_values])
        return ClearRows(is_clear, [column.values for column in columns.values()], hashes, key_values)

    def _column(self, name: str, column: dy.Column, sheet: PackedSheet) -> _Column:
        if name not in self.places:
            text = self.dialect.constants.get(name)
            constant = pa.array([text or ""], pa.string())
            codes = np.zeros(len(sheet.numbers), np.int32)
            return self._distinct(name, column, pa.DictionaryArray.from_arrays(codes, constant))
        cells = sheet.columns[self.places[name]]
        if isinstance(column, dy.Decimal):
            return self._numbers(name, column, cells)
        return self._distinct(name, column, distinct_cells(cells))

    def _distinct(self, name: str, column: dy.Column, cells: pa.DictionaryArray) -> _Column:
        """Parse each distinct cell once."""
        values, is_good = self._parsed_once(name, column, cells.dictionary)
        codes = cells.indices.to_numpy()
        good = None if is_good.all() else is_good[codes]
        if isinstance(column, dy.String) and not values.null_count() and values.n_unique() == len(values):
            array = pa.DictionaryArray.from_arrays(cells.indices, values.to_arrow().cast(pa.string()))
        else:
            plain = values.to_arrow()
            plain = plain.cast(pa.string()) if isinstance(column, dy.String) else plain
            array = plain.take(cells.indices)
            array = array.dictionary_encode() if isinstance(column, dy.String) else array
        if name == self.table.date_column:
            inside = values.is_between(self.name.first_date, self.name.last_date).fill_null(value=False)
            if not inside.all():
                within = inside.to_numpy()[codes]
                good = within if good is None else good & within
        return _Column(array, good, values, codes)

    def _parsed_once(self, name: str, column: dy.Column, cells: pa.Array) -> tuple[pl.Series, Flags]:
        """Parse the cells that no batch before had: identifiers, currencies and dates come again."""
        known = self._known.get(name)
        if known is None or len(known.cells) > _MOST_KNOWN:
            start = self._days() if known is None and name == self.table.date_column else cells
            known = _Known(start, *self._parsed(name, column, start))
        places = compute.index_in(cells, value_set=known.cells)
        if places.null_count:
            new = cells.filter(places.is_null())
            values, is_good = self._parsed(name, column, new)
            known = _Known(
                pa.concat_arrays([known.cells, new]),
                pl.concat([known.values, values]),
                np.concatenate([known.is_good, is_good]),
            )
            places = compute.index_in(cells, value_set=known.cells)
        self._known[name] = known
        at = places.to_numpy()
        return known.values[at], known.is_good[at]

    def _days(self) -> pa.StringArray:
        """Give the days of the file's name as its sender writes them: few batches then bring a new cell."""
        last = min(self.name.last_date, self.name.first_date + _LONGEST_SPAN)
        days = pl.date_range(self.name.first_date, last, eager=True)
        return days.dt.to_string(self.dialect.date_format).to_arrow().cast(pa.string())

    def _parsed(self, name: str, column: dy.Column, cells: pa.Array) -> tuple[pl.Series, Flags]:
        """Values of cells, and whether each is right."""
        text = pl.Series(name, cells.cast(pa.string()), dtype=pl.String).str.strip_chars()
        no_value = text.is_in(["", *self.dialect.null_words])
        parsed = parse_values(text.set(no_value, None), name, column, self.dialect)
        is_good = np.ones(len(text), np.bool_)
        for fault in parsed.faults:
            is_good &= ~fault.is_fault.fill_null(value=False).to_numpy()
        return parsed.values, is_good

    def _numbers(self, name: str, column: dy.Decimal, cells: pa.StringArray) -> _Column:
        """Plain numbers at once, and the other cells of the column by themselves."""
        units, is_plain, is_null = plain_numbers(cells, self.dialect.decimal_mark)
        if name in self.dialect.percent or name in self.dialect.scale:
            is_plain[:] = False
        is_good = _within(column, units) & is_plain
        if column.nullable:
            is_good |= is_null
        others = np.flatnonzero(~(is_plain | is_null))
        if len(others) * _FEW > len(units):
            values, are_good = self._parsed(name, column, cells.take(pa.array(others)))
            wide = np.frombuffer(values.to_arrow().cast(pa.decimal128(20, SCALE)).buffers()[1], np.int64)
            wide = wide.reshape(-1, 2)[: len(values)]
            is_small = (wide[:, 0] >> 63) == wide[:, 1]
            units[others] = wide[:, 0]
            is_good[others] = are_good & is_small
            is_null[others] = values.is_null().to_numpy()
        return _Column(
            as_decimals(units, is_null if is_null.any() else None), None if is_good.all() else is_good
        )

    def _is_no_footer(self, cells: pa.StringArray, pattern: str) -> Flags:
        """Rows whose first cell is not empty and not what `ignore_rows` names."""
        distinct = distinct_cells(cells)
        text = pl.Series(distinct.dictionary, dtype=pl.String).str.strip_chars()
        is_record = (text != "") & ~text.str.contains(pattern)
        found: Flags = is_record.to_numpy()[distinct.indices.to_numpy()]
        return found


def _within(column: dy.Decimal, units: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Flags:
    """Whether values are within the limits of their column."""
    is_within = np.ones(len(units), np.bool_)
    for limit, compare in (
        (column.min, np.greater_equal),
        (column.max, np.less_equal),
        (column.min_exclusive, np.greater),
        (column.max_exclusive, np.less),
    ):
        if limit is not None:
            is_within &= compare(units, int(Decimal(limit).scaleb(SCALE)))
    return is_within


def _breaks(rules: Sequence[RowRule], columns: dict[str, _Column], table: Table) -> Flags | np.bool_:
    """Rows that break a rule across columns."""
    if not rules:
        return np.False_
    names = dict.fromkeys(name for rule in rules for name in rule.is_fault.meta.root_names())
    frame = pl.DataFrame([pl.Series(name, columns[name].values).cast(table.columns[name]) for name in names])
    is_fault = frame.select(is_fault=pl.any_horizontal(rule.is_fault for rule in rules))["is_fault"]
    return np.asarray(is_fault.fill_null(value=False).to_numpy(), np.bool_)
