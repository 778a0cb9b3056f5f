"""Making an unpacked virtual environment one of this interpreter. Nothing is unpacked here."""  # noqa: INP001 - scripts beside each other

import hashlib
import os
import sys
import sysconfig
from pathlib import Path

from faults import SlimError

_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def interpreter() -> Path:
    """Return the interpreter that this process runs on, behind every virtual environment."""
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    return Path(base).resolve()


def mark() -> str:
    """Return what tells environments of this interpreter from those of others in one cache."""
    return f"py{_HERE}-{hashlib.sha256(os.fsencode(interpreter())).hexdigest()[:8]}"


def adopt(folder: Path) -> None:
    """Point an environment at this interpreter: ``home`` of pyvenv.cfg, and the links in ``bin``.

    Raises
    ------
    SlimError
        If it is no virtual environment, or one of another Python or machine.
    """
    file = folder / "pyvenv.cfg"
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        message = (
            "ENVIRONMENT_ARCHIVE holds no virtual environment: pyvenv.cfg is missing; "
            "pack it with `analytics package environment`"
        )
        raise SlimError(message) from error
    pairs = [line.split("=", 1) for line in lines if "=" in line]
    told = {name.strip(): value.strip() for name, value in pairs}
    version = told.get("version_info") or told.get("version") or "an unknown version"
    if version.split(".")[:2] != _HERE.split("."):
        message = (
            f"ENVIRONMENT_ARCHIVE was built for Python {version[:20]}, this container has {_HERE}: "
            f"build it with Python {_HERE}, or take an image of the other"
        )
        raise SlimError(message)
    platform = sysconfig.get_platform()
    if (built_for := told.get("platform", platform)) != platform:
        message = (
            f"ENVIRONMENT_ARCHIVE was built for {built_for[:40]}, this container is {platform}: "
            "build it on such a machine"
        )
        raise SlimError(message)
    told["home"] = str(interpreter().parent)
    file.write_text("".join(f"{name} = {value}\n" for name, value in told.items()), "utf-8")
    (folder / "bin").mkdir(exist_ok=True)
    for name in ("python", "python3", f"python{_HERE}"):
        link = folder / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(interpreter() if name == "python" else "python")
