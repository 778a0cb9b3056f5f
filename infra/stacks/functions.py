"""The Lambda functions that state machines order, with what they know of the installation."""

import tempfile
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from analytics_platform.settings import Settings
from analytics_platform.triggers.lambda_package import HANDLERS, lambda_files
from infra.configuration import Configuration
from infra.stacks.policies import acknowledge, allow
from infra.stacks.retention import retention
from infra.stacks.storage import StorageStack

RUNTIME = lambda_.Runtime.PYTHON_3_13
_SECONDS = 60
_MIB = 256


class DescribedSettings(Settings):
    """Settings as they are described, whatever the environment of the machine says that synthesises."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature of pydantic-settings
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is told, and nothing else."""
        return (init_settings,)


def described(config: Configuration) -> Settings:
    """Return what the functions know of an installation."""
    return DescribedSettings(landing_url=config.landing_url, calendar=config.calendar)


class Functions(Construct):
    """One function a handler, all from one archive.

    Attributes
    ----------
    by_name : dict of str to lambda_.Function
        Such as ``route_upload``.
    """

    def __init__(self, scope: Construct, config: Configuration, storage: StorageStack) -> None:
        super().__init__(scope, "Functions")
        self._config = config
        self._roles: dict[str, iam.Role] = {}
        with tempfile.TemporaryDirectory() as folder:
            for name, content in lambda_files(described(config)).items():
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            code = lambda_.Code.from_asset(folder)
            self.by_name = {name: self._function(name, handler, code) for name, handler in HANDLERS.items()}
        landing = [storage.landing.bucket_arn]
        allow(self._roles["expected_deliveries"], "LookAtLanding", ["s3:ListBucket"], landing)

    def _function(self, name: str, handler: str, code: lambda_.Code) -> lambda_.Function:
        title = "".join(part.capitalize() for part in name.split("_"))
        shown = self._config.named(name.replace("_", "-"))
        log = logs.LogGroup(
            self,
            f"{title}Log",
            log_group_name=f"/{self._config.prefix}/{name.replace('_', '-')}",
            retention=retention(self._config),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            self,
            f"{title}Role",
            role_name=shown,
            description=f"Function {name}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        log.grant_write(role)
        acknowledge(self, "L1", "the newest Python that the platform is tested with")
        acknowledge(role, "IAM5[Resource::*]", "traces have no resource")
        self._roles[name] = role
        return lambda_.Function(
            self,
            title,
            function_name=shown,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=code,
            role=role,
            timeout=cdk.Duration.seconds(_SECONDS),
            memory_size=_MIB,
            log_group=log,
            tracing=lambda_.Tracing.ACTIVE,
        )
