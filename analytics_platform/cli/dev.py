"""`analytics dev`: the Dagster UI with its daemon."""

import os
import sys
from typing import NoReturn

from analytics_platform.cli.run import open_instance
from analytics_platform.settings import dagster_environment, settings


def run_dagster(port: int) -> NoReturn:
    """Become ``dagster dev`` on the instance of this installation, so that signals reach it directly."""
    of = settings()
    open_instance(of).dispose()
    command = [sys.executable, "-m", "dagster", "dev", "-m", "analytics_platform.definitions"]
    arguments = [*command, "--host", "127.0.0.1", "--port", str(port)]
    os.execve(sys.executable, arguments, dagster_environment(of))  # noqa: S606 - a fixed command
