"""Benchmark `api`: what a request costs the server, beside one bare route of FastAPI."""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import Request, urlopen

from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.api.security.key_file import give
from analytics_platform.storage.published.serving import ServingStore
from benchmarks.api_extract import PORTFOLIOS, ROWS, SESSIONS, publish
from benchmarks.api_load import Load, request_of, run_load
from benchmarks.api_server import BARE_PATH, CPU_PATH
from benchmarks.result import Measured, Result, below, share_of_peer, without_peer

_CONNECTIONS = 50
_METRICS = (
    "/metrics/most-valuable-day",
    "/metrics/most-volatile",
    "/metrics/average-daily-return?from_date=2013-01-01&to_date=2013-03-01",
)
_LONGEST_START_SECONDS = 60.0
_SWAPS = 10
_OK, _NOT_MODIFIED = 200, 304
_PROBE = "/positions"
_KNOWN, _PLAIN = "known already", "asked beside it"
_TURN = 4
_AT_MOST = share_of_peer(1.3)


@dataclass(frozen=True)
class _Server:
    """A running server, and how long it took to be ready."""

    port: int
    seconds_to_ready: float
    key: str | None = None

    def request(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return a GET request, with the key where one is asked for."""
        return request_of(path, {**(headers or {}), **self._shown()})

    def tag(self, path: str) -> str:
        """Return the tag of an answer."""
        with urlopen(self._asked(path)) as answer:  # noqa: S310 - our own server
            return str(answer.headers["ETag"])

    def cost(self, request: bytes, count: int, status: int = _OK) -> float:
        """Return the CPU microseconds of one request, over many on eight connections.

        Raises
        ------
        RuntimeError
            If an answer has another status.
        """
        before = self._cpu_seconds()
        load = run_load(self.port, [request], connections=8, each=count // 8)
        spent = self._cpu_seconds() - before
        _only(load, status)
        return spent / len(load.seconds) * 1e6

    def _cpu_seconds(self) -> float:
        with urlopen(self._asked(CPU_PATH)) as answer:  # noqa: S310 - our own server
            return float(answer.read())

    def _asked(self, path: str) -> Request:
        return Request(f"http://127.0.0.1:{self.port}{path}", headers=self._shown())

    def _shown(self) -> dict[str, str]:
        return {} if self.key is None else {"X-API-Key": self.key}


def measure(*, is_quick: bool) -> Measured:
    """Ask each read endpoint and the bare route in turns; then many at once; then while versions change."""
    count, rounds = (400, 1) if is_quick else (800, 6)
    with tempfile.TemporaryDirectory() as name, _serving("bare", Path(name)) as bare:
        home = Path(name)
        publish(ServingStore(home / "serving"), 1)
        key = give(home / "api_keys.toml", "benchmark", ["read"])
        with _serving("guarded", home, key) as guarded:
            behind = _costs(guarded, bare, count, max(rounds // 2, 1))
            watched = run_load(guarded.port, _requests(guarded), connections=_CONNECTIONS, each=100)
            _only(watched, _OK)
        with _serving("plain", home) as ours:
            costs = _costs(ours, bare, count, rounds)
            each = 40 if is_quick else 150
            loads = [
                run_load(ours.port, _requests(ours), connections=_CONNECTIONS, each=each) for _ in range(5)
            ]
            together = sorted(loads, key=lambda load: load.percentile(0.99))[len(loads) // 2]
            _only(together, _OK)
            swapped = run_load(
                ours.port,
                _requests(ours),
                connections=_CONNECTIONS,
                each=10,
                meanwhile=lambda: _swap(home / "serving"),
            )
    told = _told(costs, together, swapped, ours.seconds_to_ready)
    return Measured((*told.results, *_told_behind(behind, watched, guarded.seconds_to_ready)), told.notes)


@dataclass(frozen=True)
class _Costs:
    """CPU microseconds of one request."""

    readings: Mapping[str, float]
    bare: float
    not_modified: float
    plain: float


def _costs(ours: _Server, bare: _Server, count: int, rounds: int) -> _Costs:
    """Return the least over rounds in which all take turns; one round before them is not counted.

    What others are compared with is asked often in a round, and its median counts.
    """
    paths = [*(endpoint.path for endpoint in ENDPOINTS), *_METRICS]
    found: dict[str, list[float]] = {path: [] for path in (*paths, BARE_PATH, _KNOWN, _PLAIN)}
    known = ours.request(_PROBE, {"If-None-Match": ours.tag(_PROBE)})
    for number in range(rounds + 1):
        size = count if number else 40
        often: dict[str, list[float]] = {BARE_PATH: [], _KNOWN: [], _PLAIN: []}
        for place, path in enumerate(paths):
            found[path].append(ours.cost(ours.request(path), size))
            if place % _TURN == 0:
                often[BARE_PATH].append(bare.cost(request_of(BARE_PATH), size))
                often[_KNOWN].append(ours.cost(known, size, _NOT_MODIFIED))
                often[_PLAIN].append(ours.cost(ours.request(_PROBE), size))
        for name, costs in often.items():
            found[name].append(median(costs))
    least = {path: min(costs[1:]) for path, costs in found.items()}
    bare_cost, not_modified, plain = (least.pop(name) for name in (BARE_PATH, _KNOWN, _PLAIN))
    return _Costs(least, bare_cost, not_modified, plain)


def _told(costs: _Costs, together: Load, swapped: Load, start: float) -> Measured:
    worst = max(costs.readings, key=costs.readings.__getitem__)
    typical = median(costs.readings.values())
    bare = "bare FastAPI route"
    failed = sum(number for status, number in swapped.statuses.items() if status != _OK)
    return Measured(
        (
            Result("a reading, median", typical, bare, costs.bare, "CPU us", _AT_MOST),
            Result(
                f"dearest: {worst}", costs.readings[worst], bare, costs.bare, "CPU us", share_of_peer(1.3)
            ),
            Result(
                "304", costs.not_modified, f"`{_PROBE}` in full", costs.plain, "CPU us", share_of_peer(1.0)
            ),
            without_peer(f"p99 at {_CONNECTIONS} at once", together.percentile(0.99), "ms", below(25.0)),
            without_peer("p50 of the same", together.percentile(0.5), "ms"),
            without_peer(f"p99 while {_SWAPS} versions are published", swapped.percentile(0.99), "ms"),
            without_peer("requests dropped meanwhile", float(failed), "requests", below(1.0)),
            without_peer("start to ready", start, "s", below(5.0)),
        ),
        (
            (
                f"One uvicorn process of ours over {len(ENDPOINTS)} published tables of "
                f"{PORTFOLIOS * ROWS} rows a session and {SESSIONS} sessions, and one of a bare FastAPI "
                "app whose route gives a constant of 15 bytes; both with uvloop and httptools where they are "
                "installed and without an access log. CPU is that of the server process, over eight "
                "connections that are kept open, the least of rounds in which all routes and the bare one "
                "take turns. The rows with a key are `analytics serve` with access required. "
                "Each gives its newest session as JSON without compression "
                f"({together.bytes_ / len(together.seconds) / 1e3:.0f} kB on average)."
            ),
            (
                f"{_CONNECTIONS} connections send each route in turn, the generator runs on the same two "
                f"cores: {len(together.seconds):,} requests, five times; the median one counts. While "
                f"versions are published the same goes on ({len(swapped.seconds):,} requests answered from "
                f"{len(swapped.versions)} versions): each new version has new rows in every table, and its "
                "first answers are made anew."
            ),
        ),
    )


def _told_behind(costs: _Costs, together: Load, start: float) -> tuple[Result, ...]:
    worst = max(costs.readings, key=costs.readings.__getitem__)
    bare = "bare FastAPI route"
    return (
        Result("with a key: median", median(costs.readings.values()), bare, costs.bare, "CPU us", _AT_MOST),
        Result(f"with a key: dearest: {worst}", costs.readings[worst], bare, costs.bare, "CPU us", _AT_MOST),
        Result("with a key: 304", costs.not_modified, f"`{_PROBE}` in full", costs.plain, "CPU us"),
        without_peer(
            f"with a key: p99 at {_CONNECTIONS} at once", together.percentile(0.99), "ms", below(25.0)
        ),
        without_peer("with a key: start to ready", start, "s", below(5.0)),
    )


async def _swap(serving: Path) -> None:
    """Publish versions, a little apart, from a process of its own."""
    command = (sys.executable, "-m", "benchmarks.api_extract", str(serving), str(_SWAPS))
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        message = "the versions could not be published"
        raise RuntimeError(message)


def _only(load: Load, status: int) -> None:
    if set(load.statuses) != {status}:
        message = f"answers had the statuses {load.statuses}, not only {status}"
        raise RuntimeError(message)


def _requests(server: _Server) -> list[bytes]:
    return [server.request(path) for path in (*(endpoint.path for endpoint in ENDPOINTS), *_METRICS)]


@contextmanager
def _serving(kind: str, home: Path, key: str | None = None) -> Iterator[_Server]:
    """Run a server until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.api_server", kind, str(home), str(port)]
    process = subprocess.Popen(command)  # noqa: S603 - ourselves
    try:
        _wait(f"http://127.0.0.1:{port}{BARE_PATH if kind == 'bare' else '/ready'}", started)
        yield _Server(port, time.perf_counter() - started, key)
    finally:
        process.terminate()
        process.wait()


def _wait(address: str, started: float) -> None:
    while True:
        try:
            with urlopen(address):  # noqa: S310 - our own server
                return
        except URLError:
            if time.perf_counter() - started > _LONGEST_START_SECONDS:
                raise
            time.sleep(0.02)
