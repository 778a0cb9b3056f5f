"""Messages of PostgreSQL's protocol, version 3: framing and the few that are looked into."""

import io
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, Self

from analytics_platform_tests.integration.redshift_double.errors import RedshiftError

CANCEL_REQUEST = 80877102
ENCRYPTION_REQUESTS = (80877103, 80877104)

_LENGTH = struct.Struct("!i")
_BUFFER = 1 << 18


class DisconnectedError(ConnectionError):
    """The other side is gone."""


@dataclass(frozen=True)
class Message:
    """One message: a letter and what follows its length."""

    kind: bytes
    body: bytes

    def encoded(self) -> bytes:
        """Return the bytes on the wire."""
        return self.kind + _LENGTH.pack(len(self.body) + 4) + self.body


class Sink(Protocol):
    """Takes an answer."""

    def send_bytes(self, content: bytes) -> None:
        """Take some of it."""


class Wire:
    """One side of a connection.

    Parameters
    ----------
    connection : socket.socket
        Connected; closed by `close`.
    """

    def __init__(self, connection: socket.socket) -> None:
        if connection.family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._reader = io.BufferedReader(socket.SocketIO(connection, "rb"), _BUFFER)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; a second time does nothing."""
        self.cut()
        self._reader.close()
        self._connection.close()

    def cut(self) -> None:
        """End the connection from another thread; the one that reads from it closes it."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def receive(self) -> Message:
        """Return the next message."""
        head = self._exactly(5)
        return Message(head[:1], self._exactly(_LENGTH.unpack(head[1:])[0] - 4))

    def receive_first(self) -> tuple[int, bytes]:
        """Return the code and the rest of a client's first message, which has no letter."""
        length, code = struct.unpack("!ii", self._exactly(8))
        return code, self._exactly(length - 8)

    def send(self, *messages: Message) -> None:
        """Send messages."""
        self.send_bytes(b"".join(message.encoded() for message in messages))

    def send_bytes(self, content: bytes) -> None:
        """Send what is encoded already."""
        self._connection.sendall(content)

    def some_bytes(self) -> bytes:
        """Return what has arrived; wait until there is something."""
        content = self._reader.read1(_BUFFER)
        if not content:
            raise DisconnectedError
        return content

    def _exactly(self, size: int) -> bytes:
        content = self._reader.read(size)
        if content is None or len(content) < size:
            raise DisconnectedError
        return content


def first_message(code: int, body: bytes) -> bytes:
    """Return a message without a letter."""
    return struct.pack("!ii", len(body) + 8, code) + body


def query(sql: str) -> Message:
    """Return the message that asks a statement."""
    return Message(b"Q", sql.encode() + b"\0")


def error(fault: RedshiftError) -> Message:
    """Return the answer that is an error."""
    fields = {"S": "ERROR", "C": fault.code, "M": fault.message, "D": fault.detail}
    body = b"".join(f"{name}{value}\0".encode() for name, value in fields.items() if value is not None)
    return Message(b"E", body + b"\0")


def error_told(body: bytes) -> RedshiftError:
    """Return the error in the body of an answer."""
    fields = {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}
    detail = "\n".join(fields[name] for name in ("D", "W") if name in fields)
    return RedshiftError(fields.get("M", ""), fields.get("C", ""), detail or None)


def texts(body: bytes, number: int) -> tuple[list[str], bytes]:
    """Return the first texts of a body, which end in a zero, and what follows."""
    *found, rest = body.split(b"\0", number)
    return [text.decode() for text in found], rest


def row_count_told(body: bytes) -> int:
    """Return how many rows a finished statement was about; 0 if it does not say."""
    last = body[:-1].split(b" ")[-1]
    return int(last) if last.isdigit() else 0


@dataclass(frozen=True)
class Column:
    """A column of an answer: PostgreSQL's number of its type, and what modifies the type (-1: nothing)."""

    name: str
    type_number: int
    modifier: int


def columns_told(body: bytes) -> list[Column]:
    """Return the columns of a row description."""
    (number,) = struct.unpack_from("!h", body)
    found, position = [], 2
    for _ in range(number):
        end = body.index(b"\0", position)
        _, _, type_number, _, modifier, _ = struct.unpack_from("!ihihih", body, end + 1)
        found.append(Column(body[position:end].decode(), type_number, modifier))
        position = end + 19
    return found


def values_told(body: bytes) -> tuple[str | None, ...]:
    """Return the values of a row, as text."""
    (number,) = struct.unpack_from("!h", body)
    found: list[str | None] = []
    position = 2
    for _ in range(number):
        (length,) = _LENGTH.unpack_from(body, position)
        position += 4
        if length < 0:
            found.append(None)
            continue
        found.append(body[position : position + length].decode())
        position += length
    return tuple(found)
