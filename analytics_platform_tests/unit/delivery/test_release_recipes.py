"""Recipes that refuse what deploy on main has not built, what is not on main, a release that is not whole."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from analytics_platform.archives.releases.sums import write_sums

ROOT = Path(__file__).resolve().parents[3]
OURS = ".github/workflows/deploy.yml main example/platform"

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def _make(recipe: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own recipes
        ["make", "--no-print-directory", recipe],  # noqa: S607
        cwd=ROOT,
        env={"PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _origin(folder: Path, told: str, built_by: str = "42") -> subprocess.CompletedProcess[str]:
    """Ask with a script in place of gh."""
    program = folder / "gh"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{told}\n', "utf-8")
    program.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.defpath}"
    return _make("origin", PATH=path, BUILT_BY=built_by, REPOSITORY="example/platform")


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


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release-1.2.0"
    folder.mkdir()
    for name in ("NOTES.md", "analytics_platform-1.2.0.tar.gz", "release.json"):
        (folder / name).write_text(name, "utf-8")
    write_sums(folder)
    (folder / "SHA256SUMS.sig").write_text("signature", "utf-8")
    return folder


def test_a_whole_release_is_verified(release: Path) -> None:
    done = _make("verify", RELEASE=str(release))
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("change", ["other", "gone", "more", "hidden", "no-sums"])
def test_a_release_that_is_not_whole_is_not_published(release: Path, change: str) -> None:
    match change:
        case "other":
            (release / "NOTES.md").write_text("other", "utf-8")
        case "gone":
            (release / "NOTES.md").unlink()
        case "more" | "hidden":
            (release / ("more" if change == "more" else ".more")).touch()
        case "no-sums":
            (release / "SHA256SUMS").unlink()
    for recipe in ("verify", "publish"):
        done = _make(recipe, RELEASE=str(release), VERSION="1.2.0")
        assert done.returncode != 0
        assert "the release is not as it was built: build it anew" in done.stdout
        assert "gh " not in done.stdout


def test_a_commit_that_is_not_on_main_is_not_released(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)  # noqa: S603, S607

    git("init", "--quiet")
    for number in ("1", "2"):
        git("commit", "--quiet", "--allow-empty", "--message", number)
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("checkout", "--quiet", "--detach", "HEAD~")
    assert _make("ancestor", GIT_DIR=str(tmp_path / ".git")).returncode == 0
    git("commit", "--quiet", "--allow-empty", "--message", "aside")
    refused = _make("ancestor", GIT_DIR=str(tmp_path / ".git"))
    assert refused.returncode != 0
    assert refused.stdout == "this commit is not on main: release one that is\n"
