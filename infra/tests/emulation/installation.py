"""An installation in the emulation: what senders, state machines and the sensors of Dagster do in it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg

from analytics_platform.definitions import defs
from analytics_platform.defs.ingestion.landing_sensor import landing_sensor
from analytics_platform.defs.resources import IntakeResource, intake_resource
from analytics_platform.defs.triggers.requested_runs import requested_runs_sensor
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.token_store import TokenStore
from infra.configuration import Configuration
from infra.tests.emulation.deployment import Deployed
from infra.tests.emulation.server import Emulation

Raw = Mapping[str, Any]
Seen = TypeVar("Seen")
_SECONDS = 20.0
_SOURCES = Path(__file__).resolve().parents[3] / "sources"


def until(look: Callable[[], Seen | None]) -> Seen:
    """Wait until there is something to see."""
    over = time.monotonic() + _SECONDS
    while (seen := look()) is None:
        assert time.monotonic() < over, "it does not come"
        time.sleep(0.1)
    return seen


@dataclass(frozen=True)
class Installation:
    """What was deployed, and where.

    Attributes
    ----------
    config : Configuration
        Of the installation.
    emulation : Emulation
        Where it was deployed.
    stacks : mapping of str to Deployed
        What became of each stack.
    """

    config: Configuration
    emulation: Emulation
    stacks: Mapping[str, Deployed]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a client of a service."""
        return self.emulation.client(service)

    def told(self, stack: str, output: str) -> str:
        """Return what a stack tells."""
        return self.stacks[stack].outputs[output]

    def put(self, key: str, content: bytes) -> None:
        """Put a file as a sender does."""
        self.client("s3").put_object(Bucket=self.config.bucket("landing"), Key=key, Body=content)

    def execution(self, words: str) -> str:
        """Wait for the execution of `on_upload` whose input holds some words; return its ARN."""
        states, machine = self.client("stepfunctions"), self.told("triggers", "OnUploadMachine")

        def found() -> str | None:
            for each in states.list_executions(stateMachineArn=machine)["executions"]:
                if words in states.describe_execution(executionArn=each["executionArn"])["input"]:
                    return str(each["executionArn"])
            return None

        return until(found)

    def status(self, execution: str) -> str:
        """Return how an execution stands now."""
        return str(self.client("stepfunctions").describe_execution(executionArn=execution)["status"])

    def ended(self, execution: str) -> Raw:
        """Wait for the end of an execution; return what is told of it."""

        def told() -> Raw | None:
            described: Raw = self.client("stepfunctions").describe_execution(executionArn=execution)
            return None if described["status"] == "RUNNING" else described

        return until(told)


class Daemon:
    """Both sensors of the platform on the queues of an installation, with lake and ledger of their own.

    Parameters
    ----------
    installed : Installation
        Where; its variables are those of this process.
    home : Path
        Folder of lake and ledger.
    """

    def __init__(self, installed: Installation, home: Path) -> None:
        of = Settings(home=home, sources=_SOURCES, landing_url=installed.config.landing_url)
        self.intake: IntakeResource = intake_resource(of.model_copy(update={"retry_seconds": 0.0}))
        self._instance, self._repository = dg.DagsterInstance.ephemeral(), defs().get_repository_def()
        self._cursors: dict[str, str | None] = {}
        self._landing = landing_sensor(
            installed.told("storage", "UploadsQueue"), listing_minutes=60, interval_seconds=30
        )
        self._requests = requested_runs_sensor(
            installed.told("storage", "RequestsQueue"), interval_seconds=30
        )

    def tick(self) -> list[str]:
        """Let both sensors look once; return the jobs that they ask for."""
        return [*self._evaluated(self._requests), *self._evaluated(self._landing)]

    def waiting_tokens(self) -> list[str]:
        """Return the tokens of the executions that wait for an answer."""
        store = TokenStore(self.intake.ledger)
        try:
            return [each.token for each in store.open()]
        finally:
            store.close()

    def _evaluated(self, sensor: dg.SensorDefinition) -> list[str]:
        with dg.build_sensor_context(
            self._instance,
            cursor=self._cursors.get(sensor.name),
            resources={"intake": self.intake},
            repository_def=self._repository,
        ) as context:
            data = sensor.evaluate_tick(context)
        self._cursors[sensor.name] = data.cursor
        return [str(request.job_name) for request in data.run_requests or []]
