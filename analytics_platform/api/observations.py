"""Figures of the running server for Prometheus: latency, rows served, age of the data, what waits."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

import polars as pl
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics_platform.api.catalogue import ANCHOR
from analytics_platform.api.published import PublishedTables
from analytics_platform.storage.published.serving import NotPublishedError

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
UNKNOWN_ROUTE = "unknown"
FAILED = 500

Waiting = Callable[[], datetime | None]
"""Tells since when the oldest file waits that no run has finished."""


@dataclass
class _Latencies:
    """Requests of one route and status, by how long they took."""

    by_bucket: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0


class _Requests(Collector):
    """Plain counts, written as Prometheus wants them when it asks: its own counters lock for each request."""

    def __init__(self) -> None:
        self.latencies: defaultdict[tuple[str, int], _Latencies] = defaultdict(_Latencies)
        self.rows: defaultdict[str, int] = defaultdict(int)

    def collect(self) -> Iterator[Metric]:
        """Yield the latencies, then the rows."""
        latency = HistogramMetricFamily(
            "analytics_request_seconds", "Time to answer, by route and status", labels=["route", "status"]
        )
        for (route, status), counts in list(self.latencies.items()):
            edges = [*(str(edge) for edge in BUCKETS), "+Inf"]
            buckets = list(zip(edges, map(float, accumulate(counts.by_bucket)), strict=True))
            latency.add_metric([route, str(status)], buckets, counts.seconds)
        yield latency
        served = CounterMetricFamily("analytics_rows_served", "Rows sent, by route", labels=["route"])
        for route, rows in list(self.rows.items()):
            served.add_metric([route], rows)
        yield served


class Observations:
    """Counts of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = _Requests()
        self.registry.register(self._requests)
        self._gauges = {
            name: Gauge(f"analytics_{name}", told, registry=self.registry)
            for name, told in {
                "published_age_seconds": "Time since the newest version was published",
                "newest_session_timestamp_seconds": "Midnight UTC of the newest published session",
                "rejected_rows": "Rows that were rejected of the files that count",
                "rejections": "Files that were refused, whole or some of their rows",
                "oldest_waiting_seconds": "Time that the oldest file without a finished run waits; 0 if none",
            }.items()
        }

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        counts = self._requests.latencies[route, status]
        counts.by_bucket[bisect_left(BUCKETS, seconds)] += 1
        counts.seconds += seconds

    def count_rows(self, route: str, rows: int) -> None:
        """Count rows that were sent."""
        self._requests.rows[route] += rows

    def text(self, tables: PublishedTables, waiting: Waiting | None) -> bytes:
        """Return all figures as Prometheus reads them."""
        with suppress(NotPublishedError):
            self._look(tables)
        since = waiting() if waiting else None
        age = (datetime.now(UTC) - since).total_seconds() if since else 0.0
        self._gauges["oldest_waiting_seconds"].set(age)
        return generate_latest(self.registry)

    def _look(self, tables: PublishedTables) -> None:
        version = tables.at(None)
        age = datetime.now(UTC) - version.published_at
        self._gauges["published_age_seconds"].set(age.total_seconds())
        if ANCHOR in version.tables and (newest := tables.newest_session(version, ANCHOR)):
            midnight = datetime(newest.year, newest.month, newest.day, tzinfo=UTC)
            self._gauges["newest_session_timestamp_seconds"].set(midnight.timestamp())
        if "deliveries" in version.tables:
            found = [each.rows["rows_rejected"] for each in tables.partitions(version, "deliveries")]
            self._gauges["rejected_rows"].set(float(pl.concat(found).sum() or 0))
        if "rejections" in version.tables:
            parts = version.tables["rejections"]
            self._gauges["rejections"].set(sum(part.rows for part in parts))


class Observing:
    """Middleware that measures each request. Pure ASGI: it adds next to nothing."""

    def __init__(self, app: ASGIApp, observations: Observations) -> None:
        self._app = app
        self._observations = observations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count it when its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        has_begun = False

        async def observed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._observations.observe(_route(scope), message["status"], time.perf_counter() - started)
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception:
            if not has_begun:
                self._observations.observe(_route(scope), FAILED, time.perf_counter() - started)
            raise


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
