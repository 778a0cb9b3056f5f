"""What is set for an installation holds in its runs."""

import subprocess
import sys

from analytics_platform.settings import dagster_environment, settings

PROGRAM = "from analytics_platform.defs.risk.inputs import RiskConfig; print(RiskConfig().n_scenarios)"


def test_runs_take_as_many_scenarios_as_are_set() -> None:
    environment = dagster_environment(settings()) | {"ANALYTICS_N_SCENARIOS": "250"}
    command = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert ended.stdout == "250\n"
