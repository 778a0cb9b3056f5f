"""`analytics dev`: the Dagster UI with its daemon."""

import subprocess
import sys

from analytics_platform.cli.run import open_instance
from analytics_platform.settings import dagster_environment, settings


def run_dagster(port: int) -> int:
    """Run ``dagster dev`` on the instance of this installation until it is interrupted."""
    of = settings()
    open_instance(of)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "analytics_platform.definitions"]
    with subprocess.Popen(  # noqa: S603 - a fixed command
        [*command, "--host", "127.0.0.1", "--port", str(port)], env=dagster_environment(of)
    ) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()
