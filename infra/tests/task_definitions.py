"""Task definitions of the templates, with the environment that their containers would be given. No test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.checks.synthesis import Template

MEMORY_BY_CPU: Mapping[int, range] = {
    256: range(512, 2049, 512),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
"""What Fargate sells together on Linux: MiB by CPU units. Of 256, AWS names 512, 1024 and 2048 only."""


@dataclass(frozen=True)
class Task:
    """A task definition of one container.

    Attributes
    ----------
    name : str
        Of its container.
    resource : str
        Logical id in its template.
    properties, container : mapping
        As the template has them.
    """

    name: str
    resource: str
    properties: Mapping[str, Any]
    container: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        """Variables as the container sees them; what a deployment fills in is something of its kind."""
        return {each["Name"]: _filled(each["Value"]) for each in self.container["Environment"]}

    @property
    def secrets(self) -> dict[str, str]:
        """Variables from Secrets Manager: where their values stand."""
        return {each["Name"]: _filled(each["ValueFrom"]) for each in self.container["Secrets"]}


def tasks(*templates: Template) -> dict[str, Task]:
    """Return the task definitions of templates by the names of their containers."""
    found = [
        Task(container["Name"], name, each["Properties"], container)
        for template in templates
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::ECS::TaskDefinition"
        for container in each["Properties"]["ContainerDefinitions"]
    ]
    return {task.name: task for task in found}


def is_sold(cpu: int, memory: int) -> bool:
    """Tell whether Fargate has a task of this size."""
    return memory in MEMORY_BY_CPU.get(cpu, ()) and (cpu, memory) != (256, 1536)


def _filled(value: Any) -> str:  # noqa: ANN401 - whatever a template holds
    """Return a value with stand-ins for what is known only after a deployment."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        between, parts = value["Fn::Join"]
        return str(between).join(_filled(part) for part in parts)
    named = str(next(iter(value.values())))
    return "5432" if "Port" in named.rpartition("Endpoint")[2] else "filled.in.by.cloudformation"
