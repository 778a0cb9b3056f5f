"""The emulated cloud with Dagster's services, as `analytics local-aws up` starts it, and what runs in it."""

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import dagster as dg

from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform_tests.integration.conftest import Installation, installation
from analytics_platform_tests.integration.dagster_server import process

LANDING = "analytics-landing"
_PATIENCE = 1800.0
_LOOK_SECONDS = 0.25
_TOLD_CHARACTERS = 3000
_PAGE = 1000


@dataclass(frozen=True)
class Stack:
    """What runs.

    Attributes
    ----------
    at : Installation
        Its data home.
    told : mapping of str to str
        Variables that it has written for its clients.
    """

    at: Installation
    told: Mapping[str, str]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a client of one service."""
        return boto3.client(
            service,
            endpoint_url=self.told["AWS_ENDPOINT_URL"],
            region_name=self.told["AWS_DEFAULT_REGION"],
            aws_access_key_id=self.told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.told["AWS_SECRET_ACCESS_KEY"],
        )

    def executions(self) -> list[dict[str, Any]]:
        """Return all executions that uploads have started, without their input."""
        steps = self.client("stepfunctions")
        machine = self.told["ANALYTICS_MATERIALIZE_MACHINE"].replace("-materialize", "-on_upload")
        pages = steps.get_paginator("list_executions").paginate(
            stateMachineArn=machine, PaginationConfig={"PageSize": _PAGE}
        )
        return [each for page in pages for each in page["executions"]]

    def definitions(self) -> int:
        """Return how many task definitions are registered."""
        pages = self.client("ecs").get_paginator("list_task_definitions").paginate()
        return sum(len(page["taskDefinitionArns"]) for page in pages)

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """Open the instance of Dagster."""
        with dg.DagsterInstance.from_config(str(self.at.settings.dagster_home)) as instance:
            yield instance

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the ledger."""
        ledger = Ledger(self.at.settings.ledger_url)
        try:
            yield ledger
        finally:
            ledger.close()


@contextmanager
def running_stack(home: Path, *, is_demo: bool) -> Iterator[Stack]:
    """Run the cloud on a data home: with the demo in it, or empty and without dialects of sources.

    Raises
    ------
    RuntimeError
        If the demo or the cloud does not start; the text is the end of what it printed.
    """
    at = installation(home)
    if is_demo:
        done = at.run("demo")
        if done.returncode != 0:
            message = f"the demo ended with {done.returncode}:\n{done.stdout[-_TOLD_CHARACTERS:]}"
            raise RuntimeError(message)
    variables, log = home / "local-aws.env", home / "up.log"
    environment = at.environment()
    if not is_demo:
        sources = home / "sources"
        sources.mkdir()
        environment["ANALYTICS_SOURCES"] = str(sources)
    with process(at.command("local-aws", "up"), environment, log) as started:
        wait_for(lambda: variables.exists() or started.poll() is not None)
        if started.poll() is not None:
            message = f"local-aws up has ended:\n{log.read_text('utf-8')[-_TOLD_CHARACTERS:]}"
            raise RuntimeError(message)
        pairs = (shlex.split(line)[1].split("=", 1) for line in variables.read_text("utf-8").splitlines())
        yield Stack(at, dict(pairs))


def wait_for(is_so: Callable[[], bool]) -> float:
    """Wait for something that comes sooner or later; return the seconds.

    Raises
    ------
    TimeoutError
        If it does not come.
    """
    start = time.monotonic()
    while not is_so():
        if time.monotonic() - start > _PATIENCE:
            message = f"it did not come in {_PATIENCE:.0f} s"
            raise TimeoutError(message)
        time.sleep(_LOOK_SECONDS)
    return time.monotonic() - start
