"""Reads of a lake in a bucket: the tests of the lake on disk, with copies in order of instrument."""

import uuid

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from analytics_platform.storage.lake.lake import ObjectLake
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.unit.storage.lake_reference import Delivered, deliveries
from analytics_platform_tests.unit.storage.test_lake_reads import (  # noqa: F401 - run here, too
    ASKED_INSTRUMENTS,
    COPIED_AFTER,
    MOMENTS,
    SESSIONS,
    Asked,
    check_reads,
    filled,
    test_a_delivery_that_another_process_puts_is_seen_at_once,
    test_a_run_reads_what_it_has_written_itself,
    test_deliveries_that_were_published_before_there_were_folders_of_tables_are_read,
    test_little_is_not_copied_and_copies_grow_few,
    test_one_instrument_opens_copies_and_what_came_after_them,
    test_one_session_of_one_instrument_is_that_of_its_newest_delivery_in_a_copy_too,
    test_one_session_opens_one_delivery,
    test_what_a_table_has_not_cannot_be_asked_for,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def lake(s3: EmulatedS3) -> ObjectLake:
    """Return an empty lake that is all there is in a bucket."""
    return open_lake(f"s3://{s3.new_bucket(versioning=None)}")


@pytest.fixture(scope="module")
def bucket(s3: EmulatedS3) -> str:
    """Return a bucket for many lakes."""
    return s3.new_bucket(versioning=None)


@how(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    delivered=deliveries(),
    copied_after=COPIED_AFTER,
    asked=st.tuples(SESSIONS, ASKED_INSTRUMENTS, st.sampled_from(MOMENTS)),
)
def test_a_read_of_a_bucket_is_what_looking_at_every_row_gives(
    bucket: str, delivered: list[Delivered], copied_after: set[int], asked: Asked
) -> None:
    lake = open_lake(f"s3://{bucket}/{uuid.uuid4().hex}")
    check_reads(lake, delivered, copied_after, asked)
