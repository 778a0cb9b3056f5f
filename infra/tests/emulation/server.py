"""ministack as a process on 127.0.0.1; its environment is its own, and `make test-infra` makes it."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import urllib3

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / ".venv-emulator" / "bin" / "ministack"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Emulation:
    """What runs.

    Attributes
    ----------
    endpoint : str
        Address of all services.
    account, region : str
        Whose and where everything is made.
    """

    endpoint: str
    account: str
    region: str

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables with which AWS clients speak to the emulation and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,  # twelve digits are the account
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a client of a service."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.account,
            aws_secret_access_key="nothing",  # noqa: S106 - the emulation takes any
        )


@contextmanager
def running_emulation(account: str, region: str, log: Path) -> Iterator[Emulation]:
    """Run the emulation until the block ends.

    Raises
    ------
    FileNotFoundError
        If its environment is not there: `make test-infra` makes it.
    RuntimeError
        If it does not start.
    """
    port = _free_port()
    told = {
        "PATH": os.defpath,
        "HOME": str(log.parent),
        "TMPDIR": str(log.parent),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": account,
    }
    with log.open("wb") as output:
        process = subprocess.Popen([str(PROGRAM)], env=told, cwd=log.parent, stdout=output, stderr=output)  # noqa: S603 - our own environment
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _wait_for(endpoint, process, log)
            yield Emulation(endpoint, account, region)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib3.request("GET", f"{endpoint}/_ministack/health", retries=False, timeout=2.0)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return
    message = f"the emulation did not start: {log.read_text('utf-8', errors='replace')[-1000:]}"
    raise RuntimeError(message)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
