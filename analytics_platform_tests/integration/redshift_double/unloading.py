"""UNLOAD: the rows of a query as Parquet objects, written while they are read."""

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from analytics_platform_tests.integration.redshift_double import wire
from analytics_platform_tests.integration.redshift_double.backend import Backend
from analytics_platform_tests.integration.redshift_double.dialect import outermost
from analytics_platform_tests.integration.redshift_double.errors import NOT_SUPPORTED, RedshiftError
from analytics_platform_tests.integration.redshift_double.objects import ObjectStore
from analytics_platform_tests.integration.redshift_double.statements import Unload

SLICES = 2
UNDECLARED_SCALE = 8

_BLOCK = 4 << 20
_NUMERIC = 1700
_TYPES = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    700: pa.float32(),
    701: pa.float64(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
}


@dataclass(frozen=True)
class _Part:
    address: str
    size: int
    row_count: int


def unload(statement: Unload, sql: str, backend: Backend, store: ObjectStore) -> int:
    """Write the rows of a query; return their number.

    Parameters
    ----------
    statement : Unload
        Where and how.
    sql : str
        The query for PostgreSQL.
    backend : Backend
        The client's own connection.
    store : ObjectStore
        S3.

    Raises
    ------
    RedshiftError
        If objects stand there already, the query fails, or it has an outer LIMIT.
    """
    if "limit" in outermost(statement.query):
        message = "Limit clause is not supported"
        raise RedshiftError(message, NOT_SUPPORTED)
    _make_room(statement, store)
    columns = backend.run(f"select * from ({sql}\n) as unloaded limit 0").columns  # noqa: S608 - a client's
    schema = pa.schema([(column.name, _type(column)) for column in columns])
    with _Writer(statement, schema, store) as writer:
        for block in _blocks(backend.dump(f"copy ({sql}\n) to stdout with (format csv)")):
            writer.write(_table(block, schema))
    if statement.has_manifest:
        store.put(f"{statement.address}manifest", _manifest(writer.parts, columns, statement).encode())
    return sum(part.row_count for part in writer.parts)


class _Writer:
    """Writes blocks of rows to one file a slice in turn; what has its size is put and a new one begun."""

    def __init__(self, statement: Unload, schema: Any, store: ObjectStore) -> None:  # noqa: ANN401 - pyarrow
        self._statement, self._schema, self._store = statement, schema, store
        self._turns = cycle(range(SLICES if statement.is_parallel else 1))
        self._open: dict[int, tuple[Any, Path]] = {}
        self._begun: dict[int, int] = {}
        self._closing = ExitStack()
        self.parts: list[_Part] = []

    def __enter__(self) -> Self:
        self._folder = Path(self._closing.enter_context(TemporaryDirectory(prefix="redshift_double_")))
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._closing:
            for place in sorted(self._open):
                self._end(place, keep=kind is None)

    def write(self, table: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        """Write a block."""
        place = next(self._turns)
        if place not in self._open:
            path = self._folder / str(place)
            self._open[place] = pq.ParquetWriter(path, self._schema), path
        writer, path = self._open[place]
        writer.write_table(table)
        if path.stat().st_size >= self._statement.largest_file - _BLOCK:
            self._end(place, keep=True)

    def _end(self, place: int, *, keep: bool) -> None:
        writer, path = self._open.pop(place) if keep else self._open[place]
        writer.close()
        if keep:
            number = self._begun.get(place, 0)
            self._begun[place] = number + 1
            tail = f"{place:04}_part_{number:02}" if self._statement.is_parallel else f"{number:03}"
            address = f"{self._statement.address}{tail}.parquet"
            self._store.put(address, path)
            row_count = pq.read_metadata(path).num_rows
            self.parts.append(_Part(address, path.stat().st_size, row_count))


def _make_room(statement: Unload, store: ObjectStore) -> None:
    standing = store.under(statement.address)
    if statement.cleans:
        store.delete(standing)
    elif standing and not statement.overwrites:
        message = (
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "
            "manually removing the target files in S3, or using the ALLOWOVERWRITE option."
        )
        raise RedshiftError(message)


def _type(column: wire.Column) -> Any:  # noqa: ANN401 - pyarrow has no types
    if column.type_number != _NUMERIC:
        return _TYPES.get(column.type_number, pa.string())
    if column.modifier < 0:
        return pa.decimal128(38, UNDECLARED_SCALE)
    return pa.decimal128(column.modifier - 4 >> 16 & 0xFFFF, column.modifier - 4 & 0xFFFF)


def _blocks(rows: Iterator[bytes]) -> Iterator[bytes]:
    block = io.BytesIO()
    for row in rows:
        block.write(row)
        if block.tell() >= _BLOCK:
            yield block.getvalue()
            block = io.BytesIO()
    if block.tell():
        yield block.getvalue()


def _table(block: bytes, schema: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    try:
        return pyarrow.csv.read_csv(
            io.BytesIO(block),
            # One block: a value may have line breaks.
            pyarrow.csv.ReadOptions(column_names=schema.names, block_size=len(block) + 1, use_threads=False),
            pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=schema,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as fault:
        message = (
            f"a value does not fit its column; a decimal without a declared scale is cast first: {fault}"
        )
        raise RedshiftError(message) from fault


def _manifest(parts: Sequence[_Part], columns: Sequence[wire.Column], statement: Unload) -> str:
    entries: list[dict[str, object]] = []
    for part in parts:
        meta = {"content_length": part.size}
        if statement.is_verbose:
            meta["record_count"] = part.row_count
        entries.append({"url": part.address, "meta": meta})
    content: dict[str, object] = {"entries": entries}
    if statement.is_verbose:
        content["schema"] = {"elements": [{"name": column.name} for column in columns]}
        content["meta"] = {
            "content_length": sum(part.size for part in parts),
            "record_count": sum(part.row_count for part in parts),
        }
    return json.dumps(content)
