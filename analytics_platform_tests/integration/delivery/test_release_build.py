"""A release of this checkout: twice the same, and its wheel loads the definitions where nothing else is."""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from analytics_platform.archives.releases.bundles import NO_IMAGE, Parts, build_release
from analytics_platform.archives.releases.distributions import BILL
from analytics_platform.archives.releases.sums import read_sums
from analytics_platform.archives.store import Built, keep
from analytics_platform.archives.tars import write_tar
from analytics_platform.settings import Settings
from analytics_platform_tests.integration.delivery.oci import oci_archive

ROOT = Path(__file__).resolve().parents[3]
VERSION = "0.1.0"
_LOAD = """
import sys
from analytics_platform.definitions import defs
import analytics_platform
print(analytics_platform.__file__)
print(len(defs().resolve_asset_graph().get_all_asset_keys()))
print(sorted(name for name in sys.modules if name.startswith("dbt.parser")))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / BILL).exists(), reason=f"{BILL} is missing: make lint-infra"),
]


def _git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    done = subprocess.run(  # noqa: S603 - our own command
        ["git", *who, *arguments],  # noqa: S607
        cwd=folder,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "GIT_CONFIG_GLOBAL": "/dev/null"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make a repository of what would be committed here, with a section of the version in its changelog."""
    folder = tmp_path / "clone"
    for name in _git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).is_file() and not name.startswith(("analytics_platform_tests/", "sample_data/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    changelog = folder / "CHANGELOG.md"
    told = changelog.read_text("utf-8").replace("## [Unreleased]", f"## [{VERSION}] - 2026-11-23", 1)
    changelog.write_text(told, "utf-8")
    (folder / BILL).parent.mkdir(parents=True)
    (folder / BILL).symlink_to(ROOT / BILL)
    _git(folder, "init", "--quiet")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", "release")
    return folder


def _environment(folder: Path) -> Built:
    written = folder / ".environment"
    return keep(written, "environment", ".tar.gz", write_tar({"pyvenv.cfg": b""}, written))


def _release(clone: Path, output: Path, image: Path | None) -> Path:
    settings = Settings(landing_url="s3://landing")
    return build_release(output, VERSION, Parts(image, environment=_environment), settings, clone)


def test_a_release_built_twice_is_the_same_and_names_all_that_is_in_it(clone: Path, tmp_path: Path) -> None:
    image = tmp_path / "slim.oci.tar"
    digest = oci_archive(image)
    first, second = (_release(clone, tmp_path / name, image) for name in ("a", "b"))
    sums = read_sums(first)
    assert sums == read_sums(second)
    kinds = {name.split("-")[0] for name in sums}
    assert kinds == {"NOTES.md", "analytics", "analytics_platform", "code", "environment", "lambdas"} | {
        "release.json",
        "slim",
    }
    assert json.loads((first / "release.json").read_text("utf-8"))["slim_image"] == digest
    bill = json.loads((first / f"analytics-platform-{VERSION}.cdx.json").read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {"dagster", "polars", "duckdb"} <= {each["name"] for each in bill["components"]}


def test_its_wheel_loads_the_definitions_without_dbt_and_without_a_checkout(
    clone: Path, tmp_path: Path
) -> None:
    release = _release(clone, tmp_path, None)
    assert json.loads((release / "release.json").read_text("utf-8"))["slim_image"] == NO_IMAGE
    (wheel,) = release.glob("*.whl")
    folder = tmp_path / "installed"
    uv = str(Path(sysconfig.get_path("scripts"), "uv"))
    for command in (
        ["venv", "--quiet", "--python", sys.executable, str(folder)],
        [
            "pip",
            "install",
            "--quiet",
            "--offline",
            "--no-deps",
            "--python",
            f"{folder}/bin/python",
            str(wheel),
        ],
    ):
        subprocess.run([uv, *command], check=True)  # noqa: S603 - our own command
    packages = next((folder / "lib").glob("python*/site-packages"))
    (packages / "rest.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")  # what it depends on
    done = subprocess.run(  # noqa: S603 - our own command
        [str(folder / "bin" / "python"), "-P", "-c", _LOAD],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    where, n_assets, parsers = done.stdout.splitlines()
    assert Path(where).is_relative_to(packages)
    assert int(n_assets) > 90
    assert parsers == "[]"
