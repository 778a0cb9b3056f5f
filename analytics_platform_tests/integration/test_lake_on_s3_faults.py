"""What only a bucket can do wrong: half an upload, writers at once, objects that vanish, no answer."""

import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import boto3
import pytest

from analytics_platform.storage.lake import listing
from analytics_platform.storage.lake.bucket import bucket
from analytics_platform.storage.lake.lake import DamagedLakeError, ObjectLake
from analytics_platform.storage.lake.layout import object_key, publication_key
from analytics_platform.storage.lake.objects import UnreachableLakeError
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.tables.market import FX_RATES
from analytics_platform_tests.integration import killed_put
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.unit.storage.test_lake import append_rates, publish_rates

N_WRITERS = 6


@pytest.fixture
def url(s3: EmulatedS3) -> str:
    """Return where an empty lake stands."""
    return f"s3://{s3.new_bucket(versioning=None)}/lake"


def _keys(lake: ObjectLake) -> list[str]:
    name, _, prefix = lake.url.removeprefix("s3://").partition("/")
    return listing.keys_below(bucket(name), prefix)


def _at_once(work: Callable[[ObjectLake, str], object], url: str) -> None:
    """Let writers with rates of their own begin at the same moment."""
    barrier = Barrier(N_WRITERS)

    def write(number: int) -> None:
        lake = open_lake(url)
        barrier.wait()
        work(lake, f"1.{number}")

    with ThreadPoolExecutor(N_WRITERS) as pool:
        list(pool.map(write, range(N_WRITERS)))


def test_a_writer_that_is_killed_in_the_midst_leaves_nothing_and_its_delivery_is_put_again(url: str) -> None:
    killed = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", killed_put.__name__, url],
        check=False,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL
    lake = open_lake(url)
    assert _keys(lake) == []
    publish_rates(lake, append_rates(lake, "1.2"))
    assert lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.2")]


def test_of_writers_of_one_delivery_the_first_stays(url: str) -> None:
    seen: list[bytes] = []

    def write(lake: ObjectLake, rate: str) -> None:
        delivery = append_rates(lake, rate)
        seen.append(lake.objects.load(object_key("fx_rates", delivery)))
        publish_rates(lake, delivery)

    _at_once(write, url)
    lake = open_lake(url)
    assert len(set(seen)) == 1, "an object was replaced after a writer was told that it stands"
    assert lake.read(FX_RATES).height == 1
    assert lake.deliveries().height == 1
    assert len(_keys(lake)) == 2


def test_a_listed_delivery_whose_row_vanishes_before_it_is_read_is_told(url: str, s3: EmulatedS3) -> None:
    lake = open_lake(url)
    delivery = append_rates(lake, "1.1")
    publish_rates(lake, delivery)
    key = publication_key("fx_rates", delivery)
    name = url.removeprefix("s3://").partition("/")[0]

    def vanish(**_: object) -> None:
        s3.client.delete_object(Bucket=name, Key=f"lake/{key}")

    events = bucket(name).client.meta.events
    events.register("before-send.s3.GetObject", vanish)
    with pytest.raises(DamagedLakeError, match=rf"{key} was listed and is gone; run `analytics reconcile`"):
        lake.read(FX_RATES)
    events.unregister("before-send.s3.GetObject", vanish)
    assert lake.read(FX_RATES).height == 0


def test_a_damaged_row_of_deliveries_is_named_with_its_cure(url: str, s3: EmulatedS3) -> None:
    lake = open_lake(url)
    delivery = append_rates(lake, "1.1")
    key = f"lake/{publication_key('fx_rates', delivery)}"
    name = url.removeprefix("s3://").partition("/")[0]
    s3.client.put_object(Bucket=name, Key=key, Body=b"nonsense" * 50)
    with pytest.raises(DamagedLakeError, match=rf"{key} is damaged; delete it, then run `analytics"):
        lake.read(FX_RATES)
    s3.client.delete_object(Bucket=name, Key=key)
    publish_rates(lake, delivery)
    assert lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.1")]


def test_a_delivery_that_is_taken_out_and_put_again_is_read_anew(url: str, tmp_path: Path) -> None:
    lake = open_lake(url)
    delivery = append_rates(lake, "1.1")
    publish_rates(lake, delivery)
    assert lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.1")]
    lake.objects.remove(publication_key("fx_rates", delivery))
    assert lake.read(FX_RATES).height == 0
    lake.objects.remove(object_key("fx_rates", delivery))
    publish_rates(lake, append_rates(lake, "1.2"))
    assert lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.2")]
    assert list(tmp_path.iterdir()) == [], "nothing is kept on the disk"


@pytest.mark.parametrize("known", [0, 1, 3, 7, 10, 11])
def test_listings_of_many_pages_miss_nothing_whatever_was_listed_before(
    url: str, s3: EmulatedS3, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    monkeypatch.setattr(listing, "_PAGE", 3)
    name = url.removeprefix("s3://").partition("/")[0]
    keys = [f"lake/deliveries/t/{number:02}" for number in range(11)]
    for key in [*keys, "lake/deliveries/u/00"]:
        s3.client.put_object(Bucket=name, Key=key, Body=b"")
    for before in (
        keys[:known],
        keys[-known:] if known else [],
        keys[::2][:known],
        ["lake/deliveries/t/gone"],
    ):
        assert listing.keys_below(bucket(name), "lake/deliveries/t/", before) == keys


def test_a_bucket_that_is_not_there_is_named_with_its_cure() -> None:
    with pytest.raises(
        UnreachableLakeError, match=r"the bucket no-such-bucket of the lake failed: .*404.*check"
    ):
        open_lake("s3://no-such-bucket/lake")


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(
        ValueError, match="'gs://b' is neither a folder nor s3://bucket/prefix; set ANALYTICS_LAKE"
    ):
        open_lake("gs://b")


def test_what_is_put_is_in_the_catalog_before_it_is_published(url: str) -> None:
    lake = open_lake(url, catalog_database="a_lake")
    delivery = append_rates(lake, "1.1")
    glue = boto3.client("glue")
    (found,) = glue.get_partitions(DatabaseName="a_lake", TableName="fx_rates")["Partitions"]
    assert found["Values"] == ["2013-02-25", "2013-02-27"]
    assert found["StorageDescriptor"]["Location"].startswith(f"{url}/fx_rates/first_date=2013-02-25/")
    publish_rates(lake, delivery)
    tables = [each["Name"] for each in glue.get_tables(DatabaseName="a_lake")["TableList"]]
    assert sorted(tables) == ["deliveries", "fx_rates"]
