"""What the tests of the button on a state machine share: the emulated cloud, and an installation in it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud
from analytics_platform_tests.integration.state_machine_button.button_on_aws import Button, make_machine
from analytics_platform_tests.integration.state_machine_button.played_dagster import played_dagster


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as emulated:
        yield emulated


@pytest.fixture
def button(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Button]:
    machine, queue = make_machine(cloud, f"button-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("ANALYTICS_MATERIALIZE_MACHINE", machine)
    with played_dagster() as dagster:
        yield Button(cloud, dagster, tmp_path, machine, queue)
