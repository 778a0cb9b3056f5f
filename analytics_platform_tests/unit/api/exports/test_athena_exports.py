"""Exports by Athena: the SQL gives the rows of the lake; the client against moto over HTTP.

Moto runs no SQL here; `integration/test_athena_exports.py` has one that does.
"""

import io
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import duckdb
import polars as pl
import pytest

from analytics_platform.api.exports.asked import ExportRequest
from analytics_platform.api.exports.athena_export import AthenaExport
from analytics_platform.api.exports.athena_query import NotInSqlError, statement_of
from analytics_platform.api.exports.engine import Bounds, EngineError, Progress
from analytics_platform.api.exports.exports import Allowed, Exports
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.storage.lake.lake import END_OF_TIME, DiskLake
from analytics_platform.tables.market import PRICES
from analytics_platform_tests.integration.aws import emulated_s3
from analytics_platform_tests.unit.api.exports.lakes import (
    FIRST,
    FORMULA,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    ended,
    small_lake,
)

ALL = ExportRequest("prices", MONDAY, WEDNESDAY, tuple(PRICES.lake_columns.names()))
_QUERY = "athena::execution"
WHO = {"by": "ann", "from_": "127.0.0.1"}


class _Client:
    """What the tests do in S3 and Athena beside the engine."""

    def __init__(self) -> None:
        self.s3: Any = boto3.client("s3")
        self.athena: Any = boto3.client("athena")
        self.name = uuid.uuid4().hex  # moto forgets nothing between two servers of a process
        self.s3.create_bucket(Bucket=self.name)
        self.athena.create_work_group(Name=self.name, Configuration={})

    @contextmanager
    def queries_take(self, looks: int) -> Iterator[None]:
        """Let every query run until it has been looked at so often; else it is done at once."""
        transition = {"progression": "manual", "times": looks}
        self._tell("set-transition", {"model_name": _QUERY, "transition": transition})
        yield
        self._tell("unset-transition", {"model_name": _QUERY})

    def _tell(self, what: str, told: dict[str, object]) -> None:
        address = f"{self.athena.meta.endpoint_url}/moto-api/state-manager/{what}"
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(address, json.dumps(told).encode(), headers)):  # noqa: S310 - our own server
            pass

    def started(self) -> list[dict[str, Any]]:
        ids = self.athena.list_query_executions(WorkGroup=self.name)["QueryExecutionIds"]
        return [self.athena.get_query_execution(QueryExecutionId=each)["QueryExecution"] for each in ids]

    def write(self, rows: pl.DataFrame) -> None:
        """Do what UNLOAD does: rows below the location that the query names."""
        (query,) = self.started()
        place = query["Query"].split(f"to 's3://{self.name}/")[1].split("'")[0]
        self.s3.put_object(Bucket=self.name, Key=f"{place}part-0", Body=_parquet(rows))

    def left(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.name).get("Contents", ())]


@pytest.fixture
def client() -> Iterator[_Client]:
    with emulated_s3():
        yield _Client()


@pytest.fixture
def engine(client: _Client) -> AthenaExport:
    return AthenaExport("lake", client.name, f"s3://{client.name}/exports")


@pytest.mark.parametrize(
    "request_",
    [
        ALL,
        replace(ALL, as_known_at=FIRST),
        replace(ALL, first=TUESDAY, last=TUESDAY),
        replace(ALL, filters=(("instrument_id", ("EQ_A", "EQ_C")), ("source", ("desk", FORMULA)))),
        replace(ALL, filters=(("source", ("' or 1=1 --",)),)),
    ],
    ids=["all", "as known", "one day", "filters", "hostile"],
)
@pytest.mark.parametrize("has_keys", [True, False], ids=["files", "iceberg"])
def test_the_query_gives_the_rows_of_the_lake(
    tmp_path: Path, request_: ExportRequest, *, has_keys: bool
) -> None:
    lake = small_lake(tmp_path)
    statement = statement_of(request_, 100, has_keys=has_keys)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for table, are_read in (("prices", has_keys), ("deliveries", False)):
            files = f"'{lake.root}/{table}/**/*.parquet'"
            rows = f"read_parquet({files}, hive_partitioning = {are_read}, filename = '$path')"
            connection.execute(f"create view {table} as select * from {rows}")  # noqa: S608 - names of this test
        found = connection.execute(statement.sql, list(statement.values)).pl()
    assert sorted(_keys(found)) == sorted(_keys(_by_lake(lake, request_)))


