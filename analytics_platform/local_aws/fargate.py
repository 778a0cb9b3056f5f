"""Fargate on one machine: every task of the emulated ECS is a process. No other service is here."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.ecs.models import ecs_backends

from analytics_platform.local_aws.ecs_metadata import MetadataServer
from analytics_platform.local_aws.ecs_services import ServiceKeeper
from analytics_platform.local_aws.task_logs import TaskLog
from analytics_platform.local_aws.task_process import (
    MISSING_IMAGE,
    TaskNotStartedError,
    TaskProcess,
    started,
)
from analytics_platform.local_aws.versions import ACCOUNT

__all__ = ["MISSING_IMAGE", "LocalFargate"]

_POLL_SECONDS = 0.1
_SHUTDOWN_SECONDS = 10.0
_LOG = logging.getLogger(__name__)

Task = Any
"""A task of moto; it has no types."""


@dataclass
class LocalFargate:
    """Runs the tasks of one region, in a thread of the process that serves the emulation.

    A task has the environment of its definition, that of its override and that of this object; it sees the
    metadata endpoint of ECS. Only one container of a task runs. Nothing limits its CPU, memory or network,
    no role is assumed and no secret is looked up.

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
    _running: dict[str, tuple[TaskProcess, TaskLog]] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _metadata: MetadataServer = field(default_factory=MetadataServer)
    _services: ServiceKeeper = field(default_factory=ServiceKeeper)

    def start(self) -> None:
        """Begin to run tasks."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self._metadata.start()
        self._thread = threading.Thread(target=self._work, name="local-fargate")
        self._thread.start()

    def stop(self) -> None:
        """End every process that was started, by force after a while; their tasks are STOPPED then."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        tasks = dict(self._tasks())
        while self._running:
            for arn, (process, _) in list(self._running.items()):
                if arn in tasks:
                    tasks[arn].desired_status = "STOPPED"
                    self._look_after(arn, tasks[arn], grace=_SHUTDOWN_SECONDS)
                else:  # somebody has reset the emulation
                    process.kill()
                    del self._running[arn]
            time.sleep(_POLL_SECONDS)
        for arn, task in self._tasks():
            self._finish(arn, task, None, "UserInitiated")
        self._metadata.stop()

    def process_of(self, task_arn: str) -> int | None:
        """Return the id of the process of a task, for who wants to let it die; None if it has none."""
        running = self._running.get(task_arn)
        return None if running is None else running[0].pid

    def _tasks(self) -> list[tuple[str, Task]]:
        clusters = list(ecs_backends[ACCOUNT][self.region].tasks.values())
        # Another Fargate of this process keeps what it has seen first.
        return [
            (arn, task)
            for tasks in clusters
            for arn, task in list(tasks.items())
            if arn not in self._done and vars(task).setdefault("runner", self) is self
        ]

    def _work(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            backend = ecs_backends[ACCOUNT][self.region]
            try:
                self._services.keep(backend)
            except Exception:  # noqa: BLE001 - one service must not end all tasks
                _LOG.exception("the services of the emulated ECS cannot be looked after")
            for arn, task in self._tasks():
                try:
                    self._attend(backend, arn, task)
                except Exception as error:  # noqa: BLE001 - one task must not end all others
                    _LOG.exception("task %s", arn)
                    self._fail(arn, task, f"InternalError: {error}")

    def _attend(self, backend: Any, arn: str, task: Task) -> None:  # noqa: ANN401 - of moto
        if arn in self._running:
            self._look_after(arn, task)
        elif task.last_status == "STOPPED":
            self._done.add(arn)
        elif task.desired_status != "RUNNING":
            self._finish(arn, task, None, "UserInitiated")
        elif len(self._running) < self.most_tasks:
            self._launch(backend, arn, task)

    def _look_after(self, arn: str, task: Task, grace: float | None = None) -> None:
        process, log = self._running[arn]
        log.ship()
        code = process.exit_code()
        if code is not None:
            del self._running[arn]
            log.ship(is_last=True)
            self._finish(arn, task, code, "UserInitiated" if process.was_stopped else None)
        elif task.desired_status == "STOPPED":
            process.end(grace)

    def _launch(self, backend: Any, arn: str, task: Task) -> None:  # noqa: ANN401 - of moto
        definition = backend.describe_task_definition(task.task_definition_arn)
        try:
            process, log = started(
                task,
                definition,
                self.environment,
                self.logs,
                lambda container: self._metadata.tell(task, definition, container),
            )
        except TaskNotStartedError as error:
            self._fail(arn, task, str(error))
            return
        self._running[arn] = process, log
        task.containers[0].runtime_id = f"{task.id}-{process.pid}"
        task.containers[0].last_status = "RUNNING"
        if task.desired_status == "RUNNING":
            task.last_status = "RUNNING"

    def _fail(self, arn: str, task: Task, reason: str) -> None:
        if arn in self._running:
            self._running.pop(arn)[0].kill()
        task.stopped_reason = reason
        self._finish(arn, task, None, "TaskFailedToStart")

    def _finish(self, arn: str, task: Task, code: int | None, why: str | None) -> None:
        self._done.add(arn)
        task.containers[0].exitCode = code
        task.containers[0].last_status = "STOPPED"
        task.stop_code = why or "EssentialContainerExited"
        task.stopped_reason = task.stopped_reason or "Essential container in task exited"
        task.desired_status = "STOPPED"
        task.last_status = "STOPPED"
