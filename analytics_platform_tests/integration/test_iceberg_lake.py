"""A lake whose tables are Iceberg tables, told by SQLite or by Glue: the tests of the lake, and more."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pyiceberg.catalog.sql import SqlCatalog

from analytics_platform.storage.catalog.glue import GlueCatalog
from analytics_platform.storage.catalog.sync import sync
from analytics_platform.storage.iceberg.objects import IcebergObjects
from analytics_platform.storage.iceberg.opening import tables_in_glue, tables_in_sql
from analytics_platform.storage.lake.lake import DiskLake, ObjectLake
from analytics_platform.storage.lake.layout import object_key
from analytics_platform.storage.lake.objects import DamagedLakeError, UnreachableLakeError
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.lake.s3 import S3Objects
from analytics_platform.tables.market import PRICES
from analytics_platform.tables.risk import SCENARIO_PNL
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.iceberg_lakes import (
    DAY,
    MANY,
    NAMES,
    deliver,
    delivery_of,
    facts_of,
    in_sqlite,
    rows_of,
)
from analytics_platform_tests.integration.versioned_glue import versioned_glue
from analytics_platform_tests.unit.storage.test_adopted_deliveries import (  # noqa: F401 - run here, too
    test_a_file_of_other_columns_is_refused_by_name,
    test_what_a_killed_attempt_has_put_is_replaced_and_what_is_published_is_not,
)
from analytics_platform_tests.unit.storage.test_lake import (  # noqa: F401 - run here, too
    test_a_delivery_is_invisible_until_it_is_published,
    test_a_later_delivery_replaces_the_dates_that_it_covers,
    test_a_row_that_the_later_delivery_leaves_out_is_gone,
    test_of_reference_data_the_newest_snapshot_counts,
    test_one_run_delivers_to_several_tables_under_one_name,
    test_rows_carry_their_lineage,
    test_rows_from_before_a_column_was_added_are_read_with_null_in_it,
    test_rows_that_do_not_conform_are_not_put,
    test_the_same_delivery_again_changes_nothing,
    test_two_sources_stand_beside_each_other,
    test_what_was_known_earlier_can_be_read_again,
)


@pytest.fixture(params=["sqlite", pytest.param("glue", marks=pytest.mark.slow)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], ObjectLake]:
    """Return what opens the lake as another process does, in a folder with SQLite or on S3 with Glue."""
    if request.param == "sqlite":
        return partial(in_sqlite, tmp_path)
    bucket = request.getfixturevalue("s3").new_bucket(versioning=None)

    def in_glue() -> ObjectLake:
        tables = tables_in_glue(NAMES, database=bucket.replace("-", "_"), lake_url=f"s3://{bucket}/lake")
        return ObjectLake(IcebergObjects(S3Objects(bucket, "lake"), tables))

    return in_glue


@pytest.fixture
def lake(opened: Callable[[], ObjectLake]) -> ObjectLake:
    """Return an empty lake."""
    return opened()


def test_rows_are_read_as_from_a_lake_of_files(lake: ObjectLake, tmp_path: Path) -> None:
    files = DiskLake(tmp_path / "files")
    for each in (lake, files):
        for number in range(3):
            deliver(each, number, source=("desk", "bank")[number % 2])
    for asked in (
        {},
        {"sessions": [DAY]},
        {"instruments": ["EQ_1"]},
        {"as_known_at": delivery_of(1).known_at},
    ):
        found, expected = (each.read(PRICES, **asked) for each in (lake, files))
        assert_frame_equal(found, expected, check_row_order=False)


def test_a_table_is_there_before_its_first_delivery(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/iceberg.sqlite"
    tables = tables_in_sql(["prices"], url=url, namespace="lake", lake_url=str(tmp_path))
    for _ in range(2):
        tables.make("prices")
    made = SqlCatalog("analytics_platform", uri=url).load_table(("lake", "prices"))
    assert [field.name for field in made.schema().fields] == PRICES.lake_columns.names()
    assert made.scan().to_arrow().num_rows == 0


def test_lists_are_kept(lake: ObjectLake) -> None:
    rows = pl.DataFrame({name: [None] for name in SCENARIO_PNL.columns}, schema=SCENARIO_PNL.columns)
    pnl = rows.with_columns(unit_pnl=pl.Series([[1.5, -2.0]]), business_date=DAY)
    delivery = replace(delivery_of(0), delivery_id="run")
    lake.append(SCENARIO_PNL, pnl, delivery)
    lake.publish(SCENARIO_PNL, delivery, facts_of(SCENARIO_PNL, delivery, 1))
    assert lake.read(SCENARIO_PNL)["unit_pnl"].to_list() == [[1.5, -2.0]]


def test_what_was_delivered_before_the_table_was_chosen_is_read_on(tmp_path: Path) -> None:
    before = DiskLake(tmp_path / "lake")
    deliver(before, 0)
    lake = in_sqlite(tmp_path)
    deliver(lake, 0)
    deliver(lake, 1, source="bank")
    assert sorted(lake.read(PRICES)["close_local"]) == [Decimal(0), Decimal(0), Decimal(1), Decimal(1)]
    assert [path.name for path in (tmp_path / "lake" / "prices").glob("data/*")] != []


def test_a_delivery_without_rows_is_one(lake: ObjectLake) -> None:
    delivery = deliver(lake, 0, n_rows=0)
    assert lake.objects.has(object_key(PRICES.name, delivery))
    assert lake.read(PRICES).height == 0
    assert lake.read(PRICES).schema == PRICES.lake_columns


def test_the_digest_is_told_of_what_was_put(lake: ObjectLake) -> None:
    empty, full = deliver(lake, 0, n_rows=0), deliver(lake, 1, source="bank")
    digests = {lake.digest(PRICES, each) for each in (empty, full)}
    assert {len(each) for each in digests} == {64}
    assert len(digests) == 2


def test_a_delivery_can_be_taken_away_and_put_again(lake: ObjectLake) -> None:
    delivery = deliver(lake, 0)
    key = object_key(PRICES.name, delivery)
    lake.objects.remove(key)
    assert not lake.objects.has(key)
    with pytest.raises(DamagedLakeError, match="an object of prices is missing or damaged"):
        lake.read(PRICES)
    deliver(lake, 0)
    assert lake.read(PRICES).height == 2


def test_a_lost_data_file_is_told(tmp_path: Path) -> None:
    lake = in_sqlite(tmp_path)
    deliver(lake, 0)
    for path in (tmp_path / "lake" / "prices" / "data").iterdir():
        path.unlink()
    with pytest.raises(DamagedLakeError, match="an object of prices is missing or damaged"):
        lake.read(PRICES)


def test_rows_that_another_engine_has_put_together_are_told_apart(tmp_path: Path) -> None:
    lake = in_sqlite(tmp_path)
    for number, source in enumerate(("desk", "bank", "desk")):
        deliver(lake, number, source=source)
    expected = lake.read(PRICES)
    table = _catalog(tmp_path).load_table(("lake", "prices"))
    table.overwrite(table.scan().to_arrow())  # what compaction does: all rows in one file
    assert len(list(table.scan().plan_files())) == 1
    assert_frame_equal(lake.read(PRICES), expected, check_row_order=False)
    first = delivery_of(0).known_at
    assert lake.read(PRICES, as_known_at=first).height == 2
    assert lake.read(PRICES, [DAY], as_known_at=first).height == 2


@pytest.mark.slow
@pytest.mark.parametrize("n_names", [1, 6], ids=["the same delivery", "a delivery each"])
def test_six_writers_lose_and_double_nothing(opened: Callable[[], ObjectLake], n_names: int) -> None:
    faults: list[Exception] = []

    def put(number: int) -> None:
        try:
            lake = opened()
            for place in range(3):
                name = f"d{number % n_names}-{place}"
                lake.append(PRICES, rows_of(1, 5), replace(delivery_of(0), delivery_id=name))
        except Exception as error:  # noqa: BLE001 - told below
            faults.append(error)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(6)]
    with versioned_glue():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
    lake = opened()
    for name in (f"d{number}-{place}" for number in range(n_names) for place in range(3)):
        delivery = replace(delivery_of(0), delivery_id=name)
        key = object_key(PRICES.name, delivery)
        assert lake.objects.scan([key]).collect().height == 5


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_deliveries(tmp_path: Path) -> None:
    child = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-m", "analytics_platform_tests.integration.iceberg_lakes", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("put 3"):
                time.sleep(0.05)  # in the midst of the next
                child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    lake = in_sqlite(tmp_path)
    assert lake.read(PRICES).height % MANY == 0
    for number in range(8):
        deliver(lake, number, source=f"sender {number}", n_rows=MANY)
    assert lake.read(PRICES).height == 8 * MANY


def test_small_tables_cannot_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="names deliveries, nonsense: choose among benchmark_weights"):
        tables_in_sql(["deliveries", "nonsense"], url="sqlite://", namespace="lake", lake_url=str(tmp_path))


@pytest.mark.slow
def test_a_table_of_files_in_the_catalogue_is_told_with_its_cure(s3: EmulatedS3) -> None:
    bucket = s3.new_bucket(versioning=None)
    database, url = bucket.replace("-", "_"), f"s3://{bucket}/lake"
    deliver(open_lake(url, catalog_database=database), 0)
    lake = open_lake(url, catalog_database=database, iceberg_tables=("prices",))
    told = f"{database}.prices is no Iceberg table in the catalogue, but ANALYTICS_ICEBERG_TABLES names it"
    with pytest.raises(UnreachableLakeError, match=told):
        deliver(lake, 1)
    sync(GlueCatalog(database, url, without=["prices"]))
    deliver(lake, 1, source="bank")
    assert lake.read(PRICES).height == 4
    glue: Any = boto3.client("glue")
    told_table = glue.get_table(DatabaseName=database, Name="prices")["Table"]
    assert told_table["Parameters"]["table_type"] == "ICEBERG"
    assert glue.get_table(DatabaseName=database, Name="deliveries")["Table"]["Parameters"]["made_by"]


def _catalog(folder: Path) -> SqlCatalog:
    return SqlCatalog("analytics_platform", uri=f"sqlite:///{folder}/iceberg.sqlite")
