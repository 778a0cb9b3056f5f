"""Fargate on one machine: every task of the emulated ECS is a process. No other service is here."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.ecs.models import ecs_backends
from moto.logs.models import logs_backends

from analytics_platform.local_aws.ecs_metadata import MetadataServer
from analytics_platform.local_aws.versions import ACCOUNT

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 30
_SHUTDOWN_SECONDS = 10.0
MISSING_IMAGE = "missing"
"""Image of a task that never starts: what a wrong image is on Fargate."""

Task = Any
"""A task of moto; it has no types."""


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    log: Path
    grace_seconds: int
    stopped_at: float | None = None
    shipped: int = 0


@dataclass
class LocalFargate:
    """Runs the tasks of one region, in a thread of the process that serves the emulation.

    A task has the environment of its definition, that of its override and that of this object; it sees the
    metadata endpoint of ECS. Nothing limits its CPU, memory or network, and no role is assumed.

    Attributes
    ----------
    region : str
        Region whose tasks are run.
    environment : mapping of str to str
        Variables of every task, such as the address of the emulation.
    logs : Path
        Folder of the output of tasks, one file a task.
    most_tasks : int
        So many run at once; others wait, as where capacity is short.
    """

    region: str
    environment: Mapping[str, str]
    logs: Path
    most_tasks: int = 16
    _running: dict[str, _Running] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _metadata: MetadataServer | None = None

    def start(self) -> None:
        """Begin to run tasks."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self._metadata = MetadataServer()
        self._metadata.start()
        self._thread = threading.Thread(target=self._work, name="local-fargate")
        self._thread.start()

    def stop(self) -> None:
        """End every process that was started, by force after a while."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        for running in self._running.values():
            _signal(running.process, signal.SIGTERM)
        until = time.monotonic() + _SHUTDOWN_SECONDS
        for running in self._running.values():
            try:
                running.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(running.process, signal.SIGKILL)
                running.process.wait()
        if self._metadata is not None:
            self._metadata.stop()

    def process_of(self, task_arn: str) -> int | None:
        """Return the id of the process of a task, for who wants to let it die; None if it has none."""
        running = self._running.get(task_arn)
        return None if running is None else running.process.pid

    def _work(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            backend = ecs_backends[ACCOUNT][self.region]
            for tasks in list(backend.tasks.values()):
                for arn, task in list(tasks.items()):
                    if arn not in self._done:
                        self._attend(backend, arn, task)

    def _attend(self, backend: Any, arn: str, task: Task) -> None:  # noqa: ANN401 - of moto
        running = self._running.get(arn)
        if running is None:
            if task.desired_status != "RUNNING":
                self._finish(arn, task, None, "UserInitiated")
            elif len(self._running) < self.most_tasks:
                self._launch(backend, arn, task)
            return
        self._ship(arn, task, running)
        code = running.process.poll()
        if code is not None:
            del self._running[arn]
            self._ship(arn, task, running)
            why = "EssentialContainerExited" if running.stopped_at is None else "UserInitiated"
            self._finish(arn, task, code if code >= 0 else 128 - code, why)
        elif task.desired_status == "STOPPED":
            self._end(running)

    def _end(self, running: _Running) -> None:
        if running.stopped_at is None:
            running.stopped_at = time.monotonic()
            _signal(running.process, signal.SIGTERM)
        elif time.monotonic() > running.stopped_at + running.grace_seconds:
            _signal(running.process, signal.SIGKILL)

    def _launch(self, backend: Any, arn: str, task: Task) -> None:  # noqa: ANN401 - of moto
        definition = backend.describe_task_definition(task.task_definition_arn)
        override = ((task.overrides or {}).get("containerOverrides") or [{}])[0]
        containers = {each["name"]: each for each in definition.container_definitions}
        container = containers[override.get("name") or next(iter(containers))]
        command = [
            *(container.get("entryPoint") or []),
            *(override.get("command") or container.get("command") or []),
        ]
        if self._metadata is None or container.get("image") == MISSING_IMAGE:
            self._fail(arn, task, "CannotPullContainerError: there is no such image")
            return
        environment = {**os.environ, **self.environment}  # noqa: TID251 - passed on, not read
        for each in [*(container.get("environment") or []), *(override.get("environment") or [])]:
            environment[each["name"]] = each["value"]
        environment["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
        )
        environment["ECS_CONTAINER_METADATA_URI_V4"] = self._metadata.tell(
            task, definition, container["name"]
        )
        log = self.logs / f"{arn.rpartition('/')[2]}.log"
        try:
            with log.open("wb") as out:
                process = subprocess.Popen(  # noqa: S603 - what the task definition of this emulation says
                    command, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
                )
        except (OSError, IndexError) as error:
            self._fail(arn, task, f"CannotStartContainerError: {error}")
            return
        task.containers[0].last_status = "RUNNING"
        task.containers[0].runtime_id = str(process.pid)
        grace = int(container.get("stopTimeout") or _GRACE_SECONDS)
        self._running[arn] = _Running(process, log, grace)

    def _fail(self, arn: str, task: Task, reason: str) -> None:
        task.stopped_reason = reason
        self._finish(arn, task, None, "TaskFailedToStart")

    def _finish(self, arn: str, task: Task, code: int | None, why: str) -> None:
        self._done.add(arn)
        task.containers[0].exitCode = code
        task.containers[0].last_status = "STOPPED"
        task.stop_code = why
        task.stopped_reason = task.stopped_reason or "Essential container in task exited"
        task.last_status = task.desired_status = "STOPPED"

    def _ship(self, arn: str, task: Task, running: _Running) -> None:
        """Send what a task has printed since to the emulated CloudWatch Logs, if its definition says so."""
        backend = ecs_backends[ACCOUNT][self.region]
        definition: Any = backend.describe_task_definition(task.task_definition_arn)
        container = definition.container_definitions[0]
        options = (container.get("logConfiguration") or {}).get("options")
        with running.log.open("rb") as file:
            file.seek(running.shipped)
            new = file.read()
        whole, newline, _ = new.rpartition(b"\n")
        if not options or not newline:
            return
        running.shipped += len(whole) + 1
        group = options["awslogs-group"]
        name = f"{options['awslogs-stream-prefix']}/{container['name']}/{arn.rpartition('/')[2]}"
        logs = logs_backends[ACCOUNT][self.region]
        if group not in logs.groups:
            logs.create_log_group(group, {})
        if name not in logs.groups[group].streams:
            logs.create_log_stream(group, name)
        at = int(time.time() * 1000)
        lines = whole.decode("utf-8", "replace").splitlines()
        events = [{"timestamp": at, "message": line or " "} for line in lines]
        logs.put_log_events(group, name, events)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a task and all that it has started."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
