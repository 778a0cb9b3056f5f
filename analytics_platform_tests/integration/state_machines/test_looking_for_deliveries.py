"""How the landing zone is looked at for what is due: rightly, and with few requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from moto.s3.models import s3_backends

from analytics_platform.local_aws.versions import ACCOUNT
from analytics_platform.triggers.lambdas import expected_deliveries
from analytics_platform.triggers.lambdas.configuration import Configuration, Expected
from analytics_platform.triggers.lambdas.expected_deliveries import UnreadableZoneError, arrived
from analytics_platform_tests.integration.state_machines.machines import Machines
from analytics_platform_tests.unit.triggers.known import configuration

SESSION = date(2013, 3, 1)
EXCHANGE = Expected("prices", "exchange", required=True, due_minutes=1, due_on="session", calendar="XNYS")
MANY = "machines-many"
KNOWN = configuration(f"s3://{MANY}/many")


@pytest.fixture(scope="module")
def many(account: Machines) -> Machines:
    """Make a bucket with one file for each of the 1,100 days before the session, and of the 50 after it."""
    account.client("s3").create_bucket(
        Bucket=MANY, CreateBucketConfiguration={"LocationConstraint": account.cloud.region}
    )
    for offset in range(-1_100, 51):
        if offset:
            key = f"many/prices/exchange_{SESSION + timedelta(days=offset)}.csv"
            s3_backends[ACCOUNT]["aws"].put_object(MANY, key, b"x")
    return account


@contextmanager
def file(many: Machines, name: str) -> Iterator[None]:
    """Put one file more for a while."""
    many.client("s3").put_object(Bucket=MANY, Key=f"many/{name}", Body=b"x")
    yield
    many.client("s3").delete_object(Bucket=MANY, Key=f"many/{name}")


@contextmanager
def lists() -> Iterator[list[str]]:
    """Count the requests that list the bucket."""
    expected_deliveries._client.cache_clear()  # noqa: SLF001 - of another emulation
    events, seen = expected_deliveries._client().meta.events, []  # noqa: SLF001
    events.register("before-call.s3.ListObjectsV2", lambda **_: seen.append("list"))
    yield seen
    expected_deliveries._client.cache_clear()  # noqa: SLF001


def test_a_file_is_found_among_thousands_with_one_request(many: Machines) -> None:
    with file(many, f"prices/exchange_{SESSION}.csv"), lists() as seen:
        assert arrived(KNOWN, EXCHANGE, SESSION)
    assert len(seen) == 1


def test_a_missing_file_costs_a_page_for_each_thousand_files_before_it(many: Machines) -> None:
    with file(many, f"prices/exchange2_{SESSION}.csv"), lists() as seen:
        assert not arrived(KNOWN, EXCHANGE, SESSION)
    assert len(seen) == 3


def test_a_range_of_many_years_covers_its_sessions(many: Machines) -> None:
    with file(many, "prices/exchange_2000-03-01_2013-03-04.csv"), lists():
        assert arrived(KNOWN, EXCHANGE, SESSION)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("bucket", ["missing", "no bucket/at all"])
def test_a_zone_that_cannot_be_listed_is_told_with_its_cure(bucket: str) -> None:
    wrong: Configuration = replace(KNOWN, bucket=bucket)
    with lists(), pytest.raises(UnreadableZoneError, match="check bucket, region and s3:ListBucket"):
        arrived(wrong, EXCHANGE, SESSION)
