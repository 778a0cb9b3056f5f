"""Redshift's system tables: what the double remembers, written to PostgreSQL when a statement asks for it."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from analytics_platform_tests.integration.redshift_double.backend import Backend, literal
from analytics_platform_tests.integration.redshift_double.copying import LoadError
from analytics_platform_tests.integration.redshift_double.dialect import Rewritten
from analytics_platform_tests.integration.redshift_double.external import ExternalTables

_HISTORY = frozenset({"sys_query_history", "stl_query"})
_LOAD_ERRORS = frozenset({"sys_load_error_detail", "stl_load_errors"})
_EXTERNAL = frozenset(
    {"svv_external_schemas", "svv_external_tables", "svv_external_columns", "svv_external_partitions"}
)


MOST_REMEMBERED = 10_000
"""Statements that are kept until one asks for them."""


@dataclass(frozen=True)
class Asked:
    """A statement that ran: who asked it, under which label, when (UTC), and the error if there was one."""

    query_id: int
    session_id: int
    user: str
    label: str
    text: str
    started_at: datetime
    ended_at: datetime
    error: str | None


@dataclass(frozen=True)
class FailedLoad:
    """What did not fit in a COPY."""

    query_id: int
    session_id: int
    at: datetime
    fault: LoadError


class SystemTables:
    """The system tables of one database.

    Parameters
    ----------
    external : ExternalTables
        External tables of the database.
    own : callable
        Returns the double's own connection to the database.
    """

    def __init__(self, external: ExternalTables, own: Callable[[], Backend]) -> None:
        self._external, self._own = external, own
        self._asked: deque[Asked] = deque(maxlen=MOST_REMEMBERED)
        self._failed: list[FailedLoad] = []
        self._lock = Lock()

    def remember(self, asked: Asked) -> None:
        """Keep a statement."""
        with self._lock:
            self._asked.append(asked)

    def remember_failure(self, failed: FailedLoad) -> None:
        """Keep why a load failed."""
        with self._lock:
            self._failed.append(failed)

    def refresh(self, statement: Rewritten) -> None:
        """Write what a statement asks for."""
        with self._lock:
            if statement.words & _HISTORY:
                self._append("history", [_history_row(one) for one in self._asked])
                self._asked.clear()
            if statement.words & _LOAD_ERRORS:
                self._append("load_errors", [_load_error_row(one) for one in self._failed])
                self._failed.clear()
            if statement.words & _EXTERNAL:
                self._write_external()

    def write_schemas(self) -> None:
        """Write which schemas are external."""
        with self._lock:
            self._replace("external_schemas", self._external.schemas.items())

    def _write_external(self) -> None:
        tables = [
            (schema, table)
            for schema, database in self._external.schemas.items()
            for table in self._external.catalog.tables(database)
        ]
        self._replace("external_tables", [(schema, table.name, table.folder) for schema, table in tables])
        columns = [
            (schema, table.name, column, kind, place, max(0, place - len(table.described) + len(table.keys)))
            for schema, table in tables
            for place, (column, kind) in enumerate(table.described, start=1)
        ]
        self._replace("external_columns", columns)
        partitions = [
            (schema, table.name, "[" + ",".join(f'"{value}"' for value in values) + "]", place)
            for schema, table in tables
            if table.keys
            for place, values in table.places.items()
        ]
        self._replace("external_partitions", partitions)

    def _replace(self, table: str, rows: Iterable[Sequence[str | float | None]]) -> None:
        self._own().run(f"delete from redshift_double.{table}")  # noqa: S608 - ours
        self._append(table, list(rows))

    def _append(self, table: str, rows: Sequence[Sequence[str | float | None]]) -> None:
        if rows:
            values = ", ".join(f"({', '.join(literal(value) for value in row)})" for row in rows)
            self._own().run(f"insert into redshift_double.{table} values {values}")  # noqa: S608 - literals


def _history_row(one: Asked) -> tuple[str | float | None, ...]:
    words = one.text.split(maxsplit=1)
    return (
        one.query_id,
        one.session_id,
        one.user,
        one.label,
        words[0].upper() if words else "",
        "failed" if one.error else "success",
        str(one.started_at),
        str(one.ended_at),
        (one.ended_at - one.started_at).total_seconds() * 1e6,
        one.error,
        one.text[:4000],
    )


def _load_error_row(one: FailedLoad) -> tuple[str | float | None, ...]:
    fault = one.fault
    return (
        one.query_id,
        one.session_id,
        str(one.at),
        fault.file_name,
        fault.line_number,
        fault.column_name,
        fault.error_code,
        fault.error_message,
    )
