"""COPY: rows into a table of Redshift, all or none, however often it is tried."""

import json
import struct
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from redshift_connector.error import Error, ProgrammingError

from analytics_platform.storage.redshift import preflight
from analytics_platform.storage.redshift.exchange import Exchange, ExchangeFolder
from analytics_platform.storage.redshift.faults import LoadError, told
from analytics_platform.storage.redshift.login import RedshiftLogin, connected
from analytics_platform.storage.redshift.retries import Retries
from analytics_platform.storage.redshift.statements import quoted, relation_name, role_clause

_STAGE = "staged_rows"
_COUNT = f"select count(*) from {_STAGE}"  # noqa: S608 - our own name
_LOAD_ERRORS = """
select file_name, line_number, column_name, error_message
from sys_load_error_detail
where session_id = pg_backend_pid()
order by start_time desc, line_number
limit 5"""


@dataclass(frozen=True)
class Span:
    """The dates that a load replaces.

    Attributes
    ----------
    column : str
        Column of the date.
    first, last : date
        First and last date, both included.
    """

    column: str
    first: date
    last: date


@dataclass(frozen=True)
class RedshiftLoader:
    """Loads rows into native tables.

    Rows go to Parquet in S3, a manifest names the files with their sizes, COPY takes them into a temporary
    table, and after the checks one transaction locks the target, deletes the span and inserts the rows. A
    loader that is killed leaves the target as it was, or loaded; a second one waits for the lock.

    Attributes
    ----------
    login : RedshiftLogin
        Who and where.
    exchange : Exchange
        Where the files stand meanwhile, and on whose behalf Redshift reads them.
    query_group : str
        Label of all statements in the system tables: the run that they are of.
    retries : Retries
        What is done when a conflict or a lost connection stops a load.
    """

    login: RedshiftLogin
    exchange: Exchange
    query_group: str = "analytics_platform"
    retries: Retries = field(default_factory=Retries)

    def load(self, relation: str, rows: Iterable[pl.DataFrame], span: Span) -> int:
        """Replace a span of dates of a table by rows; return how many.

        Parameters
        ----------
        relation : str
            ``schema.table``, from code.
        rows : iterable of DataFrame
            Pieces with the columns of the table, in its order; one piece is in memory at a time.
        span : Span
            What is replaced; every row lies in it.

        Raises
        ------
        SchemaMismatchError
            If the table has other columns than the rows; before anything is sent.
        LoadError
            If a row lies outside the span, or the server refuses the rows; names file, row and column.
        RedshiftLoginError
            If nobody answers, or the credentials are wrong.
        """
        with self.exchange.folder("load") as folder:
            count = self._send(relation, rows, span, folder)
            try:
                return self.retries.run(
                    f"load of {relation}",
                    lambda: self._load(relation, folder.address("manifest"), count, span),
                )
            except (Error, OSError, struct.error) as error:
                message = (
                    f"{relation} holds its old rows or the new ones, never a part: the connection was lost "
                    f"({told(error)}); load it again"
                )
                raise LoadError(message) from error

    def _send(self, relation: str, rows: Iterable[pl.DataFrame], span: Span, folder: ExchangeFolder) -> int:
        columns = self.retries.run("look at the columns", lambda: self._columns(relation))
        entries, count = [], 0
        with tempfile.TemporaryDirectory(prefix="load_") as scratch:
            for number, piece in enumerate(rows):
                preflight.refuse_other_columns(relation, columns, piece.schema)
                preflight.refuse_long_texts(relation, columns, piece, count)
                _refuse_other_dates(relation, piece, span, count)
                if piece.is_empty():
                    continue
                file = Path(scratch) / f"{number:06}.parquet"
                piece.write_parquet(file)
                entries.append(_entry(folder, file))
                file.unlink()
                count += piece.height
        folder.put("manifest", json.dumps({"entries": entries}).encode())
        return count

    def _columns(self, relation: str) -> list[preflight.Column]:
        with connected(self.login, self.query_group) as connection, connection.cursor() as cursor:
            cursor.paramstyle = "qmark"
            return preflight.columns_of(cursor, relation)

    def _load(self, relation: str, manifest: str, count: int, span: Span) -> int:
        """Do the whole unit once, in a connection of its own."""
        target = relation_name(relation)
        with connected(self.login, self.query_group) as connection, connection.cursor() as cursor:
            cursor.paramstyle = "qmark"
            try:
                # Outside of the transaction: made inside, six loaders at once end in a deadlock.
                cursor.execute(f"create temp table {_STAGE} (like {target})")
                if count:
                    self._copy(cursor, relation, manifest)
                found = _number(cursor, _COUNT)
                if found != count:
                    message = f"COPY took {found} of {count} rows for {relation}: an object changed meanwhile"
                    raise LoadError(message)
                _replace(connection, cursor, target, span)
            except ProgrammingError as error:
                message = f"{relation} is as it was: Redshift refused its load: {told(error)}"
                raise LoadError(message) from error
        return count

    def _copy(self, cursor: Any, relation: str, manifest: str) -> None:  # noqa: ANN401 - the connector has no types
        statement = (
            f"copy {_STAGE} from '{manifest}' {role_clause(self.exchange.role)} format as parquet manifest"
        )
        try:
            cursor.execute(statement)
        except ProgrammingError as error:
            causes = _causes(cursor)
            message = f"{relation} is as it was: COPY of {manifest} failed: {told(error)}{causes}"
            raise LoadError(message) from error


def _replace(connection: Any, cursor: Any, target: str, span: Span) -> None:  # noqa: ANN401 - the connector has no types
    connection.autocommit = False
    cursor.execute(f"lock table {target}")  # one writer at a time: that avoids error 1023
    cursor.execute(
        f"delete from {target} where {quoted(span.column)} between ? and ?",  # noqa: S608 - checked names
        (span.first, span.last),
    )
    cursor.execute(f"insert into {target} select * from {_STAGE}")  # noqa: S608 - checked names
    connection.commit()
    connection.autocommit = True


def _entry(folder: ExchangeFolder, file: Path) -> Mapping[str, Any]:
    size = folder.put(file.name, file)
    return {"url": folder.address(file.name), "mandatory": True, "meta": {"content_length": size}}


def _refuse_other_dates(relation: str, rows: pl.DataFrame, span: Span, first_row: int) -> None:
    dates = rows[span.column]
    inside = dates.is_between(span.first, span.last).fill_null(value=False)
    if not inside.all():
        place = (~inside).arg_true()[0]
        message = (
            f"row {first_row + place + 1} of the rows for {relation} has {span.column} {dates[place]}, "
            f"outside of {span.first} to {span.last}, which are replaced"
        )
        raise LoadError(message)


def _causes(cursor: Any) -> str:  # noqa: ANN401 - the connector has no types
    """Return what the system tables tell of the COPY that has just failed."""
    try:
        rows = cursor.execute(_LOAD_ERRORS).fetchall()  # each attempt has a session of its own
    except Error:
        return ""  # the tables cannot be seen: the words of the server have to do
    told_rows = [
        f"{str(file).strip()}, line {line}, column {str(column).strip()}: {str(cause).strip()}"
        for file, line, column, cause in rows
    ]
    return "; " + "; ".join(told_rows) if told_rows else ""


def _number(cursor: Any, sql: str) -> int:  # noqa: ANN401 - the connector has no types
    cursor.execute(sql)
    return int(cursor.fetchone()[0])
