"""Services of the emulated ECS: so many tasks run as are desired. moto only keeps the number."""

import time
from typing import Any

_AGAIN_SECONDS = 1.5


class ServiceKeeper:
    """Starts and stops tasks until each service has as many as it desires, of its own task definition."""

    def __init__(self) -> None:
        self._not_before: dict[str, float] = {}

    def keep(self, backend: Any) -> None:  # noqa: ANN401 - of moto
        """Look at every service once; one whose tasks end at once is started again with a pause only."""
        for service in list(backend.services.values()):
            self._keep(backend, service)

    def _keep(self, backend: Any, service: Any) -> None:  # noqa: ANN401 - of moto
        wanted = int(service.desired_count) if service.status == "ACTIVE" else 0
        definition = service.task_definition and backend.describe_task_definition(service.task_definition).arn
        group = f"service:{service.name}"
        tasks = [
            task
            for task in list(backend.tasks.get(service.cluster_name, {}).values())
            if task.group == group and task.desired_status == "RUNNING"
        ]
        ours = [task for task in tasks if task.task_definition_arn == definition]
        for task in [*(task for task in tasks if task not in ours), *ours[wanted:]]:
            backend.stop_task(service.cluster_name, task.task_arn, "Scaling activity initiated by deployment")
        missing = wanted - len(ours)
        if missing > 0 and definition and time.monotonic() >= self._not_before.get(service.arn, 0.0):
            self._not_before[service.arn] = time.monotonic() + _AGAIN_SECONDS
            backend.run_task(
                service.cluster_name,
                definition,
                missing,
                None,
                f"ecs-svc/{service.name}",
                None,
                service.launch_type,
                networking_configuration=service.network_configuration or None,
                group=group,
            )
        service.running_count = sum(task.last_status == "RUNNING" for task in ours[:wanted])
        service.pending_count = max(0, wanted - service.running_count)
