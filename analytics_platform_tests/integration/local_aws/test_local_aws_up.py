"""`analytics local-aws up` as a process: it starts, serves, and leaves nothing behind."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from analytics_platform.local_aws.bootstrap import CONTAINER
from analytics_platform.local_aws.server import client
from analytics_platform_tests.integration.local_aws.cluster import is_alive, until

LAST_LINE = "Ctrl-C ends all."


@dataclass(frozen=True)
class Up:
    """A running command.

    Attributes
    ----------
    process : Popen
        The command.
    home : Path
        Its data home.
    log : Path
        What it prints.
    """

    process: subprocess.Popen[bytes]
    home: Path
    log: Path

    def variables(self) -> dict[str, str]:
        """Wait until it is up; return what the file to source says."""
        until(lambda: LAST_LINE in self.printed() or self.process.poll() is not None)
        assert self.process.poll() is None, self.printed()
        lines = (self.home / "local-aws.env").read_text("utf-8").splitlines()
        return {
            name: value for (_, told) in map(shlex.split, lines) for name, _, value in [told.partition("=")]
        }

    def printed(self) -> str:
        """Return what it has printed."""
        return self.log.read_text("utf-8")


@contextmanager
def up(home: Path, *arguments: str) -> Iterator[Up]:
    """Start the command without services; end it if it has not."""
    home.mkdir(exist_ok=True)
    log = home / "up.log"
    command = [sys.executable, "-m", "analytics_platform.cli", "local-aws", "up", "--no-services"]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--home", str(home), *arguments],
            env={"PATH": os.defpath, "HOME": str(home), "AWS_PROFILE": "of-a-real-account"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Up(process, home, log)
    finally:
        process.kill()
        process.wait()


def test_it_serves_until_ctrl_c_which_ends_every_process(tmp_path: Path) -> None:
    with up(tmp_path / "first") as running:
        told = running.variables()
        processes = _run_task(told, running.home)
        assert all(map(is_alive, processes))
        with up(tmp_path / "second", "--port", told["MOTO_PORT"]) as second:
            assert second.process.wait(60) == 2
            (line,) = second.printed().splitlines()
            assert line.startswith(f"port {told['MOTO_PORT']} cannot be had: Address already in use; choose")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0, running.printed()
        assert running.printed().endswith("all tasks are ended\n")
        until(lambda: not any(map(is_alive, processes)))


def _run_task(told: Mapping[str, str], home: Path) -> list[int]:
    """Run a task with a child through the API of ECS; return the ids of their processes."""
    ecs, ec2 = (client(service, told["AWS_ENDPOINT_URL"]) for service in ("ecs", "ec2"))
    network = {
        "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
        "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
    }
    command = ["sh", "-c", "sleep 99 & echo $! $$; wait"]
    ecs.run_task(
        cluster="analytics",
        taskDefinition=told["DAGSTER_RUN_TASK_DEFINITION"],
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
        overrides={"containerOverrides": [{"name": CONTAINER, "command": command}]},
    )
    (log,) = until(lambda: [each for each in (home / "tasks").glob("*.log") if each.read_text("utf-8")])
    return [int(each) for each in log.read_text("utf-8").split()]


@pytest.mark.slow
def test_a_signal_in_the_midst_of_the_start_ends_it_too(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        until(lambda: (tmp_path / "dagster.local-aws.yaml").exists() or running.process.poll() is not None)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0, running.printed()
        assert "Traceback" not in running.printed()
