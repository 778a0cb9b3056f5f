"""How the script sees the archives: its variables, and where its program is. Nothing is started here."""  # noqa: INP001 - scripts beside each other

import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def script_variables(given: Mapping[str, str], environment: Path | None, code: Path | None) -> dict[str, str]:
    """Return the environment of the script: the programs of the archives come first."""
    variables = dict(given)
    programs = []
    if environment is not None:
        variables["VIRTUAL_ENV"] = str(environment)
        variables.pop("PYTHONHOME", None)
        programs.append(str(environment / "bin"))
    if code is not None:
        variables["SLIM_CODE"] = str(code)
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(code), given.get("PYTHONPATH")]))
        programs.append(str(code / "bin"))
    variables["PATH"] = os.pathsep.join([*programs, given.get("PATH") or os.defpath])
    return variables


def found(command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Find the program where the script's PATH says, not where this process would look."""
    for folder in variables["PATH"].split(os.pathsep) if "/" not in command[0] else ():
        program = Path(folder, command[0])
        if program.is_file() and os.access(program, os.X_OK):
            return [str(program), *command[1:]]
    return list(command)
