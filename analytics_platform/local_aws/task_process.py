"""One task of ECS as one process: command, variables, end. When it starts is decided elsewhere."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from analytics_platform.local_aws.task_logs import TaskLog
from analytics_platform.local_aws.variables import inherited

MISSING_IMAGE = "missing"
"""Image of a task that never starts: what a wrong image is on Fargate."""

_GRACE_SECONDS = 30


class TaskNotStartedError(Exception):
    """A task has no process; the reason in the words of ECS."""


def _heed_signals() -> None:
    """Let the task be ended: what a shell has started in the background ignores SIGINT, and hands that on.

    Dagster then ignores SIGTERM too, since it does at the one what is done at the other.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class TaskProcess:
    """The process of a container, in a session of its own.

    Parameters
    ----------
    container : mapping of str to object
        Definition of the container.
    override : mapping of str to object
        What was said of it when the task was run.
    environment : mapping of str to str
        Variables of every task.
    log : Path
        Where it prints to.

    Raises
    ------
    TaskNotStartedError
        If the image is `MISSING_IMAGE`, there is no command, or no such program.
    """

    def __init__(
        self,
        container: Mapping[str, Any],
        override: Mapping[str, Any],
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        if container.get("image") == MISSING_IMAGE:
            message = "CannotPullContainerError: there is no such image"
            raise TaskNotStartedError(message)
        command = [
            *(container.get("entryPoint") or []),
            *(override.get("command") or container.get("command") or []),
        ]
        if not command:
            message = "CannotStartContainerError: the task definition and its override tell no command"
            raise TaskNotStartedError(message)
        told = [*(container.get("environment") or []), *(override.get("environment") or [])]
        variables = {**inherited(), **environment, **{each["name"]: each["value"] for each in told}}
        programs = str(Path(sys.executable).parent)
        variables["PATH"] = os.pathsep.join([programs, variables.get("PATH", os.defpath)])
        try:
            with log.open("wb") as out:
                self._process = subprocess.Popen(  # noqa: S603 - what the task definition of this emulation says
                    command,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_heed_signals,  # noqa: PLW1509 - it takes no lock that a thread could hold
                )
        except (OSError, ValueError) as error:
            message = f"CannotStartContainerError: {error}"
            raise TaskNotStartedError(message) from error
        self._grace = float(container.get("stopTimeout") or _GRACE_SECONDS)
        self._stopped_at: float | None = None

    @property
    def pid(self) -> int:
        """Id of the process, which is that of its session too."""
        return self._process.pid

    @property
    def was_stopped(self) -> bool:
        """Whether it was asked to end."""
        return self._stopped_at is not None

    def exit_code(self) -> int | None:
        """Return the exit code as a container tells it; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        self._signal(signal.SIGKILL)  # what it has started goes with it, as with a container
        return code if code >= 0 else 128 - code

    def end(self, grace: float | None = None) -> None:
        """Ask it to end the first time, force it when the grace is over; to be called until it has ended."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self._signal(signal.SIGTERM)
        elif time.monotonic() > self._stopped_at + (self._grace if grace is None else grace):
            self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """End it by force and wait for that."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return


def started(
    task: Any,  # noqa: ANN401 - of moto
    definition: Any,  # noqa: ANN401 - of moto
    environment: Mapping[str, str],
    logs: Path,
    metadata_for: Callable[[str], str],
) -> tuple[TaskProcess, TaskLog]:
    """Start the process of a task of moto; return it and its log.

    Raises
    ------
    TaskNotStartedError
        If there is no such container or it cannot be started.
    """
    overrides = (task.overrides or {}).get("containerOverrides") or [{}]
    containers = {each["name"]: each for each in definition.container_definitions}
    name = overrides[0].get("name") or next(iter(containers))
    if name not in containers:
        message = f"CannotStartContainerError: the override names the container {name}, which is not defined"
        raise TaskNotStartedError(message)
    container = containers[name]
    file = logs / f"{task.id}.log"
    told = {**environment, "ECS_CONTAINER_METADATA_URI_V4": metadata_for(name)}
    process = TaskProcess(container, overrides[0], told, file)
    return process, TaskLog(file, task.region_name, container, task.id)
