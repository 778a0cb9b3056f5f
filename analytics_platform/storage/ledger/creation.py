"""The ledger's database on a server that has none yet; its tables are made by `database`, which opens it."""

from contextlib import closing
from typing import cast

import sqlalchemy as sa

from analytics_platform.storage.ledger.database import LedgerError

_CONNECT_SECONDS = 15
_MAINTENANCE = "postgres"
"""Database that every server has, to speak from."""


def create_database(url: str) -> bool:
    """Create the database of an address if the server has none of that name; return whether it was missing.

    Of processes that do so at once one makes it, and none fails. A file of SQLite is made when it is opened.

    Parameters
    ----------
    url : str
        SQLAlchemy address of the ledger.

    Raises
    ------
    LedgerError
        If the server cannot be asked, or the user may not create databases.
    """
    address = sa.make_url(url)
    if address.get_backend_name() != "postgresql" or _refusal(address) is None:
        return False
    if refused := _refusal(address.set(database=_MAINTENANCE)):
        message = (
            f"the server of the ledger cannot be used: {refused}; check ANALYTICS_LEDGER_URL, PGPASSWORD and "
            "PGSSLMODE, and who reaches its port"
        )
        raise LedgerError(message)
    _create(address)
    if refused := _refusal(address):
        message = f"the ledger's database {address.database} cannot be used: {refused}; let this user connect"
        raise LedgerError(message)
    return True


def _create(address: sa.URL) -> None:
    name = address.database or ""
    try:
        with closing(_connection(address.set(database=_MAINTENANCE))) as connection:
            if _is_there(connection, name):
                return
            quoted = connection.dialect.identifier_preparer.quote(name)
            try:
                connection.execute(sa.text(f"create database {quoted}"))
            except sa.exc.DBAPIError:
                if not _is_there(connection, name):  # else another process was quicker
                    raise
    except sa.exc.DBAPIError as error:
        message = (
            f"the ledger's database {name} is not there and cannot be created: {_why(error)}; create it as "
            f"a user who may: create database {name} owner {address.username or 'of this user'}"
        )
        raise LedgerError(message) from error


def _refusal(address: sa.URL) -> str | None:
    """Return why a database cannot be connected to; None if it can."""
    try:
        _connection(address).close()
    except sa.exc.DBAPIError as error:
        return _why(error)
    except ModuleNotFoundError as error:
        message = f"the ledger needs the driver {error.name}; install analytics-platform[postgres]"
        raise LedgerError(message) from error
    return None


def _connection(address: sa.URL) -> sa.Connection:
    """Connect outside of transactions: no database is created in one."""
    engine = sa.create_engine(
        address,
        isolation_level="AUTOCOMMIT",
        poolclass=sa.pool.NullPool,
        connect_args={"connect_timeout": _CONNECT_SECONDS},
    )
    return engine.connect()


def _is_there(connection: sa.Connection, name: str) -> bool:
    asked = sa.text("select exists (select from pg_database where datname = :name)")
    return cast("bool", connection.execute(asked, {"name": name}).scalar_one())


def _why(error: sa.exc.DBAPIError) -> str:
    return " ".join(str(error.orig).split())
