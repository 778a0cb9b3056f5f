"""One installation for all tests that neither change its keys nor use up what a caller may ask."""

from collections.abc import Iterator

import pytest

from analytics_platform_tests.unit.api.security.servers import Installed, installed


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(
        tmp_path_factory.mktemp("guarded"), reads_per_minute=100_000, actions_per_minute=100_000
    ) as it:
        yield it
