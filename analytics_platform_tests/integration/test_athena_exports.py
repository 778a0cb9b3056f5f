"""Exports of a lake on S3 by an Athena that executes: equal to what the lake reads, stopped, told why not."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics_platform.api.exports.asked import ExportRequest
from analytics_platform.api.exports.athena_export import AthenaExport
from analytics_platform.api.exports.engine import Bounds
from analytics_platform.api.exports.exports import Allowed, Exports
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.storage.lake.lake import END_OF_TIME, Delivery, Lake
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.tables.market import PRICES
from analytics_platform_tests.integration.athena_double import AthenaDouble, executing_athena
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.unit.api.exports.lakes import (
    FIRST,
    FORMULA,
    MONDAY,
    RESTATED,
    TUESDAY,
    WEDNESDAY,
    deliver,
    ended,
)

ALL = ExportRequest("prices", MONDAY, WEDNESDAY, tuple(PRICES.lake_columns.names()))
WHO = {"by": "ann", "from_": "127.0.0.1"}
SAME_MILLISECOND = datetime(2013, 3, 3, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Athena:
    """A lake on S3, its catalogue, and the service of exports over both."""

    lake: Lake
    bucket: str
    database: str
    double: AthenaDouble
    folder: Path
    s3: EmulatedS3
    iceberg_tables: tuple[str, ...] = ()

    def exports(self, each: Bounds | None = None) -> Exports:
        """Return the service."""
        place = f"s3://{self.bucket}/exports"
        engine = AthenaExport(self.database, self.bucket, place, iceberg_tables=self.iceberg_tables)
        allowed = Allowed(each=each or Bounds())
        return Exports(engine, self.folder / "exports", AuditLog(self.folder / "audit.jsonl"), allowed)

    def states(self) -> list[str]:
        """Return the states of all queries, of which the oldest is first."""
        client: Any = boto3.client("athena")
        ids = client.list_query_executions(WorkGroup=self.bucket)["QueryExecutionIds"]
        return [
            client.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Status"]["State"]
            for each in ids
        ]

    def left(self) -> list[str]:
        """Return what exports have left in S3."""
        found = self.s3.client.list_objects_v2(Bucket=self.bucket, Prefix="exports/").get("Contents", ())
        return [each["Key"] for each in found]


@pytest.fixture(scope="module")
def athena(s3: EmulatedS3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Athena]:
    bucket = s3.new_bucket(versioning=None)
    database = bucket.replace("-", "_")
    lake = open_lake(f"s3://{bucket}/lake", catalog_database=database)
    _fill(lake)
    boto3.client("athena").create_work_group(Name=bucket, Configuration={})
    with executing_athena() as double:
        yield Athena(lake, bucket, database, double, tmp_path_factory.mktemp("athena"), s3)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(ALL, id="all"),
        pytest.param(replace(ALL, as_known_at=SAME_MILLISECOND), id="as known to the microsecond"),
        pytest.param(
            replace(ALL, filters=(("instrument_id", ("EQ_A", "EQ_C")), ("source", ("desk", FORMULA)))),
            id="filters",
            marks=pytest.mark.slow,
        ),
        pytest.param(replace(ALL, as_known_at=FIRST), id="as known", marks=pytest.mark.slow),
        pytest.param(replace(ALL, first=TUESDAY, last=TUESDAY), id="one day", marks=pytest.mark.slow),
        pytest.param(replace(ALL, fields=("instrument_id", "known_at")), id="fields", marks=pytest.mark.slow),
        pytest.param(
            replace(ALL, filters=(("source", ("' or 1=1 --",)),)), id="hostile", marks=pytest.mark.slow
        ),
    ],
)
def test_an_export_has_the_rows_of_the_lake(athena: Athena, asked: ExportRequest) -> None:
    _assert_as_the_lake(athena, asked)


@pytest.mark.slow
def test_an_export_of_an_iceberg_table_has_the_rows_of_the_lake(
    s3: EmulatedS3, tmp_path: Path, athena: Athena
) -> None:
    bucket = s3.new_bucket(versioning=None)
    database = bucket.replace("-", "_")
    lake = open_lake(f"s3://{bucket}/lake", catalog_database=database, iceberg_tables=["prices"])
    _fill(lake)
    here = replace(athena, lake=lake, database=database, folder=tmp_path, iceberg_tables=("prices",))
    for asked in (ALL, replace(ALL, as_known_at=SAME_MILLISECOND)):
        _assert_as_the_lake(here, asked)


def test_a_running_export_is_stopped_and_leaves_nothing(athena: Athena) -> None:
    exports = athena.exports()
    athena.double.may_run.clear()
    made = exports.start(ALL, **WHO)
    _wait_until(lambda: athena.states()[-1:] == ["RUNNING"])
    exports.cancel(made.id, **WHO)
    _wait_until(lambda: athena.states()[-1] == "CANCELLED")
    athena.double.may_run.set()
    assert athena.left() == []


def test_an_export_that_takes_too_long_is_stopped(athena: Athena) -> None:
    exports = athena.exports(Bounds(seconds=0.3))
    athena.double.may_run.clear()
    made = ended(exports, exports.start(ALL, **WHO))
    athena.double.may_run.set()
    assert made.reason == "not done after 0.3 seconds and stopped: ask for fewer days"
    assert athena.states()[-1] == "CANCELLED"


@pytest.mark.slow
def test_a_long_query_is_looked_at_ever_more_rarely(athena: Athena) -> None:
    exports = athena.exports(Bounds(seconds=1.5))
    athena.double.may_run.clear()
    athena.double.looks.clear()
    ended(exports, exports.start(ALL, **WHO))
    athena.double.may_run.set()
    (looks,) = athena.double.looks.values()
    assert 4 <= looks <= 9  # every 0.05 seconds it would be 30


def test_a_query_that_athena_refuses_is_told_with_its_reason(athena: Athena) -> None:
    exports = athena.exports()
    days = ExportRequest("positions", MONDAY, WEDNESDAY, ("portfolio_id",))
    made = ended(exports, exports.start(days, **WHO))
    assert made.state == "failure"
    assert "Athena ended the query as FAILED: QueryFailedError: TABLE_NOT_FOUND" in made.reason
    assert athena.left() == []


def _fill(lake: Lake) -> None:
    """Deliver what is superseded, what is known a microsecond apart, and what is not published."""
    days = (MONDAY, TUESDAY, WEDNESDAY)
    deliver(lake, [(day, name, "10") for day in days for name in ("EQ_A", "EQ_B")], FIRST, "desk")
    deliver(lake, [(TUESDAY, "EQ_A", "11")], RESTATED, "desk", (TUESDAY, TUESDAY))
    deliver(lake, [(MONDAY, "EQ_C", "-7")], FIRST, FORMULA, (MONDAY, MONDAY))
    for microsecond, prices in enumerate((["3", "4"], ["5"])):  # the later one has the smaller name
        known_at = SAME_MILLISECOND + timedelta(microseconds=microsecond)
        rows = [(MONDAY, f"FUT_{number}", price) for number, price in enumerate(prices)]
        deliver(lake, rows, known_at, "exchange", (MONDAY, MONDAY))
    lake.append(  # not published
        PRICES,
        lake.read(PRICES, columns=PRICES.columns.names()),
        Delivery("x", "desk", MONDAY, WEDNESDAY, END_OF_TIME),
    )


def _assert_as_the_lake(athena: Athena, asked: ExportRequest) -> None:
    exports = athena.exports()
    made = ended(exports, exports.start(asked, **WHO))
    assert (made.state, made.reason) == ("success", "")
    _, file = exports.file(made.id, **WHO)
    expected = athena.lake.read(PRICES, as_known_at=asked.as_known_at or END_OF_TIME).filter(
        pl.col("business_date").is_between(asked.first, asked.last),
        *(pl.col(name).is_in(values) for name, values in asked.filters),
    )
    assert_frame_equal(pl.read_parquet(file), expected.select(asked.fields), check_row_order=False)
    assert athena.left() == []


def _wait_until(holds: Any) -> None:  # noqa: ANN401 - a question
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
