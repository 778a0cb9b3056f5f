"""SQLMesh plans and audits the dbt project and gets the numbers that dbt gets."""

from pathlib import Path

import pytest

from analytics_platform.defs.dbt import parse_project
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform_tests.defs.small_warehouse import MARTS, PROJECT, small_warehouse
from analytics_platform_tests.sqlmesh_plan import SQLMESH, plan_and_audit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SQLMESH.exists(), reason="SQLMesh has an environment of its own: make sqlmesh"),
]


def test_sqlmesh_builds_what_dbt_builds_and_its_audits_pass(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parse_project(PROJECT, tmp_path / "target")
    by_dbt = small_warehouse(tmp_path / "target", tmp_path)
    status = plan_and_audit(tmp_path / "lake", tmp_path / "sqlmesh")
    told = capfd.readouterr().out
    assert status == 0, told
    assert "Virtual layer updated" in told
    by_sqlmesh = DuckDBWarehouse(tmp_path / "sqlmesh" / "warehouse.duckdb")
    for mart in MARTS:
        rows = by_sqlmesh.read(f"marts.{mart}")
        expected = by_dbt.read(f"marts.{mart}")
        assert expected, mart
        assert rows.sort(rows.columns[:3]).rows() == expected, mart
