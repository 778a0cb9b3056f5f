"""The state machines as files, with what they name filled in: the same for infrastructure and tests."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "infra" / "state_machines"
NAMES = ("on_upload", "end_of_day", "materialize", "fan_out")
PLACEHOLDERS = frozenset(
    {
        "ClusterArn",
        "ContainerName",
        "ExpectedDeliveriesFunctionArn",
        "NotificationsTopicArn",
        "RequestsQueueUrl",
        "RouteUploadFunctionArn",
        "SecurityGroup",
        "SubnetA",
        "SubnetB",
        "TaskDefinitionArn",
    }
)
"""All that the machines name; each of them a part of it."""

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class StateMachineError(ValueError):
    """A state machine is asked for that there is not, or with other names than there are."""


def source(name: str, folder: Path = FOLDER) -> str:
    """Return the definition of a state machine with its placeholders.

    Raises
    ------
    StateMachineError
        If there is no such machine.
    """
    if name not in NAMES:
        message = f"there is no state machine '{name}'; name one of {', '.join(NAMES)}"
        raise StateMachineError(message)
    file = folder / f"{name}.asl.json"
    try:
        return file.read_text("utf-8")
    except OSError as error:
        message = f"the state machine '{name}' cannot be read: {error}; take {file.name} from the repository"
        raise StateMachineError(message) from error


def placeholders(text: str) -> frozenset[str]:
    """Return the names that a definition has to be told.

    Examples
    --------
    >>> sorted(placeholders('{"QueueUrl": "${RequestsQueueUrl}", "Cluster": "${ClusterArn}"}'))
    ['ClusterArn', 'RequestsQueueUrl']
    """
    return frozenset(_PLACEHOLDER.findall(text))


def definition(name: str, substitutions: Mapping[str, str], folder: Path = FOLDER) -> str:
    """Return the definition of a state machine, its placeholders replaced.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    substitutions : mapping of str to str
        What each placeholder stands for: those of this machine, and maybe those of others.
    folder : Path
        Where the files are.

    Raises
    ------
    StateMachineError
        If there is no such machine, a placeholder is left, or something is told that no machine names.
    """
    text = source(name, folder)
    unknown = substitutions.keys() - PLACEHOLDERS
    if unknown:
        message = f"no state machine names {', '.join(sorted(unknown))}; names are {_listed(PLACEHOLDERS)}"
        raise StateMachineError(message)
    lacking = placeholders(text) - substitutions.keys()
    if lacking:
        message = f"the state machine '{name}' has to be told {_listed(lacking)}; add it to what it is told"
        raise StateMachineError(message)
    return _PLACEHOLDER.sub(lambda found: json.dumps(substitutions[found[1]])[1:-1], text)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
