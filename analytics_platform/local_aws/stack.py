"""The whole cloud side on one machine: emulation, account, local Fargate, Dagster's services as tasks."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import urllib3

from analytics_platform.defs.instance import prepare_instance
from analytics_platform.local_aws.bootstrap import CONTAINER, RUNS_ANYTHING, Account, Bootstrap
from analytics_platform.local_aws.fargate import LocalFargate
from analytics_platform.local_aws.instance import local_instance
from analytics_platform.local_aws.server import REGION, client, environment, running_server
from analytics_platform.local_aws.variables import forget_account
from analytics_platform.local_aws.versions import EmulationError
from analytics_platform.settings import Settings, dagster_environment
from analytics_platform.storage import files
from analytics_platform.triggers.lambda_package import lambda_files

_AWS_YAML = "dagster.aws.yaml"
_DATABASE = "DAGSTER_POSTGRES_HOST"
"""Who sets it wants the instance in PostgreSQL; otherwise it is in SQLite."""

_START_SECONDS = 180.0
SENSOR_SECONDS = 5
"""How often the sensors look: people wait at the screen."""


@dataclass(frozen=True)
class LocalStack:
    """What runs.

    Attributes
    ----------
    endpoint : str
        Address of the emulated AWS.
    account : Account
        What was made in it.
    fargate : LocalFargate
        What runs its tasks.
    environment : mapping of str to str
        Variables with which the commands of the platform and AWS clients work on it.
    webserver : str or None
        Address of the UI of Dagster; None without services.
    """

    endpoint: str
    account: Account
    fargate: LocalFargate
    environment: Mapping[str, str]
    webserver: str | None


@contextmanager
def local_stack(
    of: Settings, *, port: int = 0, services: bool = True, changed: Mapping[str, str] | None = None
) -> Iterator[LocalStack]:
    """Run everything, and end every process of it with the block.

    Parameters
    ----------
    of : Settings
        Profile local: lake and warehouse are folder and DuckDB file of its home.
    port : int
        Of the emulation on 127.0.0.1; 0 takes a free one.
    services : bool
        Whether code server, daemon and webserver are started.
    changed : mapping of str to str, optional
        Variables of all tasks besides.

    Raises
    ------
    EmulationError
        If the profile is another, moto does not fit, the port is taken, or a service does not start.
    """
    if of.profile != "local":
        message = f"ANALYTICS_PROFILE is {of.profile}: the emulation has no Redshift; set it to local"
        raise EmulationError(message)
    with ExitStack() as running:
        endpoint = running.enter_context(running_server(port))
        told = environment(endpoint)
        running.enter_context(_as_client(told))
        landing = of.model_copy(update={"landing_url": "s3://analytics-landing"})
        account = Bootstrap(endpoint).make(lambda_files(landing), RUNS_ANYTHING)
        ports = _free_ports(2)
        webserver = f"http://127.0.0.1:{ports[1]}" if services else None
        whole = {**told, **account.environment(), **_of_home(of, ports[0]), **(changed or {})}
        if webserver is not None:
            whole["ANALYTICS_DAGSTER_URL"] = webserver
        fargate = LocalFargate(REGION, whole, of.home / "tasks")
        running.callback(fargate.stop)
        fargate.start()
        if webserver is not None:
            _start_services(of, endpoint, account, ports)
            _wait_for(webserver, of.home / "tasks")
        yield LocalStack(endpoint, account, fargate, whole, webserver)


@contextmanager
def _as_client(told: Mapping[str, str]) -> Iterator[None]:
    """Let this process be a client of the emulation: from here its Step Functions calls other services."""
    before = dict(os.environ)  # noqa: TID251 - put back
    forget_account()
    os.environ.update(told)  # noqa: TID251 - written, not read
    try:
        yield
    finally:
        os.environ.clear()  # noqa: TID251 - put back
        os.environ.update(before)  # noqa: TID251 - put back


def _of_home(of: Settings, code_server: int) -> dict[str, str]:
    """Write the configuration of the instance; return what tasks are told of the home."""
    template = _template(of)
    text = (of.dagster_template.parent / _AWS_YAML).read_text("utf-8")
    files.write_text(template, text if _DATABASE in dagster_environment(of) else local_instance(text))
    return {
        "ANALYTICS_PROFILE": "local",
        "ANALYTICS_HOME": str(of.home),
        "ANALYTICS_LEDGER_URL": of.ledger_url,
        "ANALYTICS_DAGSTER_TEMPLATE": str(template),
        "ANALYTICS_SENSOR_INTERVAL_SECONDS": str(SENSOR_SECONDS),
        "DAGSTER_HOME": str(of.dagster_home),
        "DAGSTER_CODE_SERVER_HOST": "127.0.0.1",
        "DAGSTER_CODE_SERVER_PORT": str(code_server),
    }


def _template(of: Settings) -> Path:
    return of.home / "dagster.local-aws.yaml"


def _start_services(of: Settings, endpoint: str, account: Account, ports: list[int]) -> None:
    """Start code server, daemon and webserver as services, as on ECS: so they learn which task they are."""
    prepare_instance(_template(of), of.dagster_home).dispose()
    commands = {
        "code-server": ["code-server", "--port", str(ports[0])],
        "daemon": ["daemon"],
        "webserver": ["webserver", "--port", str(ports[1])],
    }
    ecs, ec2 = client("ecs", endpoint), client("ec2", endpoint)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    for name, arguments in commands.items():
        command = ["python", "-m", "analytics_platform.cli", "service", *arguments]
        made = ecs.register_task_definition(
            family=f"analytics-{name}",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            containerDefinitions=[{"name": CONTAINER, "image": "slim", "command": command}],
        )
        ecs.create_service(
            cluster=account.cluster,
            serviceName=name,
            taskDefinition=made["taskDefinition"]["taskDefinitionArn"],
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=network,
        )


def _wait_for(webserver: str, logs: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with suppress(urllib3.exceptions.HTTPError):
            if (
                urllib3.request("GET", f"{webserver}/server_info", retries=False, timeout=2.0).status
                == HTTPStatus.OK
            ):
                return
        time.sleep(0.2)
    message = f"the services of Dagster did not start; look at the files in {logs}"
    raise EmulationError(message)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as taken:
        sockets = [taken.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
