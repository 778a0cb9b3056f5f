"""The virtual environment from the lock, which runs wherever it is unpacked. No code of ours is in it."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.tars import Content, files_of

_TOLD_CHARACTERS = 2000
_LINKS = ("python", "python3", f"python3.{sys.version_info.minor}")
_NOT_NEEDED = (".lock", ".gitignore", "CACHEDIR.TAG")


def build_environment(lock: Path, folder: Path) -> None:
    """Make a virtual environment of this Python with exactly what the lock names; every digest is checked.

    Raises
    ------
    ArchiveError
        If the lock is missing, or uv cannot make it.
    """
    if not lock.is_file():
        message = f"the lock {lock} is missing: run this in a checkout, or name one with --lock"
        raise ArchiveError(message)
    python = folder / "bin" / "python"
    _uv("venv", "--relocatable", "--python", sys.executable, str(folder))
    _uv(
        *("pip", "sync", "--require-hashes", "--link-mode", "copy", "--no-compile-bytecode"),
        *("--python", str(python), str(lock)),
    )


def environment_files(folder: Path) -> dict[str, Content]:
    """Return what is packed of an environment, the same wherever it was built.

    Links to the interpreter are left out and `pyvenv.cfg` names none: the slim container puts its own in.
    """
    left_out = {f"bin/{name}" for name in _LINKS} | set(_NOT_NEEDED)
    files = {name: content for name, content in files_of(folder).items() if name not in left_out}
    return {**files, "pyvenv.cfg": _marks().encode()}


def _marks() -> str:
    marks = {
        "home": "none",
        "include-system-site-packages": "false",
        "version_info": f"{sys.version_info.major}.{sys.version_info.minor}",
        "relocatable": "true",
        "platform": sysconfig.get_platform(),
    }
    return "".join(f"{name} = {value}\n" for name, value in marks.items())


def _uv(*arguments: str) -> None:
    program = Path(sysconfig.get_path("scripts"), "uv")
    command = [str(program) if program.exists() else "uv", "--no-progress", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=_variables(), capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        message = "uv is missing: `pip install uv`, as requirements/bootstrap.txt says"
        raise ArchiveError(message) from error
    if done.returncode != 0:
        message = f"uv {arguments[0]} failed: {done.stderr.strip()[-_TOLD_CHARACTERS:]}"
        raise ArchiveError(message)


def _variables() -> dict[str, str]:
    """Return the environment of uv: the certificates of the system, the package index of pip."""
    variables = {"UV_SYSTEM_CERTS": "1", **os.environ}  # noqa: TID251 - passed on
    variables.pop("VIRTUAL_ENV", None)
    if "UV_DEFAULT_INDEX" not in variables:
        asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        told = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        index = variables.get("PIP_INDEX_URL") or told.stdout.strip()
        variables.update({"UV_DEFAULT_INDEX": index} if index else {})
    return variables
