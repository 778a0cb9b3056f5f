"""The double itself: listens where a test's client connects, and keeps what sessions share."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

from analytics_platform_tests.integration.postgres import PostgresServer
from analytics_platform_tests.integration.redshift_double import wire
from analytics_platform_tests.integration.redshift_double.backend import Backend, literal, name
from analytics_platform_tests.integration.redshift_double.dialect import Rewritten
from analytics_platform_tests.integration.redshift_double.errors import RedshiftError
from analytics_platform_tests.integration.redshift_double.external import ExternalTables
from analytics_platform_tests.integration.redshift_double.faults import CutError, Faults
from analytics_platform_tests.integration.redshift_double.glue import Catalog
from analytics_platform_tests.integration.redshift_double.objects import ObjectStore
from analytics_platform_tests.integration.redshift_double.session import Session
from analytics_platform_tests.integration.redshift_double.statements import CreateExternalSchema
from analytics_platform_tests.integration.redshift_double.system_tables import SystemTables

SHIM = Path(__file__).with_name("shim.sql")
SUPERUSER = "postgres"
TEMPLATE = "redshift_template"
_SERIALIZABLE = ("default_transaction_isolation to 'serializable'",)
_SETTINGS = (
    "timezone to 'UTC'",
    "jit to off",
    "password_encryption to 'md5'",
    # Tables that were just made have no statistics: loops over all pairs would take minutes.
    "enable_nestloop to off",
    "work_mem to '64MB'",
)


class Database:
    """What the sessions of one database share."""

    def __init__(self, called: str, double: "Double") -> None:
        self._double = double
        # Each has a lock of its own, so each has a connection of its own.
        self._owns = (_Own(called, double), _Own(called, double))
        self.external = ExternalTables(double.catalog, double.store, self._owns[0])
        self.system = SystemTables(self.external, self._owns[1])

    def create_external_schema(self, wanted: CreateExternalSchema, backend: Backend) -> None:
        """Make a schema whose tables are those of a database of Glue."""
        if wanted.schema in self.external.schemas:
            if wanted.may_exist:
                return
            message = f'schema "{wanted.schema}" already exists'
            raise RedshiftError(message, "42P06")
        if wanted.makes_database:
            self._double.catalog.make_database(wanted.database)
        backend.run(f"create schema {name(wanted.schema)}")
        self.external.schemas[wanted.schema] = wanted.database
        self.system.write_schemas()

    def notice(self, statement: Rewritten) -> None:
        """Forget an external schema that a statement has dropped."""
        start = statement.sql.lower().split(maxsplit=2)[:2]
        if start == ["drop", "schema"]:
            for schema in statement.words & self.external.schemas.keys():
                self.external.forget(schema)
            self.system.write_schemas()

    def close(self) -> None:
        """Close the double's own connections."""
        for own in self._owns:
            own.close()


class _Own:
    """A connection of the double itself, made when it is first asked for."""

    def __init__(self, database: str, double: "Double") -> None:
        self._database, self._double = database, double
        self._connection: Backend | None = None

    def __call__(self) -> Backend:
        if self._connection is None:
            self._connection = self._double.own(self._database)
            # A client that holds what is to be changed must not hang the session that asks for the change.
            self._connection.run("set lock_timeout to '10s'")
        return self._connection

    def close(self) -> None:
        """Close it."""
        if self._connection is not None:
            self._connection.close()


@dataclass(frozen=True)
class Login:
    """How a client gets in."""

    host: str
    port: int
    user: str
    password: str


class Double:
    """PostgreSQL behind Redshift's protocol.

    Parameters
    ----------
    folder : Path
        Where the socket of PostgreSQL is.
    store : ObjectStore
        S3.
    catalog : Catalog
        Glue.

    Attributes
    ----------
    faults : Faults
        What tests let go wrong.
    login : Login
        A superuser, as the first user of a cluster is.
    """

    def __init__(self, folder: Path, store: ObjectStore, catalog: Catalog) -> None:
        self.folder, self.store, self.catalog = folder, store, catalog
        self.faults = Faults()
        self.query_ids = count(1000)
        self._databases: dict[str, Database] = {}
        self._clients: set[wire.Wire] = set()
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.login = Login(
            "127.0.0.1", self._listener.getsockname()[1], f"awsuser_{uuid4().hex[:8]}", uuid4().hex
        )
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Make user and template, and listen."""
        self._let_in()
        with self.own("postgres") as server:
            server.run("set password_encryption to 'md5'")
            password = literal(self.login.password)
            server.run(f"create role {self.login.user} superuser login password {password}")
            if (TEMPLATE,) not in server.run("select datname from pg_catalog.pg_database").rows:
                server.run(f"create database {TEMPLATE}")
                with self.own(TEMPLATE) as template:
                    template.run(SHIM.read_text(encoding="utf-8"))
        self._begin(self._accept)

    def stop(self) -> None:
        """Cut every connection and end."""
        self.faults.clear()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.cut()
        for thread in self._threads:
            thread.join(timeout=10)
        for database in self._databases.values():
            database.close()

    def new_database(self, *, serializable: bool = False) -> str:
        """Make an empty database and return its name.

        Parameters
        ----------
        serializable : bool
            Whether transactions that conflict end in error 1023, found by PostgreSQL. External tables that
            are first read within a transaction may then look empty in it.
        """
        called = f"analytics_{uuid4().hex[:12]}"
        with self.own("postgres") as server:
            server.run(f"create database {called} template {TEMPLATE}")
            for setting in (*_SETTINGS, *(_SERIALIZABLE if serializable else ())):
                server.run(f"alter database {called} set {setting}")
        return called

    def database(self, called: str) -> Database:
        """Return what sessions of a database share."""
        with self._lock:
            return self._databases.setdefault(called, Database(called, self))

    def own(self, database: str) -> Backend:
        """Return a connection of the double itself."""
        backend = Backend(self.folder)
        backend.log_in(SUPERUSER, database)
        return backend

    def cut_all(self) -> None:
        """Cut the connection of every client."""
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.cut()

    def _let_in(self) -> None:
        """Ask everyone but the superuser for a password."""
        rules = f"local all {SUPERUSER} trust\nlocal all all md5\n"
        (self.folder / "data" / "pg_hba.conf").write_text(rules, encoding="utf-8")
        with self.own("postgres") as server:
            server.run("select pg_reload_conf()")

    def _begin(self, work: Any, *arguments: object) -> None:  # noqa: ANN401 - any callable
        thread = Thread(target=work, args=arguments, daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with wire.Wire(connection) as client:
            with self._lock:
                self._clients.add(client)
            try:
                Session(client, self).serve()
            except (CutError, ConnectionError):
                pass  # the client is gone, or is to be
            finally:
                with self._lock:
                    self._clients.discard(client)


@contextmanager
def running(server: PostgresServer, s3: Any, glue: Any) -> Iterator[Double]:  # noqa: ANN401 - boto3 has no types
    """Run a double on a server of PostgreSQL, S3 and Glue."""
    double = Double(server.folder, ObjectStore(s3), Catalog(glue))
    double.start()
    try:
        yield double
    finally:
        double.stop()
