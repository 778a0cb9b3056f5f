"""Guards compiled SQL: ``python -m analytics_platform_tests.dialect_guard <folder>``; 1 at a finding."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from analytics_platform_tests.dialect_guard.finding import Finding
from analytics_platform_tests.dialect_guard.guard import findings


def guarded(folders: list[Path]) -> tuple[int, list[tuple[Path, Finding]]]:
    """Return how many files there are, and what was found in which.

    Raises
    ------
    FileNotFoundError
        If there is no file of SQL: a guard that guards nothing must not be content.
    """
    files = sorted(_files(folders))
    if not files:
        message = f"no file of SQL in {', '.join(map(str, folders))}: compile the dbt project first"
        raise FileNotFoundError(message)
    return len(files), [(file, each) for file in files for each in findings(file.read_text(encoding="utf-8"))]


def _files(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from [folder] if folder.is_file() else folder.rglob("*.sql")


def main() -> int:
    """Print the findings, one a line, and say how many files were read."""
    parser = argparse.ArgumentParser(prog="dialect_guard", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="folders or files of compiled SQL")
    try:
        files, found = guarded(parser.parse_args().folders)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for file, finding in found:
        sys.stdout.write(f"{file}:{finding.line}: {finding.what}; {finding.cure}\n")
    sys.stdout.write(f"{files} files of Redshift SQL, {len(found)} findings\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
