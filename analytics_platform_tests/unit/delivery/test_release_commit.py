"""The commit of a release: what is refused before anything is built, in repositories of git made here."""

import subprocess
from pathlib import Path

import pytest

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.changelog import section
from analytics_platform.archives.releases.commit import commit_between_versions, commit_of_version

CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-23

### Added

- A thing.

## [1.1.0] - 2026-01-02

- Older.
"""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],  # noqa: S607
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1.2.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


@pytest.mark.parametrize("asked", ["1.2.0", "v1.2.0"])
def test_a_version_of_a_clean_commit_is_taken(clone: Path, asked: str) -> None:
    commit = commit_of_version(clone, asked)
    assert (commit.version, commit.notes) == ("1.2.0", "### Added\n\n- A thing.")
    assert f"{commit.sha} {commit.seconds}" == git(clone, "log", "-1", "--format=%H %ct")


def test_between_versions_the_commit_is_named(clone: Path) -> None:
    commit = commit_between_versions(clone)
    assert commit.version == f"1.2.0+{commit.sha[:12]}"


def test_what_is_not_committed_is_refused_by_name(clone: Path) -> None:
    (clone / "a.txt").touch()
    (clone / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n', "utf-8")
    told = r"^pyproject\.toml and 1 more is not committed: commit it"
    with pytest.raises(ArchiveError, match=told):
        commit_of_version(clone, "1.2.0")
    with pytest.raises(ArchiveError, match=told):
        commit_between_versions(clone)


def test_another_version_than_the_project_says_is_refused(clone: Path) -> None:
    with pytest.raises(ArchiveError, match=r"says version 1\.2\.0, not 1\.3\.0: change it there"):
        commit_of_version(clone, "1.3.0")


@pytest.mark.parametrize("asked", ["1.2", "1.2.0; rm x", "latest", "", "vv1.2.0"])
def test_what_is_no_version_is_refused(clone: Path, asked: str) -> None:
    with pytest.raises(ArchiveError, match="is no version: give one such as"):
        commit_of_version(clone, asked)


@pytest.mark.parametrize("tag", [("tag", "v1.2.0"), ("tag", "--annotate", "--message", "x", "v1.2.0")])
def test_a_tag_of_another_commit_is_refused_and_one_of_this_is_not(clone: Path, tag: tuple[str, ...]) -> None:
    git(clone, *tag)
    assert commit_of_version(clone, "1.2.0").version == "1.2.0"
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "second")
    with pytest.raises(ArchiveError, match=r"the tag v1\.2\.0 is of another commit: give the next version"):
        commit_of_version(clone, "1.2.0")


def test_what_is_no_clone_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(
        ArchiveError, match=r"git failed: .*; run this in a clone of the repository"
    ) as refused:
        commit_between_versions(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changelog", "told"),
    [
        ("## [1.1.0] - 2026-11-23\n\n- x\n", r"has no section of 1\.2\.0: write `## \[1\.2\.0\]"),
        ("## [1.2.0]\n\n- x\n", "it has no date"),
        ("## [1.2.0] - soon\n\n- x\n", "it has no date"),
        ("## [1.2.0] - 2026-13-01\n\n- x\n", "it has no date"),
        ("## [1.2.0] - 2026-11-23\n\n### Added\n\n## [1.1.0] - 2026-01-02\n\n- x\n", "it is empty"),
        ("## [1.2.0rc1] - 2026-11-23\n\n- x\n", "has no section of"),
    ],
    ids=["missing", "undated", "no-date", "no-month", "empty", "another"],
)
def test_a_changelog_that_does_not_tell_is_refused(changelog: str, told: str) -> None:
    with pytest.raises(ArchiveError, match=told):
        section(changelog, "1.2.0")
