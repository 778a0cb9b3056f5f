"""Running the programs of others that a release needs. What is asked of them is not known here."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from analytics_platform.archives.faults import ArchiveError

_TOLD_CHARACTERS = 500


def run(
    command: Sequence[str], folder: Path, *, cure: str, variables: Mapping[str, str] | None = None
) -> str:
    """Run a program in a folder and return what it prints.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    folder : Path
        Where it runs.
    cure : str
        What people do if it fails.
    variables : mapping of str to str, optional
        What it is told besides the environment of the caller.

    Raises
    ------
    ArchiveError
        If it is not there or fails.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(  # noqa: S603 - programs that this package names
            command,
            cwd=folder,
            env={**os.environ, **(variables or {})},  # noqa: TID251 - handed on to a program as it is
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        message = f"{name} cannot be started ({error.strerror}); {cure}"
        raise ArchiveError(message) from error
    if done.returncode:
        said = " ".join((done.stderr.strip() or done.stdout.strip())[-_TOLD_CHARACTERS:].split())
        message = f"{name} failed: {said}; {cure}"
        raise ArchiveError(message)
    return done.stdout.strip()
