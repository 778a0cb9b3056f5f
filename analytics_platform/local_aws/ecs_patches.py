"""What moto's ECS lacks: memory of the task, and the states in which a task begins and ends."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend, Task, TaskDefinition

_NAMES = frozenset({"memory", "memoryReservation", "Memory", "MemoryReservation"})
_installed: list[bool] = []


def install() -> None:
    """Patch ECS once a process."""
    if _installed:
        return
    _installed.append(True)
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(  # type: ignore[assignment,method-assign]  # noqa: SLF001 - what is patched
        _with_memory_of_task(EC2ContainerServiceBackend._calculate_task_resource_requirements)  # noqa: SLF001
    )
    Task.__init__ = _waiting_for_its_start(Task.__init__)  # type: ignore[method-assign]
    EC2ContainerServiceBackend.stop_task = _until_its_end(  # type: ignore[method-assign]
        EC2ContainerServiceBackend.stop_task
    )


def _with_memory_of_task(original: Callable[..., Any]) -> Callable[[TaskDefinition], object]:
    """Let a task run whose containers tell no memory of their own, as Fargate does."""

    def requirements(task_definition: TaskDefinition) -> object:
        memory = int(task_definition.memory or 512)
        containers = [
            container if _NAMES & container.keys() else {**container, "memory": memory}
            for container in task_definition.container_definitions
        ]
        return original(SimpleNamespace(container_definitions=containers))

    return requirements


def _waiting_for_its_start(original: Callable[..., None]) -> Callable[..., None]:
    """Let a task begin without exit code and not running; moto says 0 and RUNNING from its birth."""

    def begin(self: Any, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - of moto
        original(self, *arguments, **named)
        self.last_status = "PROVISIONING"
        self.containers[0].exitCode = None

    return begin


def _until_its_end(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a task be STOPPING until its process has ended, and leave one alone that has; moto says STOPPED."""

    def stop(self: Any, cluster_str: str, task_str: str, reason: str) -> Any:  # noqa: ANN401 - of moto
        ended = {
            arn: task.stopped_reason
            for tasks in self.tasks.values()
            for arn, task in list(tasks.items())
            if task.last_status == "STOPPED"
        }
        task = original(self, cluster_str, task_str, reason)
        if task.task_arn in ended:
            task.stopped_reason = ended[task.task_arn]
        else:
            task.last_status = "STOPPING"
        return task

    return stop
