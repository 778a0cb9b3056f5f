"""What the tests of orchestration share: the emulated cloud, and an installation in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_platform.storage.queues import sqs
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud
from analytics_platform_tests.integration.orchestration.installed_on_aws import InstalledOnAws


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as emulated:
        yield emulated


@pytest.fixture
def at(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstalledOnAws]:
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 0)  # the emulated queue knows at once that it is empty
    installed = InstalledOnAws(cloud, tmp_path)
    yield installed
    installed.close()
