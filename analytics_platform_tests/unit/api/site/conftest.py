"""A site with something in it, and one of an empty installation."""

from pathlib import Path

import pytest

from analytics_platform_tests.unit.api.site.furnished import (
    Furnished,
    furnished,
    publish,
    write_deliveries,
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """Return a site that no test changes."""
    site = furnished(tmp_path_factory.mktemp("full"))
    write_deliveries(site.of)
    publish(site.of)
    return site


@pytest.fixture
def empty(tmp_path: Path) -> Furnished:
    return furnished(tmp_path)
