"""What moto's ECS lacks: task definitions of Fargate tell memory of the task, not of the container."""

from types import SimpleNamespace

from moto.ecs.models import EC2ContainerServiceBackend, TaskDefinition

_NAMES = frozenset({"memory", "memoryReservation", "Memory", "MemoryReservation"})


def install() -> None:
    """Let a task run whose containers tell no memory of their own, as Fargate does."""
    original = EC2ContainerServiceBackend._calculate_task_resource_requirements  # noqa: SLF001 - what is patched
    if getattr(original, "takes_memory_of_task", False):
        return

    def requirements(task_definition: TaskDefinition) -> object:
        memory = int(task_definition.memory or 512)
        containers = [
            container if _NAMES & container.keys() else {**container, "memory": memory}
            for container in task_definition.container_definitions
        ]
        return original(SimpleNamespace(container_definitions=containers))  # type: ignore[arg-type]  # it reads this only

    requirements.takes_memory_of_task = True  # type: ignore[attr-defined]
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(requirements)  # type: ignore[assignment,method-assign]  # noqa: SLF001
