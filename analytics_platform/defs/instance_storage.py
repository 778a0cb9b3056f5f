"""The storages of an instance are made by one process at a time, also when services start together."""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.base_storage import DagsterStorage
from dagster._serdes import ConfigurableClassData

_LOCK = 0x6461677374657231
"""Key of the advisory lock; any number that nothing else in the database takes."""

_POSTGRES = "dagster_postgres"


class StorageError(RuntimeError):
    """The database of the instance cannot be used."""


def sole_preparer(home: Path) -> AbstractContextManager[None]:
    """Hold the storages that the ``dagster.yaml`` of a folder names; others wait until the block ends.

    Dagster creates its tables when it opens them first, and two processes that do so at once break the
    record of the schema's version. A database locks itself, so that services on several machines wait too.

    Raises
    ------
    StorageError
        If the database does not answer, or what Dagster needs for it is not installed.
    """
    told = InstanceRef.from_dir(str(home)).storage_data
    if told is not None and told.module_name == _POSTGRES:
        return _locked_database(told)
    return _locked_folder(home)


@contextmanager
def _locked_folder(home: Path) -> Iterator[None]:
    with (home / ".prepare.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _locked_database(told: ConfigurableClassData) -> Iterator[None]:
    if find_spec(_POSTGRES) is None:
        message = "storage in PostgreSQL needs dagster-postgres: pip install 'analytics-platform[aws]'"
        raise StorageError(message)
    from dagster_postgres.utils import DagsterPostgresException  # noqa: PLC0415 - an extra

    config: dict[str, Any] = yaml.safe_load(told.config_yaml)
    without_tables = yaml.safe_dump({**config, "should_autocreate_tables": False})
    storage = told._replace(config_yaml=without_tables).rehydrate(as_type=DagsterStorage)  # type: ignore[type-abstract]
    try:
        connected = storage.run_storage.connect()  # type: ignore[attr-defined] # what PostgreSQL has
        with connected as connection:
            connection.execute(sa.text("select pg_advisory_lock(:key)"), {"key": _LOCK})
            yield  # the lock goes with the connection, also if this process is killed
    except DagsterPostgresException as error:
        why = str(error.__cause__ or error).strip().splitlines()[0]
        message = f"the database of Dagster cannot be used: {why}; check the DAGSTER_POSTGRES_... variables"
        raise StorageError(message) from error
