"""Parquet against the columns of a table, and its rows as the text that PostgreSQL loads."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from analytics_platform_tests.integration.redshift_double.errors import spectrum_error

_ROWS_AT_ONCE = 65_536
_SIZED = re.compile(r"(.*?)\((\d+)(?:,\s*(\d+))?\)(.*)")
_NO_FILE = "not a Parquet file"


@dataclass(frozen=True)
class Target:
    """A column of a table: its name and its type as PostgreSQL formats it, such as ``numeric(20,8)``."""

    name: str
    sql_type: str

    @property
    def arrow_type(self) -> pa.DataType | None:
        """What a Parquet column must be; None if no Parquet column fits."""
        base, numbers = _taken_apart(self.sql_type)
        if base == "numeric":
            precision, scale = (*numbers, 0, 0)[:2] if numbers else (38, 0)
            return pa.decimal128(precision, scale)
        return _ARROW.get(base)

    @property
    def most_bytes(self) -> int | None:
        """How long a text may be."""
        base, numbers = _taken_apart(self.sql_type)
        return numbers[0] if numbers and base in {"character varying", "character"} else None


_ARROW = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us"),
    "character varying": pa.string(),
    "character": pa.string(),
    "text": pa.string(),
}


def _taken_apart(sql_type: str) -> tuple[str, tuple[int, ...]]:
    found = _SIZED.fullmatch(sql_type)
    if found is None:
        return sql_type, ()
    return found[1] + found[4], tuple(int(number) for number in found.group(2, 3) if number)


class ParquetObject:
    """One Parquet file.

    Parameters
    ----------
    file : file
        Opened; stays open.
    address : str
        What errors call it.

    Raises
    ------
    RedshiftError
        If it is no Parquet.
    """

    def __init__(self, file: IO[bytes], address: str) -> None:
        self._address = address
        try:
            self._file = pq.ParquetFile(file)
        except (pa.ArrowInvalid, OSError) as fault:
            message = f"File '{address}' is {_NO_FILE}: {fault}"
            raise spectrum_error(message) from fault

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def row_count(self) -> int:
        """Rows in the file."""
        return int(self._file.metadata.num_rows)

    def by_position(self, targets: Sequence[Target]) -> list[str]:
        """Return the file's columns for a table's, first to first, as COPY pairs them.

        Raises
        ------
        RedshiftError
            If numbers or types differ.
        """
        schema = self._file.schema_arrow
        if len(schema) != len(targets):
            message = (
                f"Unmatched number of columns between table and file. Table columns: {len(targets)}, "
                f"Data columns: {len(schema)}, File name: {self._address}"
            )
            raise spectrum_error(message)
        for field, target in zip(schema, targets, strict=True):
            self._check(field, target)
        return [str(field.name) for field in schema]

    def by_name(self, targets: Sequence[Target]) -> list[str | None]:
        """Return the file's columns for an external table's, by name; None where the file has none.

        Raises
        ------
        RedshiftError
            If types differ.
        """
        fields = {field.name.lower(): field for field in self._file.schema_arrow}
        found: list[str | None] = []
        for target in targets:
            field = fields.get(target.name)
            if field is not None:
                self._check(field, target)
            found.append(None if field is None else str(field.name))
        return found

    def rows(
        self, sources: Sequence[str | None], targets: Sequence[Target], constants: Sequence[str | int] = ()
    ) -> Iterator[bytes]:
        """Yield rows as comma-separated text; every row ends with the constants.

        Raises
        ------
        RedshiftError
            If a text is longer, in bytes, than its column, or the file is damaged.
        """
        wanted = [name for name in sources if name is not None]
        for batch in self._batches(wanted):
            arrays = [
                pa.nulls(len(batch), pa.string()) if name is None else self._column(batch[name], target)
                for name, target in zip(sources, targets, strict=True)
            ]
            arrays.extend(pa.repeat(constant, len(batch)) for constant in constants)
            yield _as_text(arrays)

    def _batches(self, columns: Sequence[str]) -> Iterator[Any]:
        try:
            yield from self._file.iter_batches(_ROWS_AT_ONCE, columns=columns)
        except (pa.ArrowInvalid, OSError) as fault:
            message = f"File '{self._address}' cannot be read: {fault}"
            raise spectrum_error(message) from fault

    def _check(self, field: Any, target: Target) -> None:  # noqa: ANN401 - pyarrow has no types
        stored = _plain(field.type)
        if stored != target.arrow_type:
            message = (
                f"File '{self._address}' has an incompatible Parquet schema for column '{target.name}'. "
                f"Column type: {target.sql_type.upper()}, Parquet schema: {field.name} {stored}"
            )
            raise spectrum_error(message)

    def _column(self, array: Any, target: Target) -> Any:  # noqa: ANN401 - pyarrow has no types
        plain = array.cast(_plain(array.type))
        if target.most_bytes is not None:
            longest = pc.max(pc.binary_length(plain)).as_py() or 0
            if longest > target.most_bytes:
                message = (
                    f"The length of the data column {target.name} is longer than the length defined in the "
                    f"table. Table: {target.most_bytes}, Data: {longest}, File name: {self._address}"
                )
                raise spectrum_error(message)
        return plain


def _plain(stored: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the type that a column of Parquet is compared as: texts are one, times are UTC."""
    if pa.types.is_dictionary(stored):
        return _plain(stored.value_type)
    if pa.types.is_string(stored) or pa.types.is_large_string(stored) or pa.types.is_string_view(stored):
        return pa.string()
    if pa.types.is_timestamp(stored):
        return pa.timestamp("us")
    if pa.types.is_decimal(stored):
        return pa.decimal128(stored.precision, stored.scale)
    return stored


def _as_text(arrays: Sequence[Any]) -> bytes:
    table = pa.Table.from_arrays(list(arrays), names=[str(place) for place in range(len(arrays))])
    file = io.BytesIO()
    pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(include_header=False))
    return file.getvalue()
