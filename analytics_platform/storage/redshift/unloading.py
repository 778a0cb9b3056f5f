"""UNLOAD: from a query to Parquet in S3, and from there into Polars."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from redshift_connector.error import Error

from analytics_platform.storage.redshift.exchange import Exchange, ExchangeFolder
from analytics_platform.storage.redshift.faults import RedshiftError, told
from analytics_platform.storage.redshift.login import RedshiftLogin, connected
from analytics_platform.storage.redshift.retries import Retries
from analytics_platform.storage.redshift.statements import role_clause
from analytics_platform.storage.redshift.types import frame_of, told_types

__all__ = ["Exchange", "unloaded"]


@contextmanager
def unloaded(
    login: RedshiftLogin, exchange: Exchange, sql: str, query_group: str, retries: Retries
) -> Iterator[pl.LazyFrame]:
    """Unload the result of a query; give its rows, unread, until the block ends.

    Parameters
    ----------
    login : RedshiftLogin
        Who and where.
    exchange : Exchange
        Where the files go; they are deleted at the end.
    sql : str
        A query without question marks: UNLOAD binds nothing.
    query_group : str
        Label in the system tables.
    retries : Retries
        What is done when a conflict or a lost connection stops it.

    Yields
    ------
    LazyFrame
        Rows in no order.

    Raises
    ------
    RedshiftError
        If the server refuses it; in its words.
    """
    with exchange.folder("unload") as folder:

        def unit() -> tuple[pl.DataFrame, dict[str, pl.DataType]]:
            folder.clear()  # what an attempt before has left is not of this one
            return _unload(login, exchange, folder, sql, query_group)

        empty, types = retries.run("unload", unit)
        with folder.fetched(".parquet") as files:
            if not files:
                yield empty.lazy()
            else:
                yield pl.scan_parquet(files, glob=False, hive_partitioning=False).cast(types)  # type: ignore[arg-type]


def _unload(
    login: RedshiftLogin, exchange: Exchange, folder: ExchangeFolder, sql: str, query_group: str
) -> tuple[pl.DataFrame, dict[str, pl.DataType]]:
    statement = (
        f"unload ({_as_text(sql)}) to '{folder.address('rows_')}' {role_clause(exchange.role)} "
        "format as parquet"
    )
    with connected(login, query_group) as connection, connection.cursor() as cursor:
        try:
            # No row comes of this: it tells the types, which Parquet does not name as tables do.
            cursor.execute(f"select * from ({sql}) as unloaded limit 0")  # noqa: S608 - the query of our caller
            types = told_types(cursor)
            empty = frame_of(cursor)
            cursor.execute(statement)
        except (Error, OSError, struct.error) as error:
            message = f"Redshift could not unload to {folder.address('')}: {told(error)}"
            raise RedshiftError(message) from error
    return empty, types


def _as_text(sql: str) -> str:
    if "$$" in sql:
        message = f"a query to unload must not hold $$, which ends its text: {sql}"
        raise RedshiftError(message)
    return f"$${sql}$$"
