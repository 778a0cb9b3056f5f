"""What runs do to a lake in a bucket: files are taken in, assets are kept, and what is lost is found."""

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
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone_s3 import S3LandingZone
from analytics_platform.storage.ledger.gaps import gaps
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.tables.market import FX_RATES
from analytics_platform.tables.reference import CURRENCIES
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.intake_model import BANK

DATABASE = "lake_of_runs"
EURO = pl.DataFrame({"currency": "EUR", "name": "Euro", "minor_units": 2}, schema=CURRENCIES.columns)
FILE = "business_date,base_currency,quote_currency,rate\n2013-02-28,EUR,USD,1.31\n"
DELIVERY = ("delivery_id", "source", "first_date", "last_date", "known_at")


@pytest.fixture
def lake(s3: EmulatedS3) -> ObjectLake:
    """Return an empty lake that registers what is put."""
    return open_lake(f"s3://{s3.new_bucket(versioning=None)}/lake", catalog_database=DATABASE)


@dg.asset(key=["reference", "currencies"], io_manager_key="lake_io")
def currencies() -> pl.DataFrame:
    """One row a currency."""
    return EURO


def test_an_asset_is_kept_once_with_the_digest_of_its_object(lake: ObjectLake) -> None:
    root = {"root": lake.url, "catalog_database": DATABASE}
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize(
                [currencies], resources={"lake_io": LakeIOManager(**root)}, instance=instance
            )
        assert done.success
    kept = LakeResource(**root).open()
    assert kept.read(CURRENCIES).select(CURRENCIES.columns.names()).equals(EURO)
    (row,) = kept.deliveries().iter_rows(named=True)
    delivery = Delivery(**{name: row[name] for name in DELIVERY})
    assert row["sha256"] == lake.digest(CURRENCIES, delivery)
    partitions = boto3.client("glue").get_partitions(DatabaseName=DATABASE, TableName="currencies")[
        "Partitions"
    ]
    assert [str(row["first_date"]), str(row["last_date"])] in [each["Values"] for each in partitions]


def test_a_file_goes_from_bucket_to_bucket_and_lost_rows_are_loaded_again(
    lake: ObjectLake, s3: EmulatedS3, tmp_path: Path
) -> None:
    landing = s3.new_bucket()
    (tmp_path / "sources").mkdir()
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    quarantine = Quarantine(tmp_path / "quarantine")
    zone = S3LandingZone(landing)
    s3.put(landing, BANK, FILE)
    with ParsingChild() as child:
        intake = Intake(
            landing=zone,
            ledger=ledger,
            lake=lake,
            quarantine=quarantine,
            sources=tmp_path / "sources",
            child=child,
        )
        intake.observe("")
        intake.load(FX_RATES, "run-1")
        assert lake.read(FX_RATES).select("business_date", "rate").rows() == [
            (date(2013, 2, 28), Decimal("1.31"))
        ]
        watch = LandingWatch(landing=zone, ledger=ledger, quarantine=quarantine)
        assert list(gaps(watch, lake, lambda _: True)) == []
        (row,) = lake.deliveries().iter_rows(named=True)
        lost = object_key("fx_rates", Delivery(**{name: row[name] for name in DELIVERY}))
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


def _damage(lake: ObjectLake, key: str, folder: Path) -> None:
    (folder / "nonsense").write_bytes(b"nonsense" * 50)
    lake.objects.replace(key, folder / "nonsense")
