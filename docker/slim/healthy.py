"""Health check of a slim container: run its arguments as the script runs, on what was unpacked for it.

    python3 -E -s /opt/slim/healthy.py python -m dagster api grpc-health-check --host 127.0.0.1 --port 4000

Nothing is fetched, locked or kept: while the archives are not there, the container is not well, which is exit
code 1. Else it is the command's own; 78: the variables are wrong, or name an archive without its sha256.
"""  # noqa: INP001 - scripts beside each other

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.dont_write_bytecode = True  # the image may be read-only

from adoption import mark  # noqa: E402 - after the line above
from cache import kept  # noqa: E402
from configuration import Archive, configuration  # noqa: E402
from faults import SlimError, tell  # noqa: E402
from script import found, script_variables  # noqa: E402

NOT_YET = 1
_CANNOT_RUN = 126


class NotPreparedError(SlimError):
    """The entry point has not unpacked it yet."""

    exit_code = NOT_YET


def check(given: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Become the command; the variables say where its environment and code are.

    Raises
    ------
    SlimError
        If there is nothing to ask with, or not yet.
    """
    if not arguments:
        message = "nothing to ask: give healthy.py the command of the check"
        raise SlimError(message)
    of = configuration(given, arguments)
    environment = _unpacked(of.cache, "environment", of.environment, mark())
    code = _unpacked(of.cache, "code", of.code, "")
    variables = script_variables(given, environment, code)
    command = found(of.command, variables)
    if code is not None:
        os.chdir(code)
    os.execvpe(command[0], command, variables)  # noqa: S606 - it is what we are for


def _unpacked(cache: Path, kind: str, archive: Archive | None, marked: str) -> Path | None:
    """Return the folder of an archive, if the container has one."""
    if archive is None:
        return None
    if archive.sha256 is None:
        message = f"{archive.variable} has no sha256, by which the check finds what is unpacked; add it"
        raise SlimError(message)
    folder = kept(cache, kind, archive.sha256, marked)
    if folder is None:
        message = f"{archive.variable} is not unpacked yet: the container still starts, or could not"
        raise NotPreparedError(message)
    return folder


def main() -> int:
    """Do as the arguments say; return the exit code where there is nothing to become."""
    try:
        check(dict(os.environ), sys.argv[1:])  # noqa: TID251 - here is no package with settings
    except SlimError as error:
        tell("unwell", error=str(error), exit_code=error.exit_code)
        return error.exit_code
    except OSError as error:
        tell("unwell", error=f"{sys.argv[1]!a} cannot be started ({error.strerror})", exit_code=_CANNOT_RUN)
        return _CANNOT_RUN
    return 0


if __name__ == "__main__":
    sys.exit(main())
