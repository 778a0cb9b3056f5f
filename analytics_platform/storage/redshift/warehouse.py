"""The warehouse in Redshift: reading what dbt builds, small answers by cursor, large ones by UNLOAD."""

import struct
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date

import polars as pl
from redshift_connector.error import Error

from analytics_platform.storage.redshift.faults import RedshiftError, told
from analytics_platform.storage.redshift.login import RedshiftLogin, connected
from analytics_platform.storage.redshift.retries import Retries
from analytics_platform.storage.redshift.statements import Parameter, quoted, relation_name, with_literals
from analytics_platform.storage.redshift.types import frame_of
from analytics_platform.storage.redshift.unloading import Exchange, unloaded

ROWS_BY_CURSOR = 200_000
"""A larger relation comes by UNLOAD: the connector holds an answer as Python objects, a kilobyte a row."""


@dataclass(frozen=True)
class RedshiftWarehouse:
    """Relations by name, in one database of Redshift.

    Attributes
    ----------
    login : RedshiftLogin
        Who and where.
    exchange : Exchange
        Where UNLOAD puts what is large, and on whose behalf.
    query_group : str
        Label of all statements in the system tables: the run that they are of.
    retries : Retries
        What is done when a conflict or a lost connection stops a reading.
    rows_by_cursor : int
        Most rows of a relation that come by cursor.
    """

    login: RedshiftLogin
    exchange: Exchange
    query_group: str = "analytics_platform"
    retries: Retries = field(default_factory=Retries)
    rows_by_cursor: int = ROWS_BY_CURSOR

    def read(
        self,
        relation: str,
        columns: Sequence[str] | None = None,
        sessions: tuple[date, date] | None = None,
    ) -> pl.DataFrame:
        """Return a relation, restricted to columns and to business dates from first to last.

        Parameters
        ----------
        relation : str
            ``schema.table``, from code or a contract, never from a file or a request.
        columns : sequence of str, optional
            Columns in the wanted order; all by default.
        sessions : (date, date), optional
            First and last business date, both included.

        Raises
        ------
        RedshiftLoginError
            If nobody answers, or the credentials are wrong.
        RedshiftError
            If the relation or a column is missing; names it.
        """
        names = ", ".join(map(quoted, columns)) if columns else "*"
        chosen = f"from {relation_name(relation)}"
        parameters: tuple[Parameter, ...] = ()
        if sessions is not None:
            chosen, parameters = f"{chosen} where business_date between ? and ?", sessions
        n_rows = self.query(f"select count(*) as n_rows {chosen}", parameters).item()
        if n_rows <= self.rows_by_cursor:
            return self.query(f"select {names} {chosen}", parameters)
        with self.unloaded(f"select {names} {chosen}", parameters) as rows:
            return rows.collect()

    def query(self, sql: str, parameters: Sequence[Parameter] = ()) -> pl.DataFrame:
        """Return the result of a query with bound parameters.

        Raises
        ------
        RedshiftError
            If the server refuses the query; in its words.
        """
        return self.retries.run("query", lambda: self._asked(sql, parameters))

    def unloaded(
        self, sql: str, parameters: Sequence[Parameter] = ()
    ) -> AbstractContextManager[pl.LazyFrame]:
        """Unload the result of a query to Parquet; give its rows, unread, until the block ends.

        Returns
        -------
        context manager of LazyFrame
            Rows in no order, in memory only as far as they are collected.
        """
        return unloaded(
            self.login, self.exchange, with_literals(sql, parameters), self.query_group, self.retries
        )

    def _asked(self, sql: str, parameters: Sequence[Parameter]) -> pl.DataFrame:
        with connected(self.login, self.query_group) as connection, connection.cursor() as cursor:
            cursor.paramstyle = "qmark"
            try:
                cursor.execute(sql, tuple(parameters))
                return frame_of(cursor)
            except (Error, OSError, struct.error) as error:
                message = f"Redshift refused a query: {told(error)}; the query: {_shortened(sql)}"
                raise RedshiftError(message) from error


def _shortened(sql: str, longest: int = 300) -> str:
    words = " ".join(sql.split())
    return words if len(words) <= longest else f"{words[:longest]} ..."
