"""A load generator: connections that are kept open, each with one request at a time."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_VERSION = re.compile(rb"x-published-version: (\S+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_LIMIT = 1 << 20


@dataclass
class Load:
    """What the requests of all connections came to.

    Attributes
    ----------
    seconds : list of float
        Latency of each request.
    statuses : dict of int to int
        Number of answers by status; 0 stands for a connection that was lost.
    bytes_ : int
        Bytes of all bodies.
    versions : set of bytes
        Versions that answered.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bytes_: int = 0
    versions: set[bytes] = field(default_factory=set)

    def percentile(self, share: float) -> float:
        """Return the latency that a share of the requests stays within, in milliseconds."""
        return sorted(self.seconds)[min(int(share * len(self.seconds)), len(self.seconds) - 1)] * 1e3


def request_of(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode()


def run_load(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int,
    each: int,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> Load:
    """Send requests over so many connections, so many on each; with `meanwhile` until that ends."""
    return asyncio.run(_run(port, requests, connections, each, meanwhile))


async def _run(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    each: int,
    meanwhile: Callable[[], Awaitable[None]] | None,
) -> Load:
    load, ended = Load(), asyncio.Event()
    workers = [
        asyncio.create_task(_connection(port, requests, number, each, load, ended))
        for number in range(connections)
    ]
    if meanwhile is not None:
        await meanwhile()
    ended.set()
    await asyncio.gather(*workers)
    return load


async def _connection(  # noqa: PLR0913, PLR0917 - one call of one caller
    port: int, requests: Sequence[bytes], number: int, each: int, load: Load, ended: asyncio.Event
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT)
    sent = 0
    try:
        while sent < each or not ended.is_set():
            started = time.perf_counter()
            writer.write(requests[(number + sent) % len(requests)])
            head = await reader.readuntil(_HEAD_END)
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            load.seconds.append(time.perf_counter() - started)
            status = int(head[9:12])
            load.statuses[status] = load.statuses.get(status, 0) + 1
            load.bytes_ += len(body)
            if version := _VERSION.search(head):
                load.versions.add(version[1])
            sent += 1
    except (ConnectionError, asyncio.IncompleteReadError):
        load.statuses[0] = load.statuses.get(0, 0) + 1
    finally:
        writer.close()
