"""The sample on both engines: the chain over S3 and Redshift gives what DuckDB gives, row by row."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.settings import Settings
from analytics_platform.storage.redshift.warehouse import RedshiftWarehouse
from analytics_platform.storage.warehouse import DuckDBWarehouse, Warehouse
from analytics_platform_tests.dialect_guard.__main__ import guarded
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.conftest import Demo
from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.integration.redshift_double.errors import RedshiftError
from analytics_platform_tests.integration.redshift_double.proxy import Double

pytestmark = pytest.mark.slow

OF_THE_RUN = ("delivery_id", "known_at", "run_id")
"""How columns end that name a run or the moment at which a file was put: no two runs have the same."""

RELATIVE = 1e-9
RELATIONS = """
select table_schema || '.' || table_name as relation
from information_schema.tables
where table_schema in ('staging', 'intermediate', 'marts', 'reporting')
order by table_schema, table_name"""


@dataclass(frozen=True)
class Both:
    """The same sample, built on both engines."""

    duckdb: Warehouse
    redshift: RedshiftWarehouse
    target: Path
    environment: dict[str, str]

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt on Redshift by hand, in a folder of its own."""
        return _run(
            [str(Path(sys.executable).with_name("dbt")), *arguments, "--target", "redshift"],
            {
                **self.environment,
                "DBT_TARGET_PATH": str(self.target / "by_hand"),
                "DBT_LOG_PATH": str(self.target),
            },
        )


@pytest.fixture(scope="module")
def both(
    demo: Demo, redshift: RedshiftServer, s3: EmulatedS3, tmp_path_factory: pytest.TempPathFactory
) -> Both:
    """Run the commands of docs/redshift.md on an empty database and an empty bucket."""
    at = redshift.with_new_database()
    if at.double is None:
        pytest.skip("the catalogue and the bucket of the sample are emulated: on the double only")
    home = tmp_path_factory.mktemp("aws")
    bucket = s3.new_bucket(versioning=None)
    environment = {
        **os.environ,  # noqa: TID251 - the address of emulated AWS
        "ANALYTICS_PROFILE": "aws",
        "ANALYTICS_HOME": str(home),
        "ANALYTICS_LAKE_URL": f"s3://{bucket}/lake",
        "ANALYTICS_STAGING_URL": f"s3://{bucket}/staging",
        "ANALYTICS_CATALOG_DATABASE": "parity",
        "ANALYTICS_REDSHIFT_HOST": at.host,
        "ANALYTICS_REDSHIFT_PORT": str(at.port),
        "ANALYTICS_REDSHIFT_DATABASE": at.database,
        "ANALYTICS_REDSHIFT_USER": at.user,
        "ANALYTICS_REDSHIFT_PASSWORD": at.password,
        "ANALYTICS_REDSHIFT_TLS": "off",
        "ANALYTICS_DBT_TARGET": str(home / "dbt_target"),
    }
    for command in (["warehouse", "bootstrap"], ["dbt-manifest"], ["demo"]):
        done = _run([sys.executable, "-m", "analytics_platform.cli", *command], environment)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return Both(DuckDBWarehouse(demo.at.settings.warehouse), at.warehouse(), home / "dbt_target", environment)


def test_every_relation_is_equal_row_by_row(both: Both) -> None:
    relations = both.duckdb.query(RELATIONS)["relation"].to_list()
    assert relations == both.redshift.query(RELATIONS)["relation"].to_list()
    assert len(relations) > 60
    differing = {name: told for name in relations if (told := difference(both, name))}
    assert differing == {}


def test_what_dbt_ran_is_in_the_dialect_of_redshift(both: Both) -> None:
    files, found = guarded([both.target / "run"])
    assert files > 100
    assert found == []


def test_a_range_is_replaced_whole_or_not_at_all(both: Both, double: Double) -> None:
    def held() -> pl.DataFrame:
        return ordered(both.redshift.read("marts.fct_position_values"))

    before, sessions = held(), '{"first_session": "2013-02-01", "last_session": "2013-03-01"}'
    build = ("run", "--select", "fct_position_values", "--vars", sessions)
    double.faults.refuse("insert into .*fct_position_values", times=9, error=RedshiftError("disk full"))
    assert both.dbt(*build).returncode == 1
    assert held().equals(before)
    double.faults.clear()
    done = both.dbt(*build)
    assert done.returncode == 0, done.stdout
    assert held().equals(before)


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        command,
        env=environment,
        cwd=Settings().dbt_project,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def difference(both: Both, relation: str) -> str:
    """Return how a relation differs between the engines; nothing if it does not."""
    ours, other = both.duckdb.read(relation), both.redshift.read(relation)
    if ours.columns != other.columns:
        return f"columns {ours.columns} and {other.columns}"
    if ours.height != other.height:
        return f"{ours.height} and {other.height} rows"
    compared = [name for name in ours.columns if not name.endswith(OF_THE_RUN)]
    left, right = ordered(ours.select(compared)), ordered(other.select(compared))
    for name in compared:
        is_equal = equal(left[name], right[name])
        if not is_equal.all():
            place = (~is_equal).arg_true()[0]
            return (
                f"{name}: {left[name][place]!r} and {right[name][place]!r} in {left.row(place, named=True)}"
            )
    return ""


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows in an order that the last digits of doubles do not decide."""
    exact = [name for name, dtype in rows.schema.items() if not dtype.is_float()]
    rough = [pl.col(name).round_sig_figs(6) for name, dtype in rows.schema.items() if dtype.is_float()]
    return rows.sort(*exact, *rough, nulls_last=True)


def equal(left: pl.Series, right: pl.Series) -> pl.Series:
    """Tell which values are equal: doubles to a billionth, all else exactly."""
    if not left.dtype.is_float():
        return left.eq_missing(right)
    distance = (left - right).abs() <= RELATIVE * (1 + left.abs())
    return distance.fill_null(value=False) | (left.is_null() & right.is_null())
