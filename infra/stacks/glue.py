"""Glue jobs that load histories which are too large for one task. The catalogue is in `catalog`."""

import json
import tempfile
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from analytics_platform.archives.zips import write_zip
from infra.configuration import Configuration
from infra.glue.jobs import HistoryJob, read_jobs
from infra.release import Release
from infra.stacks.database import LEDGER, USER
from infra.stacks.glue_role import GlueRole
from infra.stacks.network import POSTGRES, NetworkStack
from infra.stacks.orchestration import OrchestrationStack
from infra.stacks.retention import retention
from infra.stacks.storage import STAGING, StorageStack
from infra.stacks.tasks import archives

HISTORIES = "histories"
"""Folder of the lake's bucket, beside the lake: what is kept there for ever and read by these jobs."""

CERTIFICATES = "archives/rds-global-bundle.pem"
_ROOT = Path(__file__).resolve().parents[2]
_FAILED = ["FAILED", "TIMEOUT", "ERROR"]


class GlueStack(cdk.Stack):
    """One definition of a job, made once for each entry of `infra/glue/jobs.toml`.

    Attributes
    ----------
    jobs : dict of str to glue.CfnJob
        By name.
    role : GlueRole
        What they may do.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        release: Release,
        *,
        network: NetworkStack,
        storage: StorageStack,
        orchestration: OrchestrationStack,
    ) -> None:
        super().__init__(
            scope,
            config.named("glue"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: Glue jobs for histories that are too large for one task",
        )
        self._config, self._release = config, release
        self._orchestration, self._warehouse = orchestration, orchestration.rights.warehouse
        secret = orchestration.database.secret
        if secret is None:
            message = "the password of PostgreSQL is not in Secrets Manager; make it from a generated secret"
            raise TypeError(message)
        self._secret = secret
        self._script = assets.Asset(self, "Script", path=str(_ROOT / "infra" / "glue" / "job.py"))
        self._slim, self._slim_digest = self._entry_point()
        self._key = self._log_key()
        self._log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/{config.prefix}/glue",
            encryption_key=self._key,
            retention=retention(config),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        subnet = network.vpc.private_subnets[0]
        group = self._group(network)
        self._connection = self._network(subnet, group)
        self._security = self._encryption()
        self.role = GlueRole(
            self,
            config,
            catalog=self._warehouse.catalog,
            secret=secret,
            key=self._key,
            subnet=subnet,
            group=group,
            assets=(self._script, self._slim),
        )
        self.jobs = {job.name: self._job(job) for job in read_jobs()}
        self._tell_of_failures(storage)
        cdk.CfnOutput(self, "Histories", value=self._histories)

    @property
    def _histories(self) -> str:
        return f"s3://{self._config.bucket('lake')}/{HISTORIES}"

    def _entry_point(self) -> tuple[assets.Asset, str]:
        """Pack the entry point of the slim container: a step starts as every task does."""
        scripts = sorted((_ROOT / "docker" / "slim").glob("*.py"))
        files = {
            "__main__.py" if script.stem == "entry_point" else script.name: script.read_bytes()
            for script in scripts
        }
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "slim.zip"
            digest = write_zip(files, file)
            return assets.Asset(self, "Slim", path=str(file)), digest

    def _log_key(self) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            alias=f"alias/{self._config.named('glue')}",
            description="Logs of the Glue jobs",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN if self._config.keeps_data else cdk.RemovalPolicy.DESTROY,
        )
        groups = [
            self.format_arn(
                service="logs",
                resource="log-group",
                resource_name=name,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in (f"/{self._config.prefix}/glue*", "/aws-glue/*")
        ]
        GlueRole.let_logs_encrypt(key, self._config.region, groups)
        return key

    def _group(self, network: NetworkStack) -> ec2.SecurityGroup:
        """Make the security group of the workers: they speak to each other, to PostgreSQL and to AWS."""
        group = ec2.SecurityGroup(
            self,
            "Workers",
            vpc=network.vpc,
            description="Analytics platform: workers of the Glue jobs",
            allow_all_outbound=True,
        )
        group.add_ingress_rule(group, ec2.Port.all_tcp(), "Spark: Glue refuses a connection without it")
        # By the property: the method of the group would let the network need this stack.
        ec2.CfnSecurityGroupIngress(
            self,
            "Ledger",
            group_id=network.groups.postgres.security_group_id,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=POSTGRES,
            to_port=POSTGRES,
            description="Glue jobs ask the ledger",
        )
        return group

    def _network(self, subnet: ec2.ISubnet, group: ec2.SecurityGroup) -> glue.CfnConnection:
        """Put the workers into the VPC, where PostgreSQL answers."""
        return glue.CfnConnection(
            self,
            "Network",
            catalog_id=self._config.account,
            connection_input=glue.CfnConnection.ConnectionInputProperty(
                name=self._config.named("glue"),
                connection_type="NETWORK",
                description="Private subnet of the platform",
                connection_properties={},
                physical_connection_requirements=glue.CfnConnection.PhysicalConnectionRequirementsProperty(
                    availability_zone=subnet.availability_zone,
                    subnet_id=subnet.subnet_id,
                    security_group_id_list=[group.security_group_id],
                ),
            ),
        )

    def _encryption(self) -> glue.CfnSecurityConfiguration:
        properties = glue.CfnSecurityConfiguration
        return glue.CfnSecurityConfiguration(
            self,
            "Encryption",
            name=self._config.named("glue"),
            encryption_configuration=properties.EncryptionConfigurationProperty(
                cloud_watch_encryption=properties.CloudWatchEncryptionProperty(
                    cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=self._key.key_arn
                ),
                job_bookmarks_encryption=properties.JobBookmarksEncryptionProperty(
                    job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=self._key.key_arn
                ),
                s3_encryptions=[properties.S3EncryptionProperty(s3_encryption_mode="SSE-S3")],
            ),
        )

    def _job(self, job: HistoryJob) -> glue.CfnJob:
        made = glue.CfnJob(
            self,
            f"Job{job.name.title().replace('-', '')}",
            name=self._config.named(f"history-{job.name}"),
            description=f"Loads histories of {job.dataset} that are too large for one task",
            role=self.role.role_arn,
            # Python shell has Python 3.9 at most; Glue 5.0 has 3.11, as the archives of the slim container.
            glue_version="5.0",
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=self._script.s3_object_url
            ),
            worker_type=job.worker_type,
            number_of_workers=job.workers,
            timeout=job.timeout_minutes,
            max_retries=job.retries,
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            connections=glue.CfnJob.ConnectionsListProperty(connections=[self._config.named("glue")]),
            security_configuration=self._config.named("glue"),
            default_arguments=self._arguments(job),
        )
        made.add_resource_dependency(self._connection)
        made.add_resource_dependency(self._security)
        made.add_resource_dependency(self.role.policy)
        return made

    def _arguments(self, job: HistoryJob) -> dict[str, str]:
        told = archives(self._config, self._release)
        return {
            "--job": job.name,
            "--dataset": job.dataset,
            "--histories": self._histories,
            "--span": job.span,
            "--workers": str(job.loaders),
            "--cores": str(job.cores),
            "--seconds": str(job.timeout_minutes * 60),
            "--environment-archive": told["ENVIRONMENT_ARCHIVE"],
            "--code-archive": told["CODE_ARCHIVE"],
            "--slim": f"{self._slim.s3_object_url}?sha256={self._slim_digest}",
            "--certificates": f"s3://{self._config.bucket('archives')}/{CERTIFICATES}",
            "--ledger-secret": self._secret.secret_arn,
            "--settings": self.to_json_string(self._settings()),
            "--enable-continuous-cloudwatch-log": "true",
            "--continuous-log-logGroup": self._log.log_group_name,
            "--enable-metrics": "true",
            # The ledger says what is loaded, not a bookmark.
            "--job-bookmark-option": "job-bookmark-disable",
        }

    def _settings(self) -> dict[str, str]:
        """Return the settings of the platform that these steps need; Redshift is named and never asked."""
        config, database = self._config, self._orchestration.database
        host, port = database.db_instance_endpoint_address, database.db_instance_endpoint_port
        return {
            "AWS_DEFAULT_REGION": config.region,
            "PGSSLMODE": "verify-full",
            "ANALYTICS_PROFILE": "aws",
            "ANALYTICS_HOME": "/var/tmp/analytics",  # noqa: S108 - the disk of a worker that ends with the job
            "ANALYTICS_LANDING_URL": config.landing_url,
            "ANALYTICS_LAKE_URL": f"s3://{config.bucket('lake')}/lake",
            "ANALYTICS_STAGING_URL": f"s3://{config.bucket('results')}/{STAGING.rstrip('/')}",
            "ANALYTICS_CATALOG_DATABASE": self._warehouse.catalog_database,
            "ANALYTICS_REDSHIFT_HOST": self._warehouse.endpoint,
            "ANALYTICS_REDSHIFT_WORKGROUP": self._warehouse.workgroup_name,
            "ANALYTICS_LEDGER_URL": f"postgresql://{USER}@{host}:{port}/{LEDGER}",
            "ANALYTICS_CALENDAR": config.calendar,
        }

    def _tell_of_failures(self, storage: StorageStack) -> None:
        """Tell people of every run that failed, in one line."""
        lines = {
            "job": "$.detail.jobName",
            "run": "$.detail.jobRunId",
            "state": "$.detail.state",
            "why": "$.detail.message",
        }
        told = "Glue job <job>, run <run>: <state>: <why>. Start it again: it goes on where it ended."
        # By the property: the construct would change the topic, which an earlier stack has.
        events.CfnRule(
            self,
            "Failures",
            name=self._config.named("glue-failures"),
            description="Runs of Glue jobs that failed",
            event_pattern={
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {"jobName": [str(job.name) for job in self.jobs.values()], "state": _FAILED},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="topic",
                    arn=storage.notifications.topic_arn,
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map=lines, input_template=json.dumps(told)
                    ),
                )
            ],
        )
