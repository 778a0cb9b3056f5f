"""The lake in an emulated Glue catalogue, over HTTP: registered as it comes, repaired from the lake."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from analytics_platform import settings as settings_module
from analytics_platform.cli.catalog import catalog_app
from analytics_platform.storage.catalog.definitions import external_table
from analytics_platform.storage.catalog.documents import table_input
from analytics_platform.storage.catalog.faults import CatalogError
from analytics_platform.storage.catalog.glue import GlueCatalog
from analytics_platform.storage.catalog.sync import sync
from analytics_platform.storage.lake.layout import Delivery
from analytics_platform.tables.market import PRICES
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import TABLES
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.versioned_glue import versioned_glue

MONDAY = date(2013, 2, 25)


@dataclass(frozen=True)
class Place:
    """A lake in a bucket of its own, and a database of the catalogue of its own."""

    bucket: str
    s3: EmulatedS3
    glue: Any

    @property
    def database(self) -> str:
        """Name of the database."""
        return self.bucket.replace("-", "_")

    @property
    def lake_url(self) -> str:
        """Where the lake stands."""
        return f"s3://{self.bucket}/lake"

    def catalog(self, *without: str) -> GlueCatalog:
        """Open the catalogue as another process does."""
        return GlueCatalog(self.database, self.lake_url, without=without)

    def table(self, name: str) -> dict[str, Any]:
        """Return what Glue says of a table."""
        told: dict[str, Any] = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        return told

    def partitions(self, name: str) -> list[tuple[list[str], str]]:
        """Return values and locations."""
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=self.database, TableName=name)
        return sorted(
            (each["Values"], each["StorageDescriptor"]["Location"])
            for page in pages
            for each in page["Partitions"]
        )

    def put(self, first: date, last: date, table: str = "prices") -> None:
        """Put an object of a delivery."""
        key = f"lake/{table}/first_date={first}/last_date={last}/20130301T090000000000Z_a.parquet"
        self.s3.client.put_object(Bucket=self.bucket, Key=key, Body=b"rows")


@pytest.fixture
def place(s3: EmulatedS3) -> Place:
    return Place(s3.new_bucket(versioning=None), s3, boto3.client("glue"))


def _delivery(days: int = 0) -> Delivery:
    day = MONDAY + timedelta(days=days)
    return Delivery("a", "desk", day, day, datetime(2013, 3, 1, 9, tzinfo=UTC))


def test_a_delivery_registers_table_and_partition_once(place: Place) -> None:
    for _ in range(2):  # two processes, the second of which finds all there
        catalog = place.catalog()
        for _ in range(2):
            catalog.register(PRICES, _delivery())
            catalog.register(DELIVERIES, _delivery())
    folder = f"{place.lake_url}/prices/first_date=2013-02-25/last_date=2013-02-25/"
    assert place.partitions("prices") == [(["2013-02-25", "2013-02-25"], folder)]
    assert place.table("prices")["StorageDescriptor"]["Columns"][0]["Type"] == "date"
    assert [key["Type"] for key in place.table("prices")["PartitionKeys"]] == ["date", "date"]
    assert place.table("deliveries").get("PartitionKeys", []) == []


def test_a_new_column_is_added_last_and_one_of_a_newer_version_stays(place: Place) -> None:
    whole = external_table(PRICES, place.lake_url)
    told = table_input(whole)
    first, *others = told["StorageDescriptor"]["Columns"]
    told["StorageDescriptor"]["Columns"] = [*others, {"Name": "venue", "Type": "string"}]
    place.glue.create_database(DatabaseInput={"Name": place.database})
    place.glue.create_table(DatabaseName=place.database, TableInput=told)
    place.catalog().register(PRICES, _delivery())
    names = [column["Name"] for column in place.table("prices")["StorageDescriptor"]["Columns"]]
    assert names == [*(each["Name"] for each in others), "venue", first["Name"]]


@pytest.mark.slow
def test_six_writers_register_at_once(place: Place) -> None:
    told = table_input(external_table(PRICES, place.lake_url))
    last = told["StorageDescriptor"]["Columns"].pop()
    place.glue.create_database(DatabaseInput={"Name": place.database})
    place.glue.create_table(DatabaseName=place.database, TableInput=told)
    faults: list[Exception] = []

    def register() -> None:
        try:
            for day in range(3):
                place.catalog().register(PRICES, _delivery(day))
        except CatalogError as error:
            faults.append(error)

    threads = [threading.Thread(target=register) for _ in range(6)]
    with versioned_glue():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
    assert len(place.partitions("prices")) == 3
    names = [column["Name"] for column in place.table("prices")["StorageDescriptor"]["Columns"]]
    assert names.count(last["Name"]) == 1


def test_a_table_of_somebody_else_is_not_overwritten(place: Place) -> None:
    place.glue.create_database(DatabaseInput={"Name": place.database})
    place.glue.create_table(DatabaseName=place.database, TableInput={"Name": "prices"})
    told = f"prices in the Glue database {place.database}: somebody else has made it: delete it there"
    with pytest.raises(CatalogError, match=told):
        place.catalog().register(PRICES, _delivery())
    with pytest.raises(CatalogError, match="keeps prices as no table of files"):
        sync(place.catalog())


def test_iceberg_tables_are_left_to_iceberg(place: Place) -> None:
    catalog = place.catalog("prices")
    catalog.register(PRICES, _delivery())
    place.put(MONDAY, MONDAY)
    assert "prices" not in {step.table.name for step in sync(catalog)}


def test_sync_makes_the_catalogue_say_what_the_lake_holds(place: Place) -> None:
    place.put(MONDAY, MONDAY)
    assert {step.action for step in sync(place.catalog(), dry_run=True)} == {"add"}
    assert place.catalog().content().tables == {}
    sync(place.catalog())
    assert place.catalog().content().tables.keys() == TABLES.keys()
    for number in range(30):  # more than one request removes
        place.catalog().register(PRICES, _delivery(7 + number))
    place.glue.delete_partition(
        DatabaseName=place.database, TableName="prices", PartitionValues=["2013-02-25", "2013-02-25"]
    )
    place.glue.delete_table(DatabaseName=place.database, Name="fx_rates")
    told = [(step.action, step.table.name, len(step.partitions)) for step in sync(place.catalog())]
    assert told == [("add", "fx_rates", 0), ("add", "prices", 1), ("remove", "prices", 30)]
    assert [values for values, _ in place.partitions("prices")] == [["2013-02-25", "2013-02-25"]]
    assert sync(place.catalog()) == []


@pytest.mark.slow
def test_sync_takes_nothing_from_writers_beside_it(place: Place) -> None:
    sync(place.catalog())
    days = [MONDAY + timedelta(days=number) for number in range(150)]

    def write() -> None:
        catalog = place.catalog()
        for number, day in enumerate(days):
            place.put(day, day)
            catalog.register(PRICES, _delivery(number))

    writer = threading.Thread(target=write)
    writer.start()
    done: set[str] = set()
    while writer.is_alive():
        done |= {step.action for step in sync(place.catalog())}
    writer.join()
    assert done <= {"add"}
    assert len(place.partitions("prices")) == len(days)


@pytest.mark.slow
def test_sync_follows_a_lake_that_was_moved(place: Place, s3: EmulatedS3) -> None:
    old = Place(s3.new_bucket(versioning=None), s3, place.glue)
    for number in range(130):  # more than one request takes
        for lake in (old, place):
            lake.put(MONDAY, MONDAY + timedelta(days=number))
    sync(GlueCatalog(place.database, old.lake_url))
    steps = sync(place.catalog())
    assert {step.action for step in steps} == {"change"}
    locations = [location for _, location in place.partitions("prices")]
    assert len(locations) == 130
    assert all(location.startswith(f"{place.lake_url}/prices/") for location in locations)
    assert sync(place.catalog()) == []


@pytest.mark.slow
def test_an_unreachable_catalogue_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", "http://127.0.0.1:1")
    with pytest.raises(CatalogError, match=r"prices in the Glue database .* failed: Could not connect"):
        place.catalog().register(PRICES, _delivery())


def test_a_lake_that_is_not_there_is_told(place: Place) -> None:
    nowhere = GlueCatalog(place.database, f"s3://{place.bucket}-gone/lake")
    with pytest.raises(CatalogError, match=r"the lake s3://.*-gone/lake cannot be listed: .*NoSuchBucket"):
        sync(nowhere)


@pytest.fixture
def on_aws(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    given = {
        "PROFILE": "aws",
        "HOME": str(tmp_path),
        "LAKE_URL": place.lake_url,
        "CATALOG_DATABASE": place.database,
        "STAGING_URL": f"s3://{place.bucket}/staging",
        "REDSHIFT_HOST": "127.0.0.1",
        "REDSHIFT_WORKGROUP": "none",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"ANALYTICS_{name}", value)
    settings_module.settings.cache_clear()
    yield
    settings_module.settings.cache_clear()


@pytest.mark.usefixtures("on_aws")
def test_the_command_prints_what_it_would_do_then_does_it(place: Place) -> None:
    for number in range(4):
        place.put(MONDAY, MONDAY + timedelta(days=number))
    looked = CliRunner().invoke(catalog_app, ["sync", "--dry-run"])
    days = ", ".join(f"2013-02-25/2013-02-{day}" for day in (25, 26, 27))
    line = f"add     {place.database}.prices  4 partitions ({days}, ...): deliveries that it does not show"
    assert looked.exit_code == 1
    assert line in looked.output.splitlines()
    assert f"{len(TABLES) + 1} to do" in looked.output
    assert CliRunner().invoke(catalog_app, ["sync"]).exit_code == 0
    again = CliRunner().invoke(catalog_app, ["sync", "--dry-run"])
    assert again.output == f"the catalogue {place.database} says what {place.lake_url} holds\n"
    assert again.exit_code == 0


def test_the_command_says_what_a_local_installation_lacks() -> None:
    settings_module.settings.cache_clear()
    answer = CliRunner().invoke(catalog_app, ["sync"])
    assert answer.exit_code == 2
    assert "ANALYTICS_PROFILE is local: no catalogue describes" in answer.output
