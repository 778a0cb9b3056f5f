"""What integration tests share: one real run of the demo, emulated S3, a PostgreSQL server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from analytics_platform.settings import Settings
from analytics_platform_tests.integration import postgres as postgresql
from analytics_platform_tests.integration.aws import EmulatedS3, emulated_s3


@dataclass(frozen=True)
class Installation:
    """A data home of its own, and the command line on it."""

    settings: Settings

    def run(
        self, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``analytics`` in a process of its own, without credentials."""
        return subprocess.run(  # noqa: S603 - our own command
            self.command(*arguments),
            env=environment or self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def command(self, *arguments: str) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", "analytics_platform.cli", *arguments]

    def environment(self) -> dict[str, str]:
        """Return a minimal environment: nothing of the developer's shell leaks in."""
        return {
            "PATH": os.defpath,
            "HOME": str(self.settings.home),
            "ANALYTICS_HOME": str(self.settings.home),
        }


def installation(home: Path) -> Installation:
    """Return an installation with its data home in a folder."""
    return Installation(Settings(home=home))


@dataclass(frozen=True)
class Demo:
    """An installation on which the demo ran, and what the demo printed."""

    at: Installation
    output: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demo once."""
    at = installation(tmp_path_factory.mktemp("demo"))
    done = at.run("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(at, done.stdout)


@pytest.fixture(scope="session")
def s3() -> Iterator[EmulatedS3]:
    """Emulate S3."""
    with emulated_s3() as emulated:
        yield emulated


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.PostgresServer]:
    """Start PostgreSQL."""
    programs = postgresql.binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine: install the package postgresql")
    with postgresql.running(programs) as server:
        yield server
