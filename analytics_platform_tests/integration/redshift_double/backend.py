"""A connection to PostgreSQL: of one client, or of the double itself."""

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analytics_platform_tests.integration.redshift_double import wire
from analytics_platform_tests.integration.redshift_double.errors import RedshiftError, serializable_violation

IDLE, IN_TRANSACTION, FAILED = b"I", b"T", b"E"
PROTOCOL = 196608
CONFLICT = "40001"
SOCKET = ".s.PGSQL.5432"

Frame = tuple[bytes, int, int]
"""Letter of a message, and where its body begins and ends."""

_HEAD = struct.Struct("!ci")


@dataclass(frozen=True)
class Answer:
    """Columns and rows of a statement, values as PostgreSQL writes them, and how many rows it was about."""

    columns: list[wire.Column]
    rows: list[tuple[str | None, ...]]
    row_count: int = 0


class Backend(wire.Wire):
    """PostgreSQL's side of a connection.

    Parameters
    ----------
    folder : Path
        Where the server's socket is.

    Attributes
    ----------
    status : bytes
        ``I`` outside of a transaction, ``T`` inside, ``E`` inside one that failed.
    """

    def __init__(self, folder: Path) -> None:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(folder / SOCKET))
        super().__init__(connection)
        self.status = IDLE

    def log_in(self, user: str, database: str) -> None:
        """Start a session of a user whom the server trusts."""
        body = f"user\0{user}\0database\0{database}\0\0".encode()
        self.send_bytes(wire.first_message(PROTOCOL, body))
        self._answer(iter(()))

    def run(self, sql: str) -> Answer:
        """Return the answer to a statement.

        Raises
        ------
        RedshiftError
            If PostgreSQL refuses it.
        """
        self.send(wire.query(sql))
        return self._answer(iter(()))

    def load(self, sql: str, rows: Iterable[bytes]) -> int:
        """Run ``copy ... from stdin`` with rows as text; return how many there were."""
        self.send(wire.query(sql))
        return self._answer(iter(rows)).row_count

    def dump(self, sql: str) -> Iterator[bytes]:
        """Run ``copy ... to stdout``; each item is some whole rows."""
        self.send(wire.query(sql))
        fault = None
        for content, frames in self._frames():
            yield b"".join(content[start:end] for kind, start, end in frames if kind == b"d")
            fault = fault or _fault_in(content, frames)
        if fault is not None:
            raise fault

    def abort(self) -> None:
        """Fail the transaction that is open, as an error of Redshift does."""
        if self.status == IN_TRANSACTION:
            self.send(wire.query("this is no statement"))
            try:
                self._answer(iter(()))
            except RedshiftError:
                return

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several statements one, unless the client has begun a transaction already."""
        if self.status != IDLE:
            yield
            return
        self.run("begin")
        try:
            yield
        except BaseException:
            self.run("rollback")
            raise
        self.run("commit")

    def relay(self, client: wire.Sink) -> RedshiftError | None:
        """Hand everything to the client until PostgreSQL is ready again; return an error that was in it."""
        fault = None
        for content, frames in self._frames():
            fault = fault or _fault_in(content, frames)
            whole = content[: frames[-1][2]] if frames else b""
            client.send_bytes(_as_redshift_says(whole, frames) if fault else whole)
        return fault

    def _frames(self) -> Iterator[tuple[bytes, list[Frame]]]:
        """Yield what arrives and where the whole messages in it are, until PostgreSQL is ready again.

        A message object for each row would cost more than the row.
        """
        rest, ready = b"", False
        while not ready:
            content = rest + self.some_bytes()
            frames: list[Frame] = []
            position = 0
            while position + 5 <= len(content):
                kind, length = _HEAD.unpack_from(content, position)
                end = position + 1 + length
                if end > len(content):
                    break
                frames.append((kind, position + 5, end))
                position = end
            rest = content[position:]
            if frames and not rest and frames[-1][0] == b"Z":
                ready, self.status = True, content[frames[-1][1] : frames[-1][2]]
            yield content, frames

    def _answer(self, rows: Iterator[bytes]) -> Answer:
        columns: list[wire.Column] = []
        found: list[tuple[str | None, ...]] = []
        fault: RedshiftError | None = None
        row_count = 0
        while (message := self.receive()).kind != b"Z":
            if message.kind == b"T":
                columns = wire.columns_told(message.body)
            elif message.kind == b"D":
                found.append(wire.values_told(message.body))
            elif message.kind == b"C":
                row_count = wire.row_count_told(message.body)
            elif message.kind == b"G":
                fault = self._give(rows)
            elif message.kind == b"E":
                fault = fault or wire.error_told(message.body)
        self.status = message.body
        if fault is not None:
            raise fault
        return Answer(columns, found, row_count)

    def _give(self, rows: Iterator[bytes]) -> RedshiftError | None:
        try:
            for chunk in rows:
                self.send(wire.Message(b"d", chunk))
        except RedshiftError as fault:
            self.send(wire.Message(b"f", b"the rows ended\0"))
            return fault
        self.send(wire.Message(b"c", b""))
        return None


def _fault_in(content: bytes, frames: list[Frame]) -> RedshiftError | None:
    for kind, start, end in frames:
        if kind == b"E":
            return wire.error_told(content[start:end])
    return None


def _as_redshift_says(content: bytes, frames: list[Frame]) -> bytes:
    """Return answers with Redshift's words where two transactions cannot both be."""
    said = b""
    for kind, start, end in frames:
        is_conflict = kind == b"E" and wire.error_told(content[start:end]).code == CONFLICT
        said += wire.error(serializable_violation()).encoded() if is_conflict else content[start - 5 : end]
    return said


def literal(value: str | float | None) -> str:
    """Return a value as SQL writes it."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def name(*parts: str) -> str:
    """Return a quoted name."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
