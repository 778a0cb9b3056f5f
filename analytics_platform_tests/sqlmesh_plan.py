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


def plan(lake: Path, home: Path) -> int:
    """Build all models over a lake in ``<home>/warehouse.duckdb``; every data test is an audit.

    `sqlmesh audit` would run them again, and count those of severity `warn` as failures.

    Parameters
    ----------
    lake : Path
        The lake on disk.
    home : Path
        Folder of the warehouse, the logs and whatever else SQLMesh writes; made when missing.

    Returns
    -------
    int
        0 if all models were built and no audit failed but with a warning. What SQLMesh says goes to standard
        output.
    """
    home.mkdir(parents=True, exist_ok=True)
    warehouse = home / "warehouse.duckdb"
    DuckDBWarehouse(warehouse).register_lake(TABLES.values(), lake)
    places = ["--paths", str(PROJECT), "--log-file-dir", str(home / "logs")]
    environment = {
        "PATH": os.defpath,
        "HOME": str(home),
        "ANALYTICS_WAREHOUSE": str(warehouse),
        "COLUMNS": "200",
    }
    command = [str(SQLMESH), *places, "plan", "--auto-apply", "--no-prompts"]
    return subprocess.run(command, env=environment, cwd=home, check=False).returncode  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(plan(settings().lake, settings().home / "sqlmesh"))
