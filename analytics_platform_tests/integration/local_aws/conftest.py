"""What the tests of the emulation share: one emulation, and tasks in it."""

from collections.abc import Iterator

import pytest

from analytics_platform_tests.integration.cloud import emulated_cloud
from analytics_platform_tests.integration.local_aws.cluster import Cluster, new_cluster


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """Start the emulation with a cluster in it."""
    with emulated_cloud() as cloud:
        yield new_cluster(cloud)
