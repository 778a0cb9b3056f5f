"""The state machines as files, with what they name filled in: the same for infrastructure and tests."""

import re
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "infra" / "state_machines"
NAMES = ("on_upload", "end_of_day", "materialize", "fan_out")

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class StateMachineError(ValueError):
    """A state machine is asked for that there is not, or with other names than it has."""


def source(name: str, folder: Path = FOLDER) -> str:
    """Return the definition of a state machine with its placeholders.

    Raises
    ------
    StateMachineError
        If there is no such machine.
    """
    file = folder / f"{name}.asl.json"
    if not file.exists():
        message = f"there is no state machine '{name}' in {folder}; there are {', '.join(NAMES)}"
        raise StateMachineError(message)
    return file.read_text("utf-8")


def placeholders(definition: str) -> frozenset[str]:
    """Return the names that a definition has to be told.

    Examples
    --------
    >>> sorted(placeholders('{"QueueUrl": "${RequestsQueueUrl}", "Cluster": "${ClusterArn}"}'))
    ['ClusterArn', 'RequestsQueueUrl']
    """
    return frozenset(_PLACEHOLDER.findall(definition))


def definition(name: str, substitutions: Mapping[str, str], folder: Path = FOLDER) -> str:
    """Return the definition of a state machine, its placeholders replaced.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    substitutions : mapping of str to str
        What each placeholder stands for; there may be more than the machine has.
    folder : Path
        Where the files are.

    Raises
    ------
    StateMachineError
        If there is no such machine, or a placeholder is left.
    """
    text = source(name, folder)
    lacking = placeholders(text) - substitutions.keys()
    if lacking:
        message = f"the state machine '{name}' has to be told {', '.join(sorted(lacking))}"
        raise StateMachineError(message)
    return _PLACEHOLDER.sub(lambda found: substitutions[found[1]], text)
