"""The platform itself in the slim container: packed, put into emulated S3, run from an empty folder."""

import os
import shutil
import tarfile
from pathlib import Path

import pytest

from analytics_platform.archives.build import code_archive, environment_archive, lambda_archive
from analytics_platform.archives.code import CHECKOUT
from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.store import Built, upload
from analytics_platform.settings import Settings
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.slim_container.slim_process import Container

DELIVERIES = CHECKOUT / "sample_data" / "deliveries" / "1_first" / "prices"
OF_A_CHECKOUT = ("LICENSE", "NOTICE", "pyproject.toml", "workspace.yaml")
FOLDERS = ("analytics_platform", "dbt", "docker", "infra", "sources")


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Pack the code of this checkout."""
    return code_archive(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the environment of the lock."""
    try:
        return environment_archive(tmp_path_factory.mktemp("environment"))
    except ArchiveError as error:
        pytest.skip(f"the environment cannot be built here: {error}")


def materialize(deliveries: Path) -> str:
    """Return a script that lands deliveries and computes a stage of one session."""
    return f"""
    dagster --version
    analytics land {deliveries}/*
    analytics backfill --from 2013-03-01 --to 2013-03-01 --select 'key:"lake/prices"'
    find "$ANALYTICS_HOME/lake" -name '*.parquet' | sed -n '1,3s/^/wrote /p'
    """


@pytest.mark.slow
def test_the_platform_materializes_from_archives_in_s3(
    s3: EmulatedS3, container: Container, code: Built, environment: Built
) -> None:
    if shutil.which("aws", path=os.defpath) is None:
        pytest.skip("the AWS CLI is missing: install the package awscli")
    bucket = s3.new_bucket()
    told = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}  # noqa: TID251 - passed on
    done = container.run(
        **told,
        ENVIRONMENT_ARCHIVE=upload(environment, f"s3://{bucket}/archives")[0],
        CODE_ARCHIVE=upload(code, f"s3://{bucket}/archives")[0],
        LOG_ARCHIVE=f"s3://{bucket}/logs",
        ANALYTICS_HOME=str(container.folder / "home"),
        COMMAND=materialize(DELIVERIES),
    )
    assert done.code == 0, done.output + done.errors
    assert done.output.startswith("dagster, version 1.13")
    assert "wrote " in done.output
    assert [step["verified"] for step in done.steps if step["slim"] == "unpacked"] == [True, True]


@pytest.mark.slow
def test_the_code_of_a_copied_checkout_is_the_same_archive(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "elsewhere" / "second"
    left_out = shutil.ignore_patterns("__pycache__", "target", "logs")
    for folder in FOLDERS:
        shutil.copytree(CHECKOUT / folder, first / folder, ignore=left_out)
    for name in OF_A_CHECKOUT:
        shutil.copy(CHECKOUT / name, first / name)
    shutil.copytree(first, second)
    for path in second.rglob("*"):
        os.utime(path, (10**9, 10**9))
    digests = [code_archive(folder / "dist", folder).sha256 for folder in (first, second)]
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_the_code_holds_what_a_run_needs_and_no_more(code: Built) -> None:
    with tarfile.open(code.file) as archive:
        names = set(archive.getnames())
    assert {
        "analytics_platform/definitions.py",
        "analytics_platform/report/templates/base.html.j2",
        "bin/analytics",
        "dbt/dbt_project.yml",
        "dbt/profiles.yml",
        "dbt/target/manifest.json",
        "dbt/target/partial_parse.msgpack",
        "dbt/target/redshift/manifest.json",
        "dbt/target/redshift/partial_parse.msgpack",
        "docker/dagster.aws.yaml",
        "docker/workspace.aws.yaml",
        "infra/expected_deliveries.toml",
        "infra/state_machines/on_upload.asl.json",
        "workspace.yaml",
    } <= names
    folders = {name.partition("/")[0] for name in names}
    assert not folders & {"analytics_platform_tests", "benchmarks", "docs", "sample_data", ".git", ".venv"}
    assert not [name for name in names if name.endswith((".pyc", ".log")) or "/." in name]


def test_the_lambda_functions_are_the_same_archive_twice(tmp_path: Path) -> None:
    of = Settings(home=tmp_path, landing_url="s3://landing/in")
    first, second = (lambda_archive(tmp_path / name, of) for name in ("a", "b"))
    assert first.sha256 == second.sha256
    assert first.file.name == f"lambdas-{first.sha256[:16]}.zip"


def test_what_is_no_checkout_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="run this in a checkout"):
        code_archive(tmp_path / "out", tmp_path)


def test_a_lock_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is missing"):
        environment_archive(tmp_path / "out", tmp_path / "none.txt")
