"""The two files of a delivery: accepted rows as the lake keeps them, rejected rows as they were sent."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import compute, parquet

from analytics_platform.ingestion.protocol import Lineage
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER
from analytics_platform.tables.contract import LINEAGE, Table

ROWS_OF_A_GROUP = 100_000
"""Reads of one session from a large file skip what they do not need in steps of so many rows."""

_SAMPLED_ROWS = 10_000
_MOST_DISTINCT = 0.8

_WORDS = pa.dictionary(pa.int32(), pa.string())


class AcceptedFile:
    """Parquet in the columns and types of the lake, written batch by batch in whole row groups.

    Parameters
    ----------
    path : Path
        The file, written anew.
    table : Table
        Whose `lake_columns` it has.
    source : str
        Sender of all rows.
    lineage : Lineage
        What is written beside every row.
    """

    def __init__(self, path: Path, table: Table, source: str, lineage: Lineage) -> None:
        self.rows = 0
        self._table = table
        own = [
            pa.field(name, _arrow_type(column.dtype), nullable=column.nullable)
            for name, column in table.schema.columns().items()
        ]
        beside = [pa.field(name, _arrow_type(kind), nullable=False) for name, kind in LINEAGE.items()]
        self._schema = pa.schema([*own, *beside])
        self._beside = (source, lineage)
        self._waiting: list[pa.Table] = []
        self._rows_waiting = 0
        self._path = path
        self._file: parquet.ParquetWriter | None = None

    def batch(self, columns: Sequence[pa.Array], row_numbers: npt.NDArray[np.int64]) -> pa.Table:
        """Rows of the table's own columns with their lineage, not yet written."""
        source, lineage = self._beside
        rows = len(row_numbers)
        zeros = pa.array(np.zeros(rows, np.int32))
        constant = [
            pa.DictionaryArray.from_arrays(zeros, pa.array([text])) for text in (source, lineage.delivery_id)
        ]
        known_at = pa.scalar(lineage.known_at, pa.timestamp("us", "UTC"))
        beside = [*constant, pa.repeat(known_at, rows), pa.array(row_numbers)]
        return pa.Table.from_arrays([*columns, *beside], schema=self._schema)

    def batch_of(self, frame: pl.DataFrame) -> pa.Table:
        """Rows of a frame of the table's own columns and `row_number` as `batch` gives them."""
        columns = [
            _written(frame[name].to_arrow(), field.type)
            for name, field in zip(self._table.columns, self._schema, strict=False)
        ]
        return self.batch(columns, frame[ROW_NUMBER].to_numpy())

    def write(self, rows: pa.Table) -> None:
        """Take further rows."""
        self._waiting.append(rows)
        self._rows_waiting += rows.num_rows
        if self._rows_waiting >= ROWS_OF_A_GROUP:
            self._put(self._rows_waiting // ROWS_OF_A_GROUP * ROWS_OF_A_GROUP)

    def _put(self, rows: int) -> None:
        whole = pa.concat_tables(self._waiting).unify_dictionaries()
        if self._file is None:
            self._file = self._opened(whole.slice(0, rows))
        self._file.write_table(whole.slice(0, rows), row_group_size=ROWS_OF_A_GROUP)
        self._waiting = [_compact(whole.slice(rows))]
        self._rows_waiting -= rows
        self.rows += rows

    def _opened(self, rows: pa.Table) -> parquet.ParquetWriter:
        """Open the file; columns whose values hardly repeat in the first rows go without dictionary."""
        sample = rows.slice(0, _SAMPLED_ROWS)
        return parquet.ParquetWriter(
            self._path,
            self._schema,
            compression="zstd",
            use_dictionary=[
                name
                for name in self._schema.names
                if pa.types.is_dictionary(self._schema.field(name).type)
                or len(sample[name].unique()) <= sample.num_rows * _MOST_DISTINCT
            ],
            write_statistics=[] if self._table.date_column is None else [self._table.date_column],
            store_schema=False,
        )

    def close(self) -> None:
        """Write the rest and end the file."""
        if self._rows_waiting:
            self._put(self._rows_waiting)
        file = self._file or self._opened(self._schema.empty_table())
        file.close()


class RejectedFile:
    """Parquet of rejected rows as text, in the sender's own columns.

    Parameters
    ----------
    path : Path
        The file, written anew by the first rows, which may be none.
    """

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._path = path
        self._file: parquet.ParquetWriter | None = None

    def write(self, rows: pl.DataFrame) -> None:
        """Take further rows, all of the same columns."""
        table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._file is None:
            self._file = parquet.ParquetWriter(self._path, table.schema, compression="lz4")
        if rows.height:
            self._file.write_table(table)
            self.rows += rows.height

    def close(self) -> None:
        """End the file."""
        if self._file is not None:
            self._file.close()


def _compact(rows: pa.Table) -> pa.Table:
    """Rows without the words of rows that were cut off, where those are many: else they would pile up."""
    for place, field in enumerate(rows.schema):
        column = rows.column(place)
        if pa.types.is_dictionary(field.type) and column.num_chunks:
            words = len(column.chunk(0).dictionary)
            if words > rows.num_rows:
                rows = rows.set_column(place, field, column.cast(pa.string()).dictionary_encode())
    return rows


def written_rows(path: Path) -> int:
    """Rows that a Parquet file says it has."""
    rows: int = parquet.read_metadata(path).num_rows
    return rows


def _arrow_type(kind: pl.DataType) -> pa.DataType:
    return _WORDS if kind == pl.String else pl.Series([], dtype=kind).to_arrow().type


def _written(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return compute.dictionary_encode(values.cast(pa.string()))
    return values.cast(kind)
