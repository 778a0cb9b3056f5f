"""What the changelog says of a version. Nothing is written here."""

import re
from datetime import date

from analytics_platform.archives.faults import ArchiveError


def section(changelog: str, version: str) -> str:
    r"""Return what a version changed, without its heading.

    Raises
    ------
    ArchiveError
        If there is no such section, it has no date, or it is empty.

    Examples
    --------
    >>> section("## [1.1.0] - 2026-11-23\n\n- New.\n\n## [1.0.0] - 2026-01-02\n", "1.1.0")
    '- New.'
    """
    found = re.search(
        rf"^## \[{re.escape(version)}\](?P<rest>[^\n]*)\n(?P<body>.*?)(?=^## \[|\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    heading = f"## [{version}] - {date.today():%Y-%m-%d}"  # noqa: DTZ011 - an example for people
    if found is None:
        message = f"CHANGELOG.md has no section of {version}: write `{heading}` above what it changes"
        raise ArchiveError(message)
    if not _is_dated(found["rest"]):
        message = f"CHANGELOG.md, section of {version}: it has no date; write `{heading}`"
        raise ArchiveError(message)
    if not re.search(r"^- ", found["body"], re.MULTILINE):
        message = f"CHANGELOG.md, section of {version}: it is empty; write what the version changes"
        raise ArchiveError(message)
    return found["body"].strip()


def _is_dated(rest: str) -> bool:
    try:
        date.fromisoformat(rest.strip().removeprefix("- "))
    except ValueError:
        return False
    return rest.startswith(" - ")
