"""The ledger's database: SQLite or PostgreSQL, brought to its newest form."""

import sqlite3
import time
from pathlib import Path

import sqlalchemy as sa

NEWEST = "0004"
"""Revision that this code reads and writes; the last of `migrations`."""

_WRITES = "analytics_writes"
_LOCK = 5_320_021_713
"""Key of the advisory lock under which PostgreSQL is migrated: any number that nothing else uses."""

_WAIT_SECONDS = 60.0
_MIGRATIONS = str(Path(__file__).parent / "migrations")


class LedgerError(RuntimeError):
    """The ledger cannot be opened as it is."""


def open_database(url: str) -> sa.Engine:
    """Open the database and bring it to the newest form; of two processes that start at once one does it.

    Parameters
    ----------
    url : str
        SQLAlchemy address, ``sqlite:///path`` or ``postgresql://user@host/name``.

    Raises
    ------
    LedgerError
        If the driver is missing, or the ledger was written by newer code.
    """
    engine = _engine(url)
    if _revision(engine) != NEWEST:
        _migrate(engine)
    return engine


def writing(engine: sa.Engine) -> sa.Engine:
    """Return the engine for transactions that write: on SQLite they take their turn before they read."""
    return engine.execution_options(**{_WRITES: True})


def _engine(url: str) -> sa.Engine:
    if url.startswith("sqlite"):
        path = Path(sa.make_url(url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url, connect_args={"timeout": _WAIT_SECONDS})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return sa.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        message = f"the ledger needs the driver {error.name}; install analytics-platform[postgres]"
        raise LedgerError(message) from error


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    """Let readers see the last state while one writes; begin and end transactions only where we say so.

    With a write-ahead log every commit still reaches the disk, in one write instead of three. SQLite does not
    wait when several processes begin that log at once, whatever timeout it has: so we do.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            cursor.execute("pragma journal_mode = wal")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the only place for writers at once: a reader that becomes a writer later may be turned away."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("begin immediate" if writes else "begin")


def _revision(engine: sa.Engine) -> str | None:
    """Return the revision of the database; None if it has none."""
    with engine.connect() as connection:
        try:
            return connection.execute(sa.text("select version_num from alembic_version")).scalar()
        except (sa.exc.OperationalError, sa.exc.ProgrammingError):
            if sa.inspect(engine).has_table("alembic_version"):
                raise
            return None


def _migrate(engine: sa.Engine) -> None:
    """Run the missing steps in one transaction that no other process can enter."""
    from alembic.config import Config  # noqa: PLC0415 - a quarter of a second, needed once a ledger
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext, RevisionStep  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", _MIGRATIONS.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)

    def steps(revision: object, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]  # noqa: SLF001 - as `alembic.command.upgrade` does

    with writing(engine).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        try:
            with EnvironmentContext(config, scripts, fn=steps, destination_rev="head") as environment:
                environment.configure(connection=connection)
                environment.run_migrations()
        except CommandError as error:
            message = (
                f"the ledger at {engine.url.render_as_string()} was written by newer code ({error}); "
                f"update analytics-platform, or point ANALYTICS_LEDGER_URL at another ledger"
            )
            raise LedgerError(message) from error