def test_a_computed_table_is_refused(engine: AthenaExport, tmp_path: Path) -> None:
    asked = ExportRequest("risk_metrics", MONDAY, WEDNESDAY, ("value",))
    with pytest.raises(NotInSqlError, match="risk_metrics is computed"):
        statement_of(asked, 1)
    with pytest.raises(EngineError, match="risk_metrics is computed"):
        engine.start(asked, tmp_path / "x.parquet", Bounds())


def test_values_are_parameters_and_the_result_is_fetched(
    engine: AthenaExport, client: _Client, tmp_path: Path
) -> None:
    lake, target = small_lake(tmp_path), tmp_path / "x.parquet"
    hostile = "x' or 1=1 --"
    handle = engine.start(replace(ALL, filters=(("source", ("desk", hostile)),)), target, Bounds())
    client.write(_as_athena(lake.read(PRICES)))
    (query,) = client.started()
    assert hostile not in query["Query"]
    assert query["ExecutionParameters"][-2:] == ["'desk'", "'x'' or 1=1 --'"]
    assert query["Query"].count("?") == len(query["ExecutionParameters"])
    assert query["WorkGroup"] == client.name
    assert _ended(engine, handle) == Progress("success", rows=6)
    assert pl.read_parquet(target).schema == PRICES.lake_columns
    engine.cancel(handle)
    assert client.left() == []


def test_no_rows_are_an_empty_file(engine: AthenaExport, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    handle = engine.start(replace(ALL, form="csv", fields=("business_date", "volume")), target, Bounds())
    assert _ended(engine, handle) == Progress("success", rows=0)
    assert target.read_bytes() == b"business_date,volume\r\n"


@pytest.mark.parametrize(
    ("bounds", "told"), [(Bounds(bytes_=10), "more than 10 bytes"), (Bounds(rows=2), "more than 2 rows")]
)
def test_what_is_out_of_bounds_is_not_kept(
    engine: AthenaExport, client: _Client, tmp_path: Path, bounds: Bounds, told: str
) -> None:
    handle = engine.start(ALL, tmp_path / "x.parquet", bounds)
    client.write(_as_athena(small_lake(tmp_path).read(PRICES)))
    ended_as = _ended(engine, handle)
    assert ended_as.state == "failure"
    assert told in ended_as.reason


def test_a_query_that_takes_too_long_is_stopped(
    engine: AthenaExport, client: _Client, tmp_path: Path
) -> None:
    audit = AuditLog(tmp_path / "audit.jsonl")
    exports = Exports(engine, tmp_path / "exports", audit, Allowed(each=Bounds(seconds=0.0)))
    with client.queries_take(100):
        made = ended(exports, exports.start(ALL, **WHO))
        assert made.state == "failure"
        assert "stopped" in made.reason
        (query,) = client.started()
    assert query["Status"]["State"] == "CANCELLED"


def test_an_unknown_workgroup_is_told_without_details(client: _Client, tmp_path: Path) -> None:
    assert client.left() == []
    with pytest.raises(EngineError, match="cannot be reached, or refuses"):
        AthenaExport("lake", "nowhere", "s3://results").start(ALL, tmp_path / "x", Bounds())


@pytest.mark.parametrize("place", ["s3://b/'x", "file:///x", "s3://b/a b"])
def test_a_place_that_could_end_the_text_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match="is no place of results"):
        AthenaExport("lake", "exports", place)


def _ended(engine: AthenaExport, handle: str) -> Progress:
    while (progress := engine.poll(handle)).state == "running":
        pass
    return progress


def _by_lake(lake: DiskLake, asked: ExportRequest) -> pl.DataFrame:
    rows = lake.read(PRICES, as_known_at=asked.as_known_at or END_OF_TIME).filter(
        pl.col("business_date").is_between(asked.first, asked.last)
    )
    return rows.filter(pl.lit(value=True), *(pl.col(name).is_in(values) for name, values in asked.filters))


def _keys(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    return rows.select("business_date", "instrument_id", "source", "close_local").rows()


def _as_athena(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as the query gives them: a time as in the names of objects."""
    return rows.with_columns(pl.col("known_at").dt.strftime("%Y%m%dT%H%M%S%6fZ"))


def _parquet(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    return buffer.getvalue()
