"""A real PostgreSQL server for one test session, from the binaries of the machine."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

SERVER_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


@dataclass(frozen=True)
class PostgresServer:
    """A server that listens on a socket in a folder of its own.

    Attributes
    ----------
    folder : Path
        Where data and socket are.
    """

    folder: Path

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"ledger_{uuid.uuid4().hex}"
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"create database {name}"))
        engine.dispose()
        return self.url(name)


def binaries() -> Path | None:
    """Return the folder of the newest server on this machine; None if there is none."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return found[-1].parent if found else None


@contextmanager
def running(programs: Path) -> Iterator[PostgresServer]:
    """Start a server and end it; as user nobody where the tests run as root, which it refuses."""
    folder = Path(tempfile.mkdtemp(prefix="pg_"))
    user = pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    data, log = folder / "data", folder / "log"
    _run([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
    options = " ".join(f"-c {setting}" for setting in SERVER_SETTINGS)
    control: list[Path | str] = [programs / "pg_ctl", "-D", data, "-w"]
    _run([*control, "-l", log, "-o", f"-k {folder} {options}", "start"], user)
    try:
        yield PostgresServer(folder)
    finally:
        _run([*control, "-m", "immediate", "stop"], user)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[Path | str], user: str | None) -> None:
    subprocess.run(  # noqa: S603 - programs of the system
        command,
        user=user,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=120,
    )


def _version(program: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in program.parent.parent.name.split(".") if part.isdigit())
