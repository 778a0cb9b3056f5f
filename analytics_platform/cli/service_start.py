"""What a service of Dagster needs before it starts: its variables, its tables, and to be the only one."""

import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from analytics_platform.defs.instance import prepare_instance
from analytics_platform.defs.instance_storage import StorageError
from analytics_platform.settings import Settings, dagster_environment, settings
from analytics_platform.storage.ledger.creation import create_database
from analytics_platform.storage.ledger.database import LedgerError

REFUSED = 2


def prepare_storage(*, has_workspace: bool = False, migrate: bool = False) -> int:
    """Write the configuration, make the tables and, where the ledger's server has none, its database.

    Returns
    -------
    int
        The exit code, other than 0 if that is refused.
    """
    of = settings()
    files = [of.dagster_template, *([of.dagster_workspace] if has_workspace else [])]
    missing = sorted({name for file in files for name in variables_of(file)} - dagster_environment(of).keys())
    if missing:
        names = " and ".join(file.name for file in files)
        return _refused(f"set {', '.join(missing)}: {names} read them; docker/compose.env.example says what")
    try:
        instance = prepare_instance(of.dagster_template, of.dagster_home)
    except StorageError as error:
        return _refused(str(error))
    if migrate:
        instance.upgrade()
    instance.dispose()
    try:
        create_database(of.ledger_url)
    except LedgerError as error:
        return _refused(str(error))
    return 0


def hold_daemon() -> int:
    """Become the only daemon of this home until this process ends, also as another program."""
    file = os.open(_daemon_lock(settings()), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _refused(
            f"another daemon runs on {settings().dagster_home}; there is exactly one: stop that one first"
        )
    os.set_inheritable(file, True)  # noqa: FBT003 - the standard library's signature
    return 0


def variables_of(file: Path) -> set[str]:
    """Return the names of the environment variables that a configuration of Dagster reads."""
    return set(_named(yaml.safe_load(file.read_text("utf-8"))))


def _named(node: Any) -> Iterator[str]:  # noqa: ANN401 - whatever YAML holds
    if isinstance(node, dict):
        if set(node) == {"env"}:
            yield str(node["env"])
        else:
            for value in node.values():
                yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)


def _daemon_lock(of: Settings) -> Path:
    return of.dagster_home / "daemon.lock"


def _refused(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - told to who starts it
    return REFUSED
