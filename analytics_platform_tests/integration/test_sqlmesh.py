"""SQLMesh plans and audits the dbt project and gets the numbers that dbt gets."""

import re
from pathlib import Path

import pytest

from analytics_platform.defs.dbt import parse_project
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform_tests.defs.small_warehouse import MARTS, PROJECT, small_warehouse
from analytics_platform_tests.sqlmesh_plan import SQLMESH, plan

LOCKS = PROJECT.parent / "requirements"


@pytest.mark.slow
@pytest.mark.skipif(not SQLMESH.exists(), reason="SQLMesh has an environment of its own: make sqlmesh")
def test_sqlmesh_builds_what_dbt_builds_and_its_audits_pass(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parse_project(PROJECT, tmp_path / "target")
    by_dbt = small_warehouse(tmp_path / "target", tmp_path)
    status = plan(tmp_path / "lake", tmp_path / "sqlmesh")
    told = capfd.readouterr().out
    assert status == 0, told
    assert "Virtual layer updated" in told
    assert sum(map(int, re.findall(r"audits passed (\d+)", told))) > 100, told
    assert "'no_missing_values_fct_position_values__fct_position_values' audit error: 1 row failed" in told
    by_sqlmesh = DuckDBWarehouse(tmp_path / "sqlmesh" / "warehouse.duckdb")
    for mart in MARTS:
        rows = by_sqlmesh.read(f"marts.{mart}")
        expected = by_dbt.read(f"marts.{mart}")
        assert expected, mart
        assert rows.sort(rows.columns[:3]).rows() == expected, mart


@pytest.mark.parametrize("package", ["dbt-core", "dbt-duckdb", "duckdb"])
def test_sqlmesh_runs_on_the_versions_of_the_product(package: str) -> None:
    versions = {
        name: re.findall(rf"^{package}==(\S+)", (LOCKS / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("runtime.txt", "sqlmesh.txt")
    }
    assert len(versions["runtime.txt"]) == 1
    assert versions["sqlmesh.txt"] == versions["runtime.txt"]
