"""The emulated cloud of the tests: patched moto over HTTP in this process, and the local Fargate."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def emulated_cloud(*, region: str = REGION) -> Iterator[Cloud]:
    """Start the emulation and point every client of this process at it."""
    with running_server() as endpoint, pytest.MonkeyPatch.context() as variables:
        told = environment(endpoint, region)
        for name, value in told.items():
            variables.setenv(name, value)
        with tempfile.TemporaryDirectory(prefix="fargate_") as logs:
            fargate = LocalFargate(region, told, Path(logs))
            fargate.start()
            try:
                yield Cloud(endpoint, region, fargate)
            finally:
                fargate.stop()
