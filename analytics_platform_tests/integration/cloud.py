"""The emulated cloud of the tests: patched moto over HTTP in this process, and the local Fargate."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from analytics_platform.local_aws.fargate import LocalFargate
from analytics_platform.local_aws.server import REGION, environment, running_server


@dataclass(frozen=True)
class Cloud:
    """AWS that forgets everything when the tests end.

    Attributes
    ----------
    endpoint : str
        Address of all services.
    region : str
        Region in which everything is.
    fargate : LocalFargate
        What runs the tasks.
    """

    endpoint: str
    region: str
    fargate: LocalFargate

    def client(self, service: str) -> Any:  # noqa: ANN401 - clients have no types
        """Return a client of one service."""
        return boto3.client(service, region_name=self.region)


_shared: list["_Shared"] = []


@dataclass
class _Shared:
    """The emulation of this process and how many use it: what moto knows is one for the process.

    Two of them would run every task twice.
    """

    cloud: Cloud
    running: ExitStack
    users: int = 0


@contextmanager
def emulated_cloud(*, region: str = REGION) -> Iterator[Cloud]:
    """Start the emulation, or use the one that runs, and point every client of this process at it."""
    if not _shared:
        _shared.append(_started(region))
    shared = _shared[0]
    shared.users += 1
    try:
        with pytest.MonkeyPatch.context() as variables:
            for name, value in environment(shared.cloud.endpoint, shared.cloud.region).items():
                variables.setenv(name, value)
            yield shared.cloud
    finally:
        shared.users -= 1
        if shared.users == 0:
            _shared.clear()
            shared.running.close()


def _started(region: str) -> _Shared:
    with ExitStack() as running:
        endpoint = running.enter_context(running_server())
        logs = running.enter_context(tempfile.TemporaryDirectory(prefix="fargate_"))
        fargate = LocalFargate(region, environment(endpoint, region), Path(logs))
        fargate.start()
        running.callback(fargate.stop)
        return _Shared(Cloud(endpoint, region, fargate), running.pop_all())
    raise AssertionError  # the block above returns or raises
