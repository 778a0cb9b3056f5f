"""A place for the objects of a lake in which chosen tables are Iceberg tables."""

import tempfile
from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from analytics_platform.storage.iceberg.names import RowsOf
from analytics_platform.storage.iceberg.tables import IcebergTables
from analytics_platform.storage.lake.objects import DamagedLakeError, Objects, UnreachableLakeError


class IcebergObjects:
    """The `Objects` of a lake whose chosen tables keep the rows of their deliveries in Iceberg.

    To the lake a delivery is an object under a key. Here the object is a commit: its rows stand in data
    files of the table, in the folder of the table. Whatever is no delivery of a chosen table stays in the
    other place. So does a delivery without rows, and what was delivered before the table was chosen: where
    Iceberg has no rows of a delivery, its object is read.

    Parameters
    ----------
    inner : Objects
        Place of all that is not in Iceberg, and of the data files.
    tables : IcebergTables
        The chosen tables.
    """

    def __init__(self, inner: Objects, tables: IcebergTables) -> None:
        self._inner = inner
        self._tables = tables
        self._root = inner.address("")

    @property
    def url(self) -> str:
        """Where the lake stands."""
        return self._inner.url

    def address(self, key: str) -> str:
        """Return the path or URL of a key; of a delivery in Iceberg that of its table."""
        name = self._chosen(key)
        return self._inner.address(key) if name is None else self._inner.address(name)

    def has(self, key: str) -> bool:
        """Tell whether there is a delivery, or another object, under a key."""
        return self._is_in_iceberg(key) or self._inner.has(key)

    def digest(self, key: str) -> str:
        """Return the SHA-256 digest, in hexadecimal, of the file that was put.

        Raises
        ------
        UnreachableLakeError
            If the snapshot that told it has expired.
        """
        name = self._chosen(key)
        if name is None or not self._is_in_iceberg(key):
            return self._inner.digest(key)
        found = self._tables.digest(name, RowsOf.key(key))
        if found is None:
            message = f"Iceberg knows no SHA-256 of {key}: the snapshot that put it has expired"
            raise UnreachableLakeError(message)
        return found

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Yield a path to write to; its rows are committed when the block ends, unless some are there."""
        name = self._chosen(key)
        if name is None:
            with self._inner.writing(key) as path:
                yield path
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.parquet")
            yield path
            if not self._inner.has(key):
                self._put(name, key, path, again=False)

    def replace(self, key: str, file: Path) -> None:
        """Put the rows of a file under a key, whatever stands there now."""
        name = self._chosen(key)
        if name is None:
            self._inner.replace(key, file)
        else:
            self._put(name, key, file, again=True)

    def remove(self, key: str) -> None:
        """Take a delivery or another object away; one that is not there is no error."""
        name = self._chosen(key)
        if name is not None:
            self._tables.remove(name, RowsOf.key(key))
        self._inner.remove(key)

    def scan(self, keys: Sequence[str], schema: pl.Schema | None = None) -> pl.LazyFrame:
        """Return the rows of deliveries and of other Parquet files, unread."""
        by_table: dict[str, dict[RowsOf, str]] = {}
        others = list[str]()
        for key in keys:
            name = self._chosen(key)
            if name is None:
                others.append(key)
            else:
                by_table.setdefault(name, {})[RowsOf.key(key)] = key
        parts = list[pl.LazyFrame]()
        for name, wanted in by_table.items():
            files, found = self._tables.content(name).holding(wanted)
            others += [key for each, key in wanted.items() if each not in found]
            if files:
                rows = self._data(files, schema)
                parts.append(rows if found <= wanted.keys() else _only(wanted, rows))
        if others or not parts:
            parts.append(self._inner.scan(others, schema))
        return parts[0] if len(parts) == 1 else pl.concat(parts)

    def rows(self, folder: str, schema: pl.Schema, *, only: str | None = None) -> pl.DataFrame:
        """Return the rows of all Parquet files below a folder: small ones are never in Iceberg."""
        return self._inner.rows(folder, schema, only=only)

    def identity(self, key: str) -> Hashable | None:
        """Return what is another when the content under a key is replaced."""
        return self._inner.identity(key)

    def load(self, key: str) -> bytes:
        """Return the content under a key."""
        return self._inner.load(key)

    def store(self, key: str, content: bytes, *, instead_of: Hashable | None) -> bool:
        """Put a small file that changes; return False if another writer has replaced it meanwhile."""
        return self._inner.store(key, content, instead_of=instead_of)

    def forget(self, folder: str, *, but: Collection[str], older_than_seconds: float) -> None:
        """Delete the Parquet files of a folder that have other names than some, and are old enough."""
        self._inner.forget(folder, but=but, older_than_seconds=older_than_seconds)

    def _chosen(self, key: str) -> str | None:
        """Return the chosen table that a key is a delivery of; None if it is of none."""
        name = key.partition("/")[0]
        return name if name in self._tables.names else None

    def _is_in_iceberg(self, key: str) -> bool:
        name = self._chosen(key)
        return name is not None and self._tables.content(name).has(RowsOf.key(key))

    def _put(self, name: str, key: str, file: Path, *, again: bool) -> None:
        rows_of = RowsOf.key(key)
        if not pq.read_metadata(file).num_rows:
            if again:
                self._tables.remove(name, rows_of)
            self._inner.replace(key, file)
            return
        self._tables.put(name, rows_of, file, again=again)
        if again:
            self._inner.remove(key)

    def _data(self, addresses: list[str], schema: pl.Schema | None) -> pl.LazyFrame:
        """Return the rows of data files, unread: their times do not say that they are in UTC."""
        keys = [self._key(address) for address in addresses]
        if schema is None:
            return self._inner.scan(keys)
        times = [name for name, kind in schema.items() if isinstance(kind, pl.Datetime)]
        stored = pl.Schema({**schema, **dict.fromkeys(times, pl.Datetime("us"))})
        return self._inner.scan(keys, stored).with_columns(pl.col(times).dt.replace_time_zone("UTC"))

    def _key(self, address: str) -> str:
        path = address.removeprefix("file://")
        if not path.startswith(self._root):
            message = f"a data file of Iceberg stands at {address}, not in the lake {self.url}: move it back"
            raise DamagedLakeError(message)
        return path.removeprefix(self._root)


def _only(wanted: Collection[RowsOf], rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows of some deliveries, where a file holds others, too."""
    told = {name: [getattr(each, name) for each in wanted] for name in ("delivery_id", "moment")}
    schema = {"delivery_id": pl.String(), "moment": pl.Datetime("us", "UTC")}
    on = [pl.col("delivery_id"), pl.col("known_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")]
    return rows.join(
        pl.LazyFrame(told, schema=schema), left_on=on, right_on=["delivery_id", "moment"], how="semi"
    )
