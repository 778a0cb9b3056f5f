"""A container in an empty folder."""

from pathlib import Path

import pytest

from analytics_platform_tests.integration.slim_container.slim_process import Container


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """Give a container without variables."""
    folder = tmp_path / "container"
    folder.mkdir()
    return Container(folder, {})
