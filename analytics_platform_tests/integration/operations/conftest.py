"""An emulated account in which all is well, and one that each test breaks, for the commands of operations."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analytics_platform.cli.doctor_aws.asking import Answer, Question, answer
from analytics_platform.local_aws.bootstrap import Account, Bootstrap
from analytics_platform.local_aws.instance import local_instance
from analytics_platform.settings import Settings
from analytics_platform.triggers.lambda_package import lambda_files
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud

AWS_YAML = Path(__file__).parents[3] / "docker" / "dagster.aws.yaml"


@dataclass(frozen=True)
class Installed:
    """An account with everything in it, and the settings of an installation there."""

    cloud: Cloud
    account: Account
    of: Settings

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a client of one service."""
        return self.cloud.client(service)

    def ask(self, ask: Callable[[], str], service: str = "") -> Answer:
        """Put one question."""
        return answer(Question("question", ask, service))


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as emulated:
        yield emulated


def _install(cloud: Cloud, name: str, home: Path) -> tuple[Account, dict[str, str]]:
    """Make an account; return it and the variables of an installation in it."""
    files = lambda_files(Settings(landing_url=f"s3://{name}-landing"))
    account = Bootstrap(cloud.endpoint, name=name).make(files, {"command": ["true"]})
    template = home / "dagster.yaml"
    template.write_text(local_instance(AWS_YAML.read_text("utf-8")))
    told = {"ANALYTICS_HOME": str(home), "ANALYTICS_DAGSTER_TEMPLATE": str(template)}
    return account, {**account.environment(), **told}


@pytest.fixture(scope="package")
def whole(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, dict[str, str]]:
    return _install(cloud, "analytics", tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="package")
def broken_account(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, dict[str, str]]:
    return _install(cloud, "broken", tmp_path_factory.mktemp("broken"))


@pytest.fixture
def installed(
    cloud: Cloud, whole: tuple[Account, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Installed:
    """Give the account in which all is well; nobody changes it."""
    return _seen_by(cloud, whole, monkeypatch)


@pytest.fixture
def broken(
    cloud: Cloud, broken_account: tuple[Account, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Installed:
    """Give the account in which each test breaks something else."""
    return _seen_by(cloud, broken_account, monkeypatch)


def _seen_by(
    cloud: Cloud, made: tuple[Account, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Installed:
    for name, value in made[1].items():
        monkeypatch.setenv(name, value)
    return Installed(cloud, made[0], Settings())
