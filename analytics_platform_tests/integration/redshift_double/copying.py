"""COPY: objects of S3 into a table, all or none."""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from analytics_platform_tests.integration.redshift_double.backend import Backend, literal, name
from analytics_platform_tests.integration.redshift_double.errors import RedshiftError, load_failed
from analytics_platform_tests.integration.redshift_double.objects import Listed, ObjectStore
from analytics_platform_tests.integration.redshift_double.parquet import ParquetObject, Target
from analytics_platform_tests.integration.redshift_double.statements import Copy

SPECTRUM_SCAN_ERROR = 15001
_BAD_DATA = 1204
_CHUNK = 1 << 20
_PLACE = re.compile(r"COPY [^,]+, line (\d+)(?:, column ([^:]+))?")


@dataclass(frozen=True)
class LoadError:
    """Why an object could not be loaded, and where.

    Attributes
    ----------
    file_name : str
        Its address.
    line_number : int
        Of text; 0 for Parquet.
    column_name : str
        Empty if it is about no column.
    error_code : int
        Redshift's number.
    error_message : str
        What is wrong.
    """

    file_name: str
    line_number: int
    column_name: str
    error_code: int
    error_message: str


def copy(statement: Copy, backend: Backend, store: ObjectStore, record: Callable[[LoadError], None]) -> int:
    """Load what a statement names; return the number of rows.

    Parameters
    ----------
    statement : Copy
        What is loaded where.
    backend : Backend
        The client's own connection: rows and errors are part of its transaction.
    store : ObjectStore
        S3.
    record : callable
        Given what does not fit, before the error is raised.

    Raises
    ------
    RedshiftError
        If an object is missing or does not fit; nothing is loaded then.
    """
    targets = _columns(backend, statement)
    if statement.is_manifest:
        found = store.named_by(statement.address, needs_size=statement.is_parquet)
    else:
        found = store.under(statement.address)
        if not found:
            message = f"The specified S3 prefix '{statement.address}' does not exist"
            raise RedshiftError(message)
    load = _load_parquet if statement.is_parquet else _load_text
    with backend.transaction():
        return sum(_recorded(load, statement, targets, backend, store, one, record) for one in found)


Load = Callable[[Copy, list[Target], Backend, ObjectStore, Listed], int]


def _recorded(  # noqa: PLR0913, PLR0917 - handed on
    load: Load,
    statement: Copy,
    targets: list[Target],
    backend: Backend,
    store: ObjectStore,
    one: Listed,
    record: Callable[[LoadError], None],
) -> int:
    try:
        return load(statement, targets, backend, store, one)
    except RedshiftError as fault:
        place = _PLACE.search(fault.detail or "")
        is_scan = fault.message == "Spectrum Scan Error"
        record(
            LoadError(
                one.address,
                int(place[1]) if place and not statement.is_parquet else 0,
                (place[2] or "") if place else "",
                SPECTRUM_SCAN_ERROR if is_scan else _BAD_DATA,
                (fault.detail or "") if is_scan else fault.message,
            )
        )
        if is_scan or place is None:
            raise
        raise load_failed(statement.table) from fault


def _columns(backend: Backend, statement: Copy) -> list[Target]:
    rows = backend.run(
        "select attname, format_type(atttypid, atttypmod) from pg_catalog.pg_attribute "  # noqa: S608 - quoted
        f"where attrelid = {literal(statement.table)}::regclass and attnum > 0 and not attisdropped "
        "order by attnum"
    ).rows
    found = {str(column): Target(str(column), str(sql_type)) for column, sql_type in rows}
    if lacking := [column for column in statement.columns if column not in found]:
        message = f'column "{lacking[0]}" of relation "{statement.table}" does not exist'
        raise RedshiftError(message, "42703")
    return [found[column] for column in statement.columns] if statement.columns else list(found.values())


def _load_parquet(
    statement: Copy, targets: list[Target], backend: Backend, store: ObjectStore, one: Listed
) -> int:
    columns = ", ".join(name(target.name) for target in targets)
    with store.opened(one) as file:
        parquet = ParquetObject(file, one.address)
        try:
            sources = parquet.by_position(targets)
            rows = parquet.rows(sources, targets)
            return backend.load(f"copy {statement.table} ({columns}) from stdin with (format csv)", rows)
        finally:
            parquet.close()


def _load_text(
    statement: Copy, targets: list[Target], backend: Backend, store: ObjectStore, one: Listed
) -> int:
    columns = ", ".join(name(target.name) for target in targets)
    options = f"format csv, delimiter {literal(statement.delimiter)}, null {literal(statement.null)}"
    with store.opened(one) as file:
        lines = _lines(file, statement)
        return backend.load(f"copy {statement.table} ({columns}) from stdin with ({options})", lines)


def _lines(stored: IO[bytes], statement: Copy) -> Iterator[bytes]:
    file: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=stored) if statement.is_compressed else stored
    for _ in range(statement.header_lines):
        file.readline()
    while chunk := file.read(_CHUNK):
        yield chunk
