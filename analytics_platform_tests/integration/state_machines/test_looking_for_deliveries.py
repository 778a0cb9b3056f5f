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
from analytics_platform_tests.integration.state_machines.machines import BUCKET, Machines
from analytics_platform_tests.unit.triggers.known import configuration

SESSION = date(2013, 3, 1)
EXCHANGE = Expected("prices", "exchange", required=True, due_minutes=1, due_on="session", calendar="XNYS")
KNOWN = configuration(f"s3://{BUCKET}/many")


@pytest.fixture
def daily_files(machines: Machines) -> None:
    """Put one file for each of the 1,500 days before the session, and for each of the 1,500 after it."""
    backend = s3_backends[ACCOUNT]["aws"]
    days = [SESSION + timedelta(days=offset) for offset in range(-1_500, 1_501) if offset]
    assert machines.account.landing == BUCKET
    for day in days:
        backend.put_object(BUCKET, f"many/prices/exchange_{day}.csv", b"x")


@contextmanager
def lists() -> Iterator[list[str]]:
    """Count the requests that list the bucket."""
    expected_deliveries._client.cache_clear()  # noqa: SLF001 - of another emulation
    events, seen = expected_deliveries._client().meta.events, []  # noqa: SLF001
    events.register("before-call.s3.ListObjectsV2", lambda **_: seen.append("list"))
    yield seen
    expected_deliveries._client.cache_clear()  # noqa: SLF001


@pytest.mark.usefixtures("daily_files")
def test_a_file_is_found_among_thousands_with_one_request(machines: Machines) -> None:
    machines.put(f"many/prices/exchange_{SESSION}.csv")
    with lists() as seen:
        assert arrived(KNOWN, EXCHANGE, SESSION)
    assert len(seen) == 1


@pytest.mark.usefixtures("daily_files")
def test_a_missing_file_costs_a_page_for_each_thousand_files_before_it(machines: Machines) -> None:
    machines.put(f"many/prices/exchange2_{SESSION}.csv")
    with lists() as seen:
        assert not arrived(KNOWN, EXCHANGE, SESSION)
    assert len(seen) == 3


@pytest.mark.usefixtures("daily_files")
def test_a_range_of_many_years_covers_its_sessions(machines: Machines) -> None:
    machines.put("many/prices/exchange_2000-03-01_2013-03-04.csv")
    with lists():
        assert arrived(KNOWN, EXCHANGE, SESSION)


@pytest.mark.usefixtures("machines")
@pytest.mark.parametrize("bucket", ["missing", "no bucket/at all"])
def test_a_zone_that_cannot_be_listed_is_told_with_its_cure(bucket: str) -> None:
    wrong: Configuration = replace(KNOWN, bucket=bucket)
    with lists(), pytest.raises(UnreadableZoneError, match="check bucket, region and s3:ListBucket"):
        arrived(wrong, EXCHANGE, SESSION)
