"""One real run of the demo, shared by all tests that look at what it left behind."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from analytics_platform.settings import Settings


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
