"""The lake in a bucket: the tests of the lake on disk, its reads aside."""

import pytest

from analytics_platform.storage.lake.lake import ObjectLake
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.unit.storage.test_adopted_deliveries import (  # noqa: F401 - run here, too
    test_a_file_of_other_columns_is_refused_by_name,
    test_what_a_killed_attempt_has_put_is_replaced_and_what_is_published_is_not,
)
from analytics_platform_tests.unit.storage.test_lake import (  # noqa: F401 - run here, too
    test_a_delivery_is_invisible_until_it_is_published,
    test_a_later_delivery_replaces_the_dates_that_it_covers,
    test_a_missing_or_damaged_object_is_told_with_its_table_and_cure,
    test_a_row_that_the_later_delivery_leaves_out_is_gone,
    test_of_reference_data_the_newest_snapshot_counts,
    test_one_run_delivers_to_several_tables_under_one_name,
    test_rows_carry_their_lineage,
    test_rows_from_before_a_column_was_added_are_read_with_null_in_it,
    test_rows_that_do_not_conform_are_not_put,
    test_the_digest_is_that_of_the_object,
    test_the_same_delivery_again_changes_nothing,
    test_two_sources_stand_beside_each_other,
    test_what_was_known_earlier_can_be_read_again,
)


@pytest.fixture
def lake(s3: EmulatedS3) -> ObjectLake:
    """Return an empty lake below a prefix of a bucket."""
    return open_lake(f"s3://{s3.new_bucket(versioning=None)}/the/lake")
