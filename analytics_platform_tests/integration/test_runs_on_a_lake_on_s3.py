"""What runs do to a lake in a bucket: files are taken in, assets are kept, and what is lost is found."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import boto3
import dagster as dg
import polars as pl
import pytest

from analytics_platform.defs.io_managers import LakeIOManager
from analytics_platform.defs.resources import LakeResource
from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import ObjectLake
from analytics_platform.storage.lake.layout import Delivery, object_key
from analytics_platform.storage.lake.objects import UnreachableLakeError
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone_s3 import S3LandingZone
from analytics_platform.storage.ledger.gaps import gaps
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.tables.market import FX_RATES
from analytics_platform.tables.reference import CURRENCIES
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.intake_model import BANK
from analytics_platform_tests.integration.refusing_relay import relay

EURO = pl.DataFrame({"currency": "EUR", "name": "Euro", "minor_units": 2}, schema=CURRENCIES.columns)
FILE = "business_date,base_currency,quote_currency,rate\n2013-02-28,EUR,USD,1.31\n"
DELIVERY = ("delivery_id", "source", "first_date", "last_date", "known_at")


@pytest.fixture
def database() -> str:
    """Return the name of a Glue database: one shows one lake."""
    return f"lake_of_runs_{uuid.uuid4().hex}"


@pytest.fixture
def lake(s3: EmulatedS3, database: str) -> ObjectLake:
    """Return an empty lake that registers what is put."""
    return open_lake(f"s3://{s3.new_bucket(versioning=None)}/lake", catalog_database=database)


@dg.asset(key=["reference", "currencies"], io_manager_key="lake_io")
def currencies() -> pl.DataFrame:
    """One row a currency."""
    return EURO


def test_an_asset_is_kept_once_with_the_digest_of_its_object(lake: ObjectLake, database: str) -> None:
    keeper = LakeIOManager(root=lake.url, catalog_database=database)
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize([currencies], resources={"lake_io": keeper}, instance=instance)
        assert done.success
    kept = LakeResource(root=lake.url, catalog_database=database).open()
    assert kept.read(CURRENCIES).select(CURRENCIES.columns.names()).equals(EURO)
    (row,) = kept.deliveries().iter_rows(named=True)
    delivery = Delivery(**{name: row[name] for name in DELIVERY})
    assert row["sha256"] == lake.digest(CURRENCIES, delivery)
    partitions = boto3.client("glue").get_partitions(DatabaseName=database, TableName="currencies")[
        "Partitions"
    ]
    assert [str(row["first_date"]), str(row["last_date"])] in [each["Values"] for each in partitions]


@contextmanager
def _intake(lake: ObjectLake, s3: EmulatedS3, folder: Path) -> Iterator[tuple[Intake, LandingWatch]]:
    """Yield what takes files in, with one file that it has seen."""
    landing = s3.new_bucket()
    (folder / "sources").mkdir()
    ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
    quarantine = Quarantine(folder / "quarantine")
    zone = S3LandingZone(landing)
    s3.put(landing, BANK, FILE)
    with ParsingChild() as child:
        intake = Intake(
            landing=zone,
            ledger=ledger,
            lake=lake,
            quarantine=quarantine,
            sources=folder / "sources",
            child=child,
        )
        intake.observe("")
        yield intake, LandingWatch(landing=zone, ledger=ledger, quarantine=quarantine)


def _key_of_the_only_delivery(lake: ObjectLake) -> str:
    (row,) = lake.deliveries().iter_rows(named=True)
    return object_key("fx_rates", Delivery(**{name: row[name] for name in DELIVERY}))


def test_a_file_goes_from_bucket_to_bucket_and_lost_rows_are_loaded_again(
    lake: ObjectLake, s3: EmulatedS3, tmp_path: Path
) -> None:
    with _intake(lake, s3, tmp_path) as (intake, watch):
        intake.load(FX_RATES, "run-1")
        assert lake.read(FX_RATES).select("business_date", "rate").rows() == [
            (date(2013, 2, 28), Decimal("1.31"))
        ]
        assert list(gaps(watch, lake, lambda _: True)) == []
        lost = _key_of_the_only_delivery(lake)
        _damage(lake, lost, tmp_path)
        (damaged,) = gaps(watch, lake, lambda _: True)
        assert f"the object with its rows is damaged ({lost.rpartition('/')[2]})" in damaged.problem
        lake.objects.remove(lost)
        (gap,) = gaps(watch, lake, lambda _: True)
        assert f"the object with its rows is missing in the lake at {lake.url}" in gap.problem
        assert gap.close is not None
        assert gap.close()
        intake.load(FX_RATES, "run-2")
    assert lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.31")]


def test_an_object_that_s3_refuses_to_show_is_no_damaged_one_and_stays(
    s3: EmulatedS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay(s3.client.meta.endpoint_url.removeprefix("http://")) as before:
        monkeypatch.setenv("AWS_ENDPOINT_URL", before.url)
        lake = open_lake(f"s3://{s3.new_bucket(versioning=None)}/lake")
        with _intake(lake, s3, tmp_path) as (intake, watch):
            intake.load(FX_RATES, "run-1")
            key = _key_of_the_only_delivery(lake)
            before.refused["/lake/fx_rates/"] = 403
            with pytest.raises(
                UnreachableLakeError, match=rf"whether {lake.url}/{key} is whole cannot be told .*deleted"
            ):
                list(gaps(watch, lake, lambda _: True))
            with pytest.raises(UnreachableLakeError, match=f"fx_rates cannot be read from {lake.url}"):
                lake.read(FX_RATES)
            before.refused.clear()
            assert list(gaps(watch, lake, lambda _: True)) == []
            assert lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.31")]


def _damage(lake: ObjectLake, key: str, folder: Path) -> None:
    (folder / "nonsense").write_bytes(b"nonsense" * 50)
    lake.objects.replace(key, folder / "nonsense")
