"""`make origin`: only what a run of deploy on main has built is installed; a script stands in for gh."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OURS = ".github/workflows/deploy.yml main example/platform"

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def _origin(folder: Path, told: str, built_by: str = "42") -> subprocess.CompletedProcess[str]:
    program = folder / "gh"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{told}\n', "utf-8")
    program.chmod(0o755)
    return subprocess.run(
        ["make", "--no-print-directory", "origin"],  # noqa: S607
        cwd=ROOT,
        env={
            "PATH": f"{folder}{os.pathsep}{os.defpath}",
            "BUILT_BY": built_by,
            "REPOSITORY": "example/platform",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_of_deploy_on_main_is_taken(tmp_path: Path) -> None:
    done = _origin(tmp_path, f"echo '{OURS}'")
    assert (done.returncode, done.stdout) == (0, "")
    assert (
        (tmp_path / "asked").read_text("utf-8").startswith("api repos/example/platform/actions/runs/42 --jq ")
    )


@pytest.mark.parametrize(
    "told",
    [
        ".github/workflows/ci.yml main example/platform",
        ".github/workflows/deploy.yml feature example/platform",
        ".github/workflows/deploy.yml main somebody/platform",
    ],
)
def test_another_workflow_branch_or_repository_is_refused_in_a_line(tmp_path: Path, told: str) -> None:
    done = _origin(tmp_path, f"echo '{told}'")
    assert done.returncode != 0
    assert (
        done.stdout
        == f"run 42 is of {told}, and only runs of deploy on main are installed: name one of those\n"
    )


def test_a_run_that_cannot_be_asked_for_is_refused(tmp_path: Path) -> None:
    done = _origin(tmp_path, f"echo '{OURS}'; exit 1")
    assert done.returncode != 0


@pytest.mark.parametrize("built_by", ["", "../../hooks", "4 2", "$(id)", "42\n43"])
def test_what_is_no_number_is_refused_and_nobody_is_asked(tmp_path: Path, built_by: str) -> None:
    done = _origin(tmp_path, f"echo '{OURS}'", built_by)
    assert done.returncode != 0
    assert done.stdout.startswith("BUILT_BY is no number of a run")
    assert not (tmp_path / "asked").exists()
