"""One client's session: reads what it asks, lets the double or PostgreSQL answer."""

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from analytics_platform_tests.integration.redshift_double import wire
from analytics_platform_tests.integration.redshift_double.backend import FAILED, IDLE, IN_TRANSACTION, Backend
from analytics_platform_tests.integration.redshift_double.copying import LoadError, copy
from analytics_platform_tests.integration.redshift_double.dialect import Rewritten, rewrite
from analytics_platform_tests.integration.redshift_double.errors import RedshiftError
from analytics_platform_tests.integration.redshift_double.faults import CutError
from analytics_platform_tests.integration.redshift_double.statements import (
    Append,
    Copy,
    CreateExternalSchema,
    Special,
    Truncate,
    Unload,
    special,
)
from analytics_platform_tests.integration.redshift_double.system_tables import Asked, FailedLoad
from analytics_platform_tests.integration.redshift_double.unloading import unload

if TYPE_CHECKING:
    from analytics_platform_tests.integration.redshift_double.proxy import Database, Double

_KEPT_AT_START = frozenset({b"user", b"database", b"application_name", b"client_encoding"})
_VERSION = b"server_version\x008.0.2\x00"
_NOTHING = "do $$ begin end $$"
_LABEL = re.compile(r"\A\s*set\s+query_group\s*(?:to|=)\s*(?:'([^']*)'|(\w+))", re.IGNORECASE)
_WITHOUT_ID = re.compile(r"\s*(begin|start|commit|end|rollback|abort|set|reset|show)\b", re.IGNORECASE)
_JUST_NOW_SECONDS = 0.05
_LAST = re.compile(r"\bpg_last_(query_id|copy_id|copy_count|unload_id|unload_count)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """A statement: as asked, as PostgreSQL is asked, and what it is if the double itself answers."""

    asked: str
    rewritten: Rewritten
    special: Special | None


class Session:
    """A client's session.

    Parameters
    ----------
    client : Wire
        The client.
    double : Double
        What all sessions share.
    """

    def __init__(self, client: wire.Wire, double: "Double") -> None:
        self._client, self._double = client, double
        self._backend = Backend(double.folder)
        self._user, self._process = "", 0
        self._label = "default"
        self._last: dict[str, int] = {}
        self._statements: dict[str, Statement] = {}
        self._portals: dict[str, Statement] = {}
        self._prepared: Statement | None = None
        self._prepared_at = 0.0
        self._database: Database

    def serve(self) -> None:
        """Answer until the client goes."""
        with self._backend:
            if not self._log_in():
                return
            while True:
                batch = self._batch()
                if batch[-1].kind == b"X":
                    return
                if batch[-1].kind == b"Q":
                    self._answer_simple(wire.texts(batch[-1].body, 1)[0][0])
                else:
                    self._answer_extended(batch)

    def _log_in(self) -> bool:
        code, body = self._client.receive_first()
        while code in wire.ENCRYPTION_REQUESTS:
            self._client.send_bytes(b"N")
            code, body = self._client.receive_first()
        if code == wire.CANCEL_REQUEST:
            self._backend.send_bytes(wire.first_message(code, body))
            return False
        words = body.rstrip(b"\0").split(b"\0")
        options = dict(zip(words[::2], words[1::2], strict=False))
        kept = b"".join(
            key + b"\0" + value + b"\0" for key, value in options.items() if key in _KEPT_AT_START
        )
        self._backend.send_bytes(wire.first_message(code, kept + b"\0"))
        self._user = options[b"user"].decode()
        while (message := self._backend.receive()).kind not in {b"Z", b"E"}:
            self._hand_on_at_start(message)
        if message.kind == b"E":
            told = wire.error_told(message.body)
            code_of_redshift = {"28P01": "28000"}.get(told.code, told.code)
            self._client.send(wire.error(RedshiftError(told.message, code_of_redshift, told.detail)))
            return False
        self._client.send(message)
        self._database = self._double.database(options.get(b"database", options[b"user"]).decode())
        return True

    def _hand_on_at_start(self, message: wire.Message) -> None:
        if message.kind == b"S" and message.body.startswith(b"server_version\0"):
            message = wire.Message(b"S", _VERSION)
        if message.kind == b"K":
            (self._process,) = struct.unpack_from("!i", message.body)
        self._client.send(message)
        if message.kind == b"R" and struct.unpack_from("!i", message.body) != (0,):
            self._backend.send(self._client.receive())

    def _batch(self) -> list[wire.Message]:
        """Return messages up to one that ends what belongs together."""
        found: list[wire.Message] = []
        while True:
            message = self._client.receive()
            if message.kind != b"H":
                found.append(message)
            if message.kind in {b"Q", b"S", b"X"}:
                return found

    def _answer_simple(self, sql: str) -> None:
        try:
            statement = self._prepare(sql)
            cuts = self._run([statement])
        except RedshiftError as fault:
            self._refuse(fault)
            return
        self._relay([wire.query(statement.rewritten.sql)], [statement], cuts=cuts)

    def _answer_extended(self, batch: list[wire.Message]) -> None:
        """Run what the batch executes first: PostgreSQL is asked nothing until then, so it can be asked."""
        try:
            sent, executed = self._looked_into(batch)
            cuts = self._run(executed)
        except RedshiftError as fault:
            self._refuse(fault)
            return
        self._relay(sent, executed, cuts=cuts)

    def _looked_into(self, batch: list[wire.Message]) -> tuple[list[wire.Message], list[Statement]]:
        sent: list[wire.Message] = []
        executed: list[Statement] = []
        for message in batch:
            if message.kind == b"P":
                (known_as, sql), rest = wire.texts(message.body, 2)
                statement = self._statements[known_as] = self._prepare(sql)
                body = f"{known_as}\0{statement.rewritten.sql}\0".encode() + rest
                sent.append(wire.Message(b"P", body))
                continue
            if message.kind == b"B":
                (portal, known_as), _ = wire.texts(message.body, 2)
                if known_as in self._statements:
                    self._portals[portal] = self._statements[known_as]
            elif message.kind == b"E":
                (portal,), _ = wire.texts(message.body, 1)
                executed.extend([self._portals[portal]] if portal in self._portals else [])
            sent.append(message)
        return sent, executed

    def _prepare(self, sql: str) -> Statement:
        found = special(sql)
        rewritten = rewrite(sql)
        if found is not None and not isinstance(found, Truncate):
            rewritten = Rewritten(_NOTHING, frozenset(), frozenset())
        elif self._backend.status != FAILED:
            # PostgreSQL looks relations up when it prepares.
            self._database.external.refresh(rewritten)
        self._prepared, self._prepared_at = Statement(sql, rewritten, found), monotonic()
        return self._prepared

    def _run(self, statements: list[Statement]) -> bool:
        """Do what statements need before PostgreSQL is asked; return whether the connection is cut then."""
        cuts = False
        for statement in statements:
            self._started_at = datetime.now(UTC)
            self._query_id = next(self._double.query_ids)
            if self._backend.status == FAILED:
                continue
            try:
                cuts = self._double.faults.meet(statement.asked) or cuts
                self._perform(statement)
            except RedshiftError as fault:
                self._remember(statement, fault)
                raise
        return cuts

    def _perform(self, statement: Statement) -> None:
        database, backend = self._database, self._backend
        match statement.special:
            case None:
                self._bring_up_to_date(statement)
            case Copy() as found:
                rows = copy(found, backend, self._double.store, self._remember_failure)
                self._last |= {"copy_id": self._query_id, "copy_count": rows}
            case Unload() as found:
                query = rewrite(found.query)
                database.external.refresh(query)
                rows = unload(found, query.sql, backend, self._double.store)
                self._last |= {"unload_id": self._query_id, "unload_count": rows}
            case CreateExternalSchema() as found:
                database.create_external_schema(found, backend)
            case Append() as found:
                self._append(found)
            case Truncate():
                if backend.status == IN_TRANSACTION:
                    # The client asks it once more, alone, which empties an empty table.
                    backend.run(statement.rewritten.sql)
                    backend.run("commit")

    def _bring_up_to_date(self, statement: Statement) -> None:
        # The connector executes a statement again and again that it has prepared once.
        is_fresh = statement is self._prepared and monotonic() - self._prepared_at < _JUST_NOW_SECONDS
        self._prepared = None
        if not is_fresh:
            self._database.external.refresh(statement.rewritten)
        self._database.system.refresh(statement.rewritten)
        if _LAST.search(statement.asked):
            values = {"query_id": self._query_id - 1} | self._last
            settings = (
                f"set_config('redshift.last_{key}', '{value}', false)" for key, value in values.items()
            )
            self._backend.run(f"select {', '.join(settings)}")
        if found := _LABEL.match(statement.asked):
            self._label = found[1] or found[2] or "default"

    def _append(self, found: Append) -> None:
        if self._backend.status != IDLE:
            message = "ALTER TABLE APPEND cannot run inside a transaction block"
            raise RedshiftError(message, "25001")
        with self._backend.transaction():
            self._backend.run(f"insert into {found.table} table {found.source}")
            self._backend.run(f"delete from {found.source}")  # noqa: S608 - a client's

    def _relay(self, sent: list[wire.Message], executed: list[Statement], *, cuts: bool) -> None:
        self._backend.send(*sent)
        fault = self._backend.relay(_Nowhere() if cuts else self._client)
        for statement in executed:
            self._remember(statement, fault)
            if fault is None:
                self._database.notice(statement.rewritten)
        if cuts:
            raise CutError

    def _refuse(self, fault: RedshiftError) -> None:
        self._backend.abort()
        self._client.send(wire.error(fault), wire.Message(b"Z", self._backend.status))

    def _remember(self, statement: Statement, fault: RedshiftError | None) -> None:
        if not _WITHOUT_ID.match(statement.asked):
            self._last["query_id"] = self._query_id
        self._database.system.remember(
            Asked(
                self._query_id,
                self._process,
                self._user,
                self._label,
                statement.asked,
                self._started_at,
                datetime.now(UTC),
                None if fault is None else fault.message,
            )
        )

    def _remember_failure(self, fault: LoadError) -> None:
        failed = FailedLoad(self._query_id, self._process, datetime.now(UTC), fault)
        self._database.system.remember_failure(failed)


class _Nowhere:
    """Takes an answer that nobody gets."""

    def send_bytes(self, content: bytes) -> None:
        """Drop it."""
