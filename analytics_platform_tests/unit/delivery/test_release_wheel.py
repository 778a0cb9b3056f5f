"""The wheel of a release holds what stands beside the package, and its record is true."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.commit import Commit
from analytics_platform.archives.releases.distributions import (
    BESIDE,
    BILL,
    build_distributions,
    write_bill,
)
from analytics_platform.archives.tars import write_tar

COMMIT = Commit("c" * 40, "1700000000", "1.2.0")
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "analytics-platform"
version = "1.2.0"
requires-python = ">=3.11"

[tool.hatch.build.targets.wheel]
packages = ["analytics_platform"]
"""
CODE = {
    "analytics_platform/__init__.py": b"",
    "analytics_platform-1.2.0.dist-info/METADATA": b"x",
    "bin/analytics": b"#!/bin/sh\n",
    "dbt/target/manifest.json": b"{}",
    "sources/custodian.toml": b"",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "analytics_platform").mkdir(parents=True)
    (folder / "analytics_platform" / "__init__.py").write_text('"""A package."""\n', "utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
    return folder


def built(project: Path, output: Path) -> Path:
    output.mkdir()
    write_tar(CODE, output / "code.tar.gz")
    wheel, source = build_distributions(project, COMMIT, output / "code.tar.gz", output)
    assert (wheel.suffix, source.name) == (".whl", "analytics_platform-1.2.0.tar.gz")
    return wheel


def test_what_stands_beside_the_package_is_in_it(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(built(project, tmp_path / "dist")) as wheel:
        beside = {name.removeprefix(BESIDE) for name in wheel.namelist() if name.startswith(BESIDE)}
    assert beside == {"dbt/target/manifest.json", "sources/custodian.toml"}


def test_the_record_names_every_file_with_its_digest(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(built(project, tmp_path / "dist")) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist()}
    (record,) = [name for name in files if name.endswith("RECORD")]
    told = dict(line.split(",", 1) for line in files.pop(record).decode().splitlines())
    assert told.pop(record) == ","
    assert told == {
        name: f"sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip('=')}"
        f",{len(content)}"
        for name, content in files.items()
    }


def test_built_twice_it_is_the_same(project: Path, tmp_path: Path) -> None:
    first, second = built(project, tmp_path / "a"), built(project, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    assert first.with_name("analytics_platform-1.2.0.tar.gz").read_bytes() == (
        second.with_name("analytics_platform-1.2.0.tar.gz").read_bytes()
    )


def test_without_the_program_of_the_bill_the_cure_is_told(project: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=f"^{BILL} is missing; make it with: make lint-infra$"):
        write_bill(project, COMMIT, tmp_path)
