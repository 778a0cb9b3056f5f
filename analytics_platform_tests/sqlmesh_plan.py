"""The dbt project planned and audited by SQLMesh: ``python -m analytics_platform_tests.sqlmesh_plan``.

SQLMesh lives in an environment of its own and puts views where dbt puts tables, so it gets a warehouse of its
own over the same lake.
"""

import os
import subprocess
import sys
from pathlib import Path

from analytics_platform.settings import settings
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.registry import TABLES

PROJECT = Path(__file__).parent.parent / "dbt"
SQLMESH = Path(f"{sys.prefix}-sqlmesh") / "bin" / "sqlmesh"
"""Made by `make sqlmesh`, beside the environment of the project."""


def run(home: Path, *arguments: str) -> int:
    """Run a command of SQLMesh on the project and the warehouse of a home.

    Parameters
    ----------
    home : Path
        Where SQLMesh may write what it does not write beside the project: its logs and settings.
    arguments : str
        The command and its options.

    Returns
    -------
    int
        Exit status. What SQLMesh says goes to standard output.
    """
    environment = {
        "PATH": os.defpath,
        "HOME": str(home),
        "ANALYTICS_WAREHOUSE": str(home / "warehouse.duckdb"),
        "COLUMNS": "200",
    }
    command = [str(SQLMESH), "--paths", str(PROJECT), "--log-file-dir", str(home / "logs"), *arguments]
    return subprocess.run(command, env=environment, cwd=home, check=False).returncode  # noqa: S603 - our own command


def plan_and_audit(lake: Path, home: Path) -> int:
    """Build all models over a lake in ``<home>/warehouse.duckdb`` and run the audits.

    Returns
    -------
    int
        0 if all models were built and all audits passed, else the status of the command that failed.
    """
    home.mkdir(parents=True, exist_ok=True)
    DuckDBWarehouse(home / "warehouse.duckdb").register_lake(TABLES.values(), lake)
    return run(home, "plan", "--auto-apply", "--no-prompts") or run(home, "audit")


if __name__ == "__main__":
    sys.exit(plan_and_audit(settings().lake, settings().home / "sqlmesh"))
