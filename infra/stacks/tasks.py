"""Tasks of the platform: one image, one set of archives, one environment for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.configuration import Configuration
from infra.release import Release
from infra.stacks.home import HOME, Home
from infra.stacks.policies import acknowledge
from infra.stacks.retention import retention
from infra.stacks.rights import SLIM

HEALTHY = ("/usr/local/bin/python3", "-E", "-s", "/opt/slim/healthy.py")
"""Runs a command on the environment that the entry point has unpacked."""

COMMAND = ("python", "-m", "analytics_platform.cli")
STARTING = cdk.Duration.minutes(5)
"""So long a load balancer may find a service absent: its archives are fetched and unpacked first."""

_SHORT = 16
_STOP = cdk.Duration.seconds(120)


@dataclass(frozen=True)
class Size:
    """CPU in units of 1/1024 of a processor, memory in MiB, as Fargate sells them together."""

    cpu: int
    memory: int


def health(*command: str) -> ecs.HealthCheck:
    """Ask a command of the platform whether its container is well."""
    return ecs.HealthCheck(
        command=["CMD", *HEALTHY, *command],
        interval=cdk.Duration.seconds(60),
        timeout=cdk.Duration.seconds(30),
        retries=3,
        start_period=cdk.Duration.seconds(180),
    )


class PlatformTasks(Construct):
    """Makes task definitions.

    Parameters
    ----------
    scope : Construct
        Stack that they belong to.
    config : Configuration
        Of the installation.
    release : Release
        Image and archives.
    home : Home
        What is mounted.
    environment : mapping of str to str
        Variables of every task.
    secrets : mapping of str to ecs.Secret
        Variables whose values stand in Secrets Manager.

    Attributes
    ----------
    execution_role : iam.Role
        What ECS itself does with before a container runs.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        release: Release,
        *,
        home: Home,
        environment: Mapping[str, str],
        secrets: Mapping[str, ecs.Secret],
    ) -> None:
        super().__init__(scope, "Tasks")
        self._config, self._home = config, home
        self._environment = {**archives(config, release), **environment}
        self._secrets = dict(secrets)
        repository = ecr.Repository.from_repository_name(self, "Slim", config.named("slim"))
        self._repository = repository
        self._image = ecs.ContainerImage.from_ecr_repository(repository, release.slim_image)
        self.execution_role = self.new_execution_role(self, "execution")

    def new_execution_role(self, scope: Construct, name: str) -> iam.Role:
        """Make a role for ECS itself: it pulls the image, and is given the logs and secrets of its tasks."""
        role = iam.Role(
            scope,
            "ExecutionRole",
            role_name=self._config.named(name),
            description="Pulls the image, writes logs, reads secrets",
            assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
        )
        self._repository.grant_pull(role)
        acknowledge(role, "IAM5[Resource::*]", "a login to the registry has no resource")
        return role

    def define(
        self,
        scope: Construct,
        name: str,
        *,
        role: iam.Role,
        size: Size,
        command: Sequence[str] = (),
        port: int | None = None,
        health_check: ecs.HealthCheck | None = None,
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, ecs.Secret] | None = None,
        execution_role: iam.Role | None = None,
        has_home: bool = True,
    ) -> ecs.FargateTaskDefinition:
        """Make a task definition of one container, which has its name.

        Parameters
        ----------
        scope : Construct
            Stack that it belongs to.
        name : str
            Of family, container and log.
        role : iam.Role
            What its code may do.
        size : Size
            CPU and memory.
        command : sequence of str
            Arguments of the slim container.
        port : int or None
            It listens on.
        health_check : ecs.HealthCheck or None
            How ECS asks whether it is well.
        environment, secrets : mapping
            Variables besides those of every task.
        execution_role : iam.Role or None
            Of a stack of its own: what it reads and writes belongs to that stack.
        has_home : bool
            Whether it mounts the network file system; else that folder goes with the container.
        """
        linux = ecs.LinuxParameters(scope, f"{_title(name)}Linux", init_process_enabled=True)
        linux.drop_capabilities(ecs.Capability.ALL)
        task = ecs.FargateTaskDefinition(
            scope,
            f"{_title(name)}Task",
            family=self._config.named(name),
            cpu=size.cpu,
            memory_limit_mib=size.memory,
            task_role=role,
            execution_role=execution_role or self.execution_role,
            volumes=[self._home.volume()] if has_home else [],
        )
        container = task.add_container(
            _title(name),
            container_name=name,
            image=self._image,
            command=list(command) or None,
            environment={**self._environment, **(environment or {})},
            secrets={**self._secrets, **(secrets or {})},
            logging=ecs.LogDrivers.aws_logs(stream_prefix=name, log_group=self._log(scope, name)),
            port_mappings=[ecs.PortMapping(container_port=port)] if port else [],
            health_check=health_check,
            stop_timeout=_STOP,
            linux_parameters=linux,
        )
        acknowledge(task, "ECS2", "they are names and addresses; secrets come from Secrets Manager")
        if has_home:
            container.add_mount_points(self._home.mounted())
        return task

    def _log(self, scope: Construct, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            scope,
            f"{_title(name)}Log",
            log_group_name=f"/{self._config.prefix}/{name}",
            retention=retention(self._config),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )


def archives(config: Configuration, release: Release) -> dict[str, str]:
    """Return what the slim container is told: archives by their digests, and where failures are kept."""
    bucket = config.bucket("archives")
    digests = {"environment": release.environment_archive, "code": release.code_archive}
    told = {
        f"{kind.upper()}_ARCHIVE": f"s3://{bucket}/archives/{kind}-{digest[:_SHORT]}.tar.gz?sha256={digest}"
        for kind, digest in digests.items()
    }
    return {**told, "LOG_ARCHIVE": f"s3://{config.bucket('logs')}/{SLIM.rstrip('/')}", "HOME": HOME}


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
