"""What can be set of AWS: where Redshift, staged files, queues and machines are. Nothing is read here."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class AwsSettings(BaseSettings):
    """The part of the settings that names things in an account of AWS."""

    redshift_host: str | None = Field(default=None, description="Address of the Redshift endpoint")
    redshift_port: int = Field(default=5439, ge=1, le=65535, description="Port of the Redshift endpoint")
    redshift_database: str = Field(default="analytics", description="Database in Redshift")
    redshift_user: str | None = Field(default=None, description="Database user; none with IAM")
    redshift_password: SecretStr | None = Field(default=None, description="Its password; none with IAM")
    redshift_workgroup: str | None = Field(default=None, description="Serverless workgroup, for IAM")
    redshift_cluster: str | None = Field(default=None, description="Provisioned cluster, for IAM")
    redshift_tls: Literal["verify-ca", "verify-full", "off"] = Field(
        default="verify-full", description="How the certificate is checked; off is for this machine only"
    )
    redshift_copy_role: str = Field(
        default="default",
        description="Role that COPY, UNLOAD and external tables read with: default or its ARN",
    )
    redshift_timeout_seconds: float = Field(default=30.0, gt=0, description="Longest wait for a connection")
    redshift_readers: str = Field(
        default="analysts", pattern=r"^[a-z][a-z0-9_]*$", description="Group that may read what dbt builds"
    )
    staging_url: str | None = Field(
        default=None, description="Where COPY and UNLOAD exchange files: s3://bucket/prefix"
    )
    athena_database: str | None = Field(
        default=None, description="Database of the catalogue that exports read; by default the lake on disk"
    )
    athena_workgroup: str = Field(default="primary", description="Workgroup that exports run in")
    athena_results: str | None = Field(
        default=None, description="Where Athena puts exports until they are fetched: s3://bucket/prefix"
    )
    uploads_queue_url: str | None = Field(
        default=None, description="Queue that S3 tells of uploads; by default the landing zone is listed"
    )
    requests_queue_url: str | None = Field(
        default=None, description="Queue that Step Functions puts requests with task tokens into"
    )
    landing_listing_minutes: int = Field(
        default=15, ge=1, description="Besides the queue, the landing zone is listed so often"
    )
    sensor_interval_seconds: int = Field(
        default=30, ge=1, description="How often the sensors look for files and requests"
    )
    materialize_machine: str | None = Field(
        default=None,
        description="ARN of the state machine that the button starts; by default it asks Dagster itself",
    )
    notifications_topic: str | None = Field(
        default=None, description="ARN of the SNS topic that alerts are published to, besides the file"
    )

    @property
    def has_redshift_credentials(self) -> bool:
        """Whether there is a way to log in: a password, a cluster or a workgroup."""
        by_password = self.redshift_user is not None and self.redshift_password is not None
        by_cluster = self.redshift_user is not None and self.redshift_cluster is not None
        return by_password or by_cluster or self.redshift_workgroup is not None
