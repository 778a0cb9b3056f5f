"""An installation without Dagster."""

from pathlib import Path

import pytest

from analytics_platform_tests.unit.api.actions.installed import Installed, installed


@pytest.fixture
def alone(tmp_path: Path) -> Installed:
    return installed(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return an installation for tests that change nothing."""
    return installed(tmp_path_factory.mktemp("shared"))
