"""How large the task of each job is on Fargate, and whether it may be on Spot. One table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OF_EVERY_TASK_GIB = 20


@dataclass(frozen=True)
class RunSize:
    """What a job asks of Fargate.

    Attributes
    ----------
    cpu : int
        In units of 1/1024 of a processor.
    memory : int
        In MiB; Fargate allows only some for each `cpu`.
    storage_gib : int
        Disk of the task, in GiB: 20, which every task has for nothing, or 21 to 200.
    spot : bool
        Whether the task may be taken away at any time: only where a repetition is cheap and changes nothing.
    max_runtime_seconds : int
        After this the run is ended and told as failed.
    writes_marts : bool
        Whether ranges of marts are replaced: such runs wait for each other.
    reason : str
        Why so.
    """

    cpu: int
    memory: int
    storage_gib: int
    spot: bool
    max_runtime_seconds: int
    writes_marts: bool
    reason: str

    @property
    def tags(self) -> dict[str, str]:
        """Tags that launcher, monitoring and queue read."""
        strategy = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}
        return {
            "ecs/cpu": str(self.cpu),
            "ecs/memory": str(self.memory),
            "dagster/max_runtime": str(self.max_runtime_seconds),
            **(
                {"ecs/ephemeral_storage": str(self.storage_gib)}
                if self.storage_gib > OF_EVERY_TASK_GIB
                else {}
            ),
            **({"ecs/run_task_kwargs": json.dumps(strategy)} if self.spot else {}),
            **({"analytics/writes": "marts"} if self.writes_marts else {}),
        }


RUN_SIZES: Mapping[str, RunSize] = MappingProxyType(
    {
        "ingest": RunSize(
            cpu=1024,
            memory=8192,
            storage_gib=20,
            spot=True,
            max_runtime_seconds=3600,
            writes_marts=False,
            reason="one file at a time, 4 GiB for its parsing; what a lost run had claimed is given back",
        ),
        "analytics": RunSize(
            cpu=4096,
            memory=16384,
            storage_gib=50,
            spot=False,
            max_runtime_seconds=10800,
            writes_marts=True,
            reason="scenarios in memory, years of results on disk; Spot would lose an hour's work",
        ),
        "end_of_day": RunSize(
            cpu=4096,
            memory=16384,
            storage_gib=20,
            spot=False,
            max_runtime_seconds=7200,
            writes_marts=True,
            reason="people wait for it: it may not be taken away",
        ),
    }
)
"""By job. A run without a job, such as of single assets, has the size of the task definition."""
