"""Everything that can be set, and the only reader of the environment."""

import os
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self, TypedDict
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from analytics_platform.aws_settings import AwsSettings

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_beside"  # in a wheel of a release: what stands beside the package in a checkout
_CHECKOUT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


class LakeOptions(TypedDict):
    """How the lake is opened, besides its address; no catalogue where it is a folder."""

    catalog_database: str | None
    iceberg_tables: tuple[str, ...]


class Settings(AwsSettings):
    """Settings of one installation, from variables named ``ANALYTICS_...``."""

    model_config = SettingsConfigDict(
        env_prefix="ANALYTICS_", env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    profile: Literal["local", "aws"] = Field(
        default="local",
        description="Which adapters are used: DuckDB and a folder, or Redshift and S3",
    )
    home: Path = Field(default=Path(".analytics"), description="Folder of all local data")
    lake_url: str = Field(
        default_factory=lambda known: str(known["home"] / "lake"),
        description="Where the immutable deliveries stand: a folder or s3://bucket/prefix",
    )
    catalog_database: str = Field(
        default="lake",
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Database of the Glue catalogue for the lake",
    )
    iceberg_tables: tuple[str, ...] = Field(
        default=(), description="Tables of the lake that are kept as Apache Iceberg tables"
    )
    landing_url: str = Field(
        default_factory=lambda known: str(known["home"] / "landing"),
        description="Where senders put files: a folder or s3://bucket/prefix",
    )
    ledger_url: str = Field(
        default_factory=lambda known: f"sqlite:///{known['home'] / 'ledger.sqlite'}",
        description="Database of object versions: sqlite:///path or postgresql://user@host/name",
    )
    max_attempts: int = Field(
        default=3, ge=1, description="After so many failed attempts a file goes to quarantine"
    )
    retry_seconds: float = Field(
        default=60.0,
        ge=0,
        description="Wait before a failed file is tried again; four times as long each time",
    )
    sensor_seconds: float = Field(
        default=20.0,
        gt=0,
        le=45,
        description="Longest look of the sensor at the landing zone; it goes on later",
    )
    sources: Path = Field(default=_CHECKOUT / "sources", description="Folder of the source dialects")
    dbt_project: Path = Field(default=_CHECKOUT / "dbt", description="Folder of the dbt project")
    dbt_target: Path = Field(
        default_factory=lambda known: (
            _CHECKOUT / "dbt" / "target" / ("" if known["profile"] == "local" else "redshift")
        ),
        description="Folder of the parsed dbt project",
    )
    sample_data: Path = Field(
        default=_CHECKOUT / "sample_data" / "deliveries", description="Folder of the sample deliveries"
    )
    dagster_template: Path = Field(
        default_factory=lambda known: _CHECKOUT / "docker" / f"dagster.{known['profile']}.yaml",
        description="Configuration of the instance",
    )
    dagster_workspace: Path = Field(
        default=_CHECKOUT / "docker" / "workspace.aws.yaml",
        description="Where daemon and webserver find the code server",
    )
    calendar: str = Field(default="XNYS", description="ISO 10383 code of the exchange whose sessions count")
    session_zone: str = Field(
        default="Etc/GMT-3",
        description="Time zone in which the day ends about when the exchange closes; 16:00 in New York",
    )
    first_session: date = Field(default=date(2003, 1, 2), description="First partition")
    n_scenarios: int = Field(default=500, ge=20, description="Sessions of history that VaR rests on")
    parse_memory_mb: int = Field(default=4096, ge=256, description="Memory of the parsing process, in MB")
    parse_seconds: float = Field(default=120.0, gt=0, description="Longest time to parse one file")
    figures_open: bool = Field(
        default=False, description="Whether others than this machine may read /internal/metrics"
    )
    access: Literal["open", "required"] = Field(
        default="open",
        description="Whether callers of the API must tell who they are; open serves this machine only",
    )
    api_host: str = Field(default="127.0.0.1", description="Address that the API listens on")
    api_names: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost"), description="Host names under which the API answers"
    )
    api_origins: tuple[str, ...] = Field(
        default=(), description="Origins whose pages may read the API from a browser"
    )
    api_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    oidc_issuer: str | None = Field(default=None, description="Issuer whose bearer tokens are taken")
    oidc_audience: str | None = Field(default=None, description="Audience that a bearer token must name")
    oidc_jwks_url: str | None = Field(
        default=None, description="Keys of the issuer; by default those that its discovery names"
    )
    session_secret: SecretStr | None = Field(
        default=None, min_length=32, description="Signs the cookies of pages; by default new at each start"
    )
    reads_per_minute: int = Field(default=6000, ge=1, description="Readings of one caller in a minute")
    actions_per_minute: int = Field(
        default=60, ge=1, description="Uploads and materializations of one caller in a minute"
    )
    upload_mb: int = Field(default=256, ge=1, description="Largest file that may be uploaded, in MB")
    dagster_url: str = Field(
        default="http://127.0.0.1:3000", description="Dagster webserver as the API reaches it"
    )
    dagster_public_url: str = Field(
        default_factory=lambda known: known["dagster_url"],
        description="Dagster webserver as a browser reaches it",
    )
    site_url: str = Field(default="http://127.0.0.1:8000", description="This site as a browser reaches it")

    @field_validator(
        "home",
        "sources",
        "dbt_project",
        "dbt_target",
        "sample_data",
        "dagster_template",
        "dagster_workspace",
    )
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("landing_url", "lake_url")
    @classmethod
    def _absolute_folder(cls, url: str) -> str:
        return url if "://" in url else str(Path(url).expanduser().absolute())

    @field_validator("ledger_url")
    @classmethod
    def _without_password(cls, url: str) -> str:
        """Refuse a password: addresses are shown in the UI of Dagster and in errors."""
        if urlsplit(url).password:
            message = (
                "ANALYTICS_LEDGER_URL must not hold the password; give it as PGPASSWORD or in a file that "
                "PGPASSFILE names"
            )
            raise ValueError(message)
        return url

    @model_validator(mode="after")
    def _whole_profile(self) -> Self:
        """Refuse half a profile: nothing falls back from the one to the other."""
        if self.uploads_queue_url is not None and not self.landing_url.startswith("s3://"):
            message = "ANALYTICS_UPLOADS_QUEUE_URL needs ANALYTICS_LANDING_URL=s3://bucket/prefix"
            raise ValueError(message)
        if self.profile == "local":
            if "://" in self.lake_url:
                message = (
                    f"ANALYTICS_LAKE_URL is {self.lake_url}: DuckDB reads a folder; set ANALYTICS_PROFILE=aws"
                )
                raise ValueError(message)
            if self.iceberg_tables:
                message = "ANALYTICS_ICEBERG_TABLES needs the Glue catalogue: set ANALYTICS_PROFILE=aws"
                raise ValueError(message)
            return self
        lacking = [
            name
            for name, is_there in {
                "ANALYTICS_LAKE_URL=s3://bucket/prefix": self.lake_url.startswith("s3://"),
                "ANALYTICS_STAGING_URL=s3://bucket/prefix": (self.staging_url or "").startswith("s3://"),
                "ANALYTICS_REDSHIFT_HOST": self.redshift_host is not None,
                "ANALYTICS_REDSHIFT_WORKGROUP, or ANALYTICS_REDSHIFT_USER with "
                "ANALYTICS_REDSHIFT_PASSWORD or ANALYTICS_REDSHIFT_CLUSTER": self.has_redshift_credentials,
            }.items()
            if not is_there
        ]
        if lacking:
            message = f"ANALYTICS_PROFILE=aws needs {'; '.join(lacking)}"
            raise ValueError(message)
        return self

    @field_validator("api_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what no browser sends as an origin, such as a pattern or an address with a path."""
        for origin in origins:
            parts = urlsplit(origin)
            if (
                parts.scheme not in {"http", "https"}
                or f"{parts.scheme}://{parts.netloc}" != origin
                or "*" in origin
            ):
                message = (
                    "ANALYTICS_API_ORIGINS must hold origins such as https://risk.example.com, without a path"
                )
                raise ValueError(message)
        return origins

    @property
    def dbt_engine(self) -> str:
        """Target of the dbt profile that builds the warehouse."""
        return "local" if self.profile == "local" else "redshift"

    @property
    def lake(self) -> Path:
        """Folder of the immutable deliveries, in the local profile."""
        return Path(self.lake_url)

    @property
    def lake_options(self) -> LakeOptions:
        """How the lake is opened, besides its address."""
        catalog = self.catalog_database if self.profile == "aws" else None
        return LakeOptions(catalog_database=catalog, iceberg_tables=self.iceberg_tables)

    @property
    def quarantine(self) -> Path:
        """Folder of refused files, rejected rows and their reports."""
        return self.home / "quarantine"

    @property
    def warehouse(self) -> Path:
        """DuckDB file that dbt builds."""
        return self.home / "warehouse.duckdb"

    @property
    def serving(self) -> Path:
        """Folder of the published extracts."""
        return self.home / "serving"

    @property
    def pages(self) -> Path:
        """Folder of the HTML pages."""
        return self.home / "pages"

    @property
    def alerts(self) -> Path:
        """File that alerts are appended to."""
        return self.home / "alerts.jsonl"

    @property
    def api_keys(self) -> Path:
        """File of the hashed keys of the API."""
        return self.home / "api_keys.toml"

    @property
    def audit_log(self) -> Path:
        """File that every action asked for through the API is appended to."""
        return self.home / "audit.jsonl"

    @property
    def dagster_home(self) -> Path:
        """Folder of the Dagster instance."""
        return self.home / "dagster"


@cache
def settings() -> Settings:
    """Read the environment once a process."""
    return Settings()


def dagster_environment(of: Settings) -> dict[str, str]:
    """Return the environment of a Dagster process: this one's, with the instance and the data home fixed."""
    return {**os.environ, "DAGSTER_HOME": str(of.dagster_home), "ANALYTICS_HOME": str(of.home)}
