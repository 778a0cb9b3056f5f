"""The Iceberg tables of a lake: deliveries put, replaced and taken away, each by one commit."""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchIcebergTableError,
    NoSuchPropertyException,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationException,
)
from pyiceberg.expressions import And, BooleanExpression, EqualTo, Reference
from pyiceberg.table import Table
from sqlalchemy.exc import IntegrityError

from analytics_platform.storage.files import sha256_of
from analytics_platform.storage.iceberg.content import Content, Contents
from analytics_platform.storage.iceberg.names import RowsOf
from analytics_platform.storage.iceberg.schema import PROPERTIES, described
from analytics_platform.storage.lake.lake import ROW_GROUP_ROWS
from analytics_platform.storage.lake.objects import UnreachableLakeError
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import TABLES
from analytics_platform.tables.risk import RUN_MANIFESTS

_SMALL = frozenset({DELIVERIES.name, RUN_MANIFESTS.name})
_TRIES = 30
_LONGEST_WAIT_SECONDS = 2.0
_OVERTAKEN = (CommitFailedException, ValidationException, TableAlreadyExistsError, IntegrityError)
"""What a commit fails with when another came first; the last when two make the namespace."""

_DELIVERY, _DIGEST = "analytics.delivery", "analytics.sha256"


class IcebergTables:
    """Chosen tables in one namespace of an Iceberg catalogue.

    Parameters
    ----------
    catalog : pyiceberg Catalog
        Where the newest state of each table is told.
    namespace : str
        Its namespace; the database, if it is Glue's.
    names : collection of str
        The tables.
    root : str
        Address of the lake, with a slash at its end: each table stands in a folder of its name.

    Raises
    ------
    ValueError
        If a name is of no table, or of one whose rows are many small objects that everybody reads first.
    """

    def __init__(self, catalog: Catalog, namespace: str, names: Collection[str], root: str) -> None:
        possible = TABLES.keys() - _SMALL
        if wrong := ", ".join(sorted(set(names) - possible)):
            message = f"ANALYTICS_ICEBERG_TABLES names {wrong}: choose among {', '.join(sorted(possible))}"
            raise ValueError(message)
        self._root = root if "://" in root else f"file://{root}"
        self.names = frozenset(names)
        self.namespace = namespace
        self._catalog = catalog
        self._contents = Contents()
        self._lock = threading.Lock()

    def content(self, name: str) -> Content:
        """Return which files hold which deliveries now; none if the table was never written.

        Raises
        ------
        UnreachableLakeError
            If the catalogue has no Iceberg table of the name, but another one.
        DamagedLakeError
            If another engine has deleted single rows.
        """
        table = self._loaded(name)
        if table is None:
            return Content({})
        with self._lock:
            return self._contents.of(table)

    def put(self, name: str, rows_of: RowsOf, file: Path, *, again: bool) -> None:
        """Put the rows of one delivery, once, by one commit.

        Whoever is overtaken by another commit looks anew, so of two that put the same delivery the first
        stays.

        Parameters
        ----------
        name : str
            The table; it is made, or gets the columns that it lacks.
        rows_of : RowsOf
            Whose rows they are.
        file : Path
            Parquet with at least one row, and the columns of the contract.
        again : bool
            Whether rows of the delivery that are there already are replaced.

        Raises
        ------
        UnreachableLakeError
            If others change the table all the time.
        """
        facts = {_DELIVERY: _told(rows_of), _DIGEST: sha256_of(file)}
        columns = described(name, pq.read_schema(file))

        def commit() -> None:
            table = self._made(name, columns)
            is_there = self._contents.of(table).has(rows_of)
            if is_there and not again:
                return
            with _streamed(file, columns) as rows, table.transaction() as change:
                if is_there:
                    change.delete(_rows(rows_of), snapshot_properties=facts)
                change.append(rows, snapshot_properties=facts)

        self._tried(name, commit)

    def remove(self, name: str, rows_of: RowsOf) -> None:
        """Take the rows of one delivery away.

        Raises
        ------
        UnreachableLakeError
            If others change the table all the time.
        """

        def commit() -> None:
            table = self._loaded(name)
            if table is not None and self._contents.of(table).has(rows_of):
                table.delete(_rows(rows_of))

        self._tried(name, commit)

    def digest(self, name: str, rows_of: RowsOf) -> str | None:
        """Return the digest that a delivery was put with; None if the snapshot that told it has expired."""
        table = self._loaded(name)
        for snapshot in reversed(table.metadata.snapshots if table else []):
            summary = snapshot.summary
            if summary is not None and summary.additional_properties.get(_DELIVERY) == _told(rows_of):
                return summary.additional_properties[_DIGEST]
        return None

    def _tried(self, name: str, commit: Callable[[], None]) -> None:
        for number in range(_TRIES):
            try:
                with self._lock:
                    commit()
            except _OVERTAKEN:
                longest = min(0.05 * 2**number, _LONGEST_WAIT_SECONDS)
                time.sleep(random.uniform(0.2, 1.0) * longest)  # noqa: S311 - so that two do not meet again
            else:
                return
        message = f"others change the Iceberg table {self.namespace}.{name} all the time; try again later"
        raise UnreachableLakeError(message)

    def make(self, name: str) -> None:
        """Make a table before its first delivery, or give it the columns that it lacks: SQL reads it."""
        rows = pl.DataFrame(schema=TABLES[name].lake_columns)
        self._made(name, described(name, rows.to_arrow().schema))

    def _loaded(self, name: str) -> Table | None:
        try:
            return self._catalog.load_table((self.namespace, name))
        except (NoSuchIcebergTableError, NoSuchPropertyException) as error:
            message = (
                f"{self.namespace}.{name} is no Iceberg table in the catalogue, but ANALYTICS_ICEBERG_TABLES "
                "names it: run `analytics catalog sync`, which removes the entry of its files"
            )
            raise UnreachableLakeError(message) from error
        except NoSuchTableError:
            return None

    def _made(self, name: str, wanted: pa.Schema) -> Table:
        """Return the table, made or with the columns that it lacked."""
        table = self._loaded(name)
        if table is None:
            self._catalog.create_namespace_if_not_exists(self.namespace)
            return self._catalog.create_table(
                (self.namespace, name), wanted, location=f"{self._root}{name}", properties=PROPERTIES
            )
        if not set(wanted.names) <= {field.name for field in table.schema().fields}:
            with table.update_schema() as change:
                change.union_by_name(wanted)
        return table


def _rows(of: RowsOf) -> BooleanExpression:
    told: list[BooleanExpression] = [
        EqualTo(term=Reference("delivery_id"), value=of.delivery_id),
        EqualTo(term=Reference("known_at"), value=of.moment.replace(tzinfo=None).isoformat()),
    ]
    return And(*told)


def _told(of: RowsOf) -> str:
    return f"{of.moment:%Y%m%dT%H%M%S%fZ}_{of.delivery_id}"


@contextmanager
def _streamed(file: Path, columns: pa.Schema) -> Iterator[pa.RecordBatchReader]:
    """Open the rows of a file, so many at a time that memory does not grow with them."""
    with pq.ParquetFile(file) as opened:
        batches = (batch.cast(columns) for batch in opened.iter_batches(ROW_GROUP_ROWS))
        yield pa.RecordBatchReader.from_batches(columns, batches)
