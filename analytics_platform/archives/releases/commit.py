"""The commit that a release is made of, and whether it may be. Nothing is built here."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.changelog import section
from analytics_platform.archives.releases.programs import run

_VERSION = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")
_SHORT = 12


@dataclass(frozen=True)
class Commit:
    """A commit that something is built of.

    Attributes
    ----------
    sha : str
        Its name in git.
    seconds : str
        When it was made, in seconds since 1970: the time that all built of it bears.
    version : str
        What people call what is built of it.
    notes : str
        What the version changed; empty between versions.
    """

    sha: str
    seconds: str
    version: str
    notes: str = ""


def commit_between_versions(checkout: Path) -> Commit:
    """Return the commit of a clean checkout; its version names the last one and the commit.

    Raises
    ------
    ArchiveError
        If something is not committed.
    """
    sha, seconds = _clean(checkout)
    return Commit(sha, seconds, f"{_project_version(checkout)}+{sha[:_SHORT]}")


def commit_of_version(checkout: Path, asked: str) -> Commit:
    """Return the commit of a clean checkout that is a version.

    Parameters
    ----------
    checkout : Path
        A clone of the repository.
    asked : str
        The version, with or without the ``v`` of its tag.

    Raises
    ------
    ArchiveError
        If something is not committed, `pyproject.toml` says another version, the changelog does not tell of
        it, or its tag names another commit.
    """
    version = asked.removeprefix("v")
    if not _VERSION.fullmatch(version):
        message = f"'{asked}' is no version: give one such as 1.2.0"
        raise ArchiveError(message)
    sha, seconds = _clean(checkout)
    known = _project_version(checkout)
    if known != version:
        message = f"pyproject.toml says version {known}, not {version}: change it there, or ask for that one"
        raise ArchiveError(message)
    notes = section((checkout / "CHANGELOG.md").read_text("utf-8"), version)
    tagged = _git(checkout, "for-each-ref", "--format=%(objectname) %(*objectname)", f"refs/tags/v{version}")
    if tagged and sha not in tagged.split():
        message = f"the tag v{version} is of another commit: give the next version; a tag never moves"
        raise ArchiveError(message)
    return Commit(sha, seconds, version, notes)


def _clean(checkout: Path) -> tuple[str, str]:
    changed = _git(checkout, "status", "--porcelain").splitlines()
    if changed:
        named = changed[0].split(maxsplit=1)[1]
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        message = f"{named}{more} is not committed: commit it or take it away; a release is of one commit"
        raise ArchiveError(message)
    sha, seconds = _git(checkout, "log", "-1", "--format=%H %ct").split()
    return sha, seconds


def _git(checkout: Path, *arguments: str) -> str:
    return run(["git", *arguments], checkout, cure="run this in a clone of the repository")


def _project_version(checkout: Path) -> str:
    return str(tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]["version"])
