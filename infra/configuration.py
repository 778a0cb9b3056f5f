"""What differs between installations on AWS: read once, passed down. Stacks read no environment."""

import tomllib
from ipaddress import IPv4Network
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

ENVIRONMENTS = Path(__file__).parent / "environments.toml"
BUCKETS = ("landing", "lake", "archives", "results", "logs")
"""What buckets of an installation are for."""

_FEWEST_ZONES = 2


class ConfigurationError(ValueError):
    """An environment cannot be deployed as it is described."""


class Sizes(BaseModel):
    """How much of everything there is; each line of it is a line of the cost estimate.

    Attributes
    ----------
    nat_gateways : int
        One is cheaper, one a zone survives the loss of a zone.
    redshift_base_rpu, redshift_most_rpu : int
        Capacity of Redshift in RPU: what queries begin with, and to what it may grow.
    redshift_daily_rpu_hours : int
        After so many RPU-hours a day an alarm tells people.
    athena_scan_gib : int
        Most that one query of Athena may read.
    postgres_class : str
        Instance class of the database of Dagster and of the ledger.
    postgres_gib : int
        Its disk.
    postgres_two_zones : bool
        Whether there is a standby in a second zone.
    api_tasks, api_most_tasks : int
        Copies of the API, at rest and under load.
    log_days : int
        How long logs are kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    nat_gateways: int = Field(ge=1, le=3)
    redshift_base_rpu: int = Field(ge=4, le=512)
    redshift_most_rpu: int = Field(ge=4, le=512)
    redshift_daily_rpu_hours: int = Field(ge=1)
    athena_scan_gib: int = Field(ge=1)
    postgres_class: str = Field(pattern=r"^[a-z0-9]+\.[a-z0-9]+$")
    postgres_gib: int = Field(ge=20)
    postgres_two_zones: bool
    api_tasks: int = Field(ge=1)
    api_most_tasks: int = Field(ge=1)
    log_days: Literal[7, 14, 30, 60, 90, 180, 365]


class Configuration(BaseModel):
    """One installation.

    Attributes
    ----------
    environment : str
        Name of the installation, such as ``dev``; part of every name.
    account : str
        Number of the account; the only one that is deployed to.
    region : str
        Where everything stands.
    zones : tuple of str
        Letters of the availability zones.
    network : str
        Addresses of the VPC, as CIDR.
    domain : str
        The API answers there; Dagster at ``dagster.`` and, read-only, at ``view.`` below it.
    certificate : str
        ARN of the certificate of the domain and of ``*.`` below it, in the same region.
    zone_id : str or None
        Hosted zone of Route 53 that gets the names; None where DNS is elsewhere.
    is_public : bool
        Whether the load balancer has addresses of the internet, or of the network only.
    callers : tuple of str
        Addresses that may call, as CIDR; nobody else may, public or not.
    is_scheduled : bool
        Whether the end of day starts by itself.
    keeps_data : bool
        Whether buckets and databases outlive their stacks.
    alerts : tuple of str
        Addresses that alerts and budget warnings are sent to.
    budget_usd : int
        A month; a warning is sent before it is used up.
    repository : str
        On GitHub, ``owner/name``; its workflows may deploy.
    calendar : str
        ISO 10383 code of the exchange whose sessions count.
    sizes : Sizes
        How much of everything there is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: str = Field(pattern=r"^[a-z][a-z0-9]{1,7}$")
    account: str = Field(pattern=r"^\d{12}$")
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    zones: tuple[str, ...] = Field(min_length=_FEWEST_ZONES, max_length=3)
    network: str = Field(pattern=r"^(\d{1,3}\.){3}\d{1,3}/16$")
    domain: str = Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    certificate: str = Field(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]+$")
    zone_id: str | None = Field(default=None, pattern=r"^Z[A-Z0-9]{1,31}$")
    is_public: bool = False
    callers: tuple[str, ...] = Field(min_length=1)
    is_scheduled: bool = True
    keeps_data: bool = True
    alerts: tuple[str, ...] = Field(min_length=1)
    budget_usd: int = Field(ge=1)
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    calendar: str = "XNYS"
    sizes: Sizes

    @field_validator("zones")
    @classmethod
    def _letters(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(zone) != 1 or not zone.isalpha() for zone in zones) or len(set(zones)) < len(zones):
            message = "zones are different letters, such as ['a', 'b']"
            raise ValueError(message)
        return zones

    @field_validator("callers")
    @classmethod
    def _networks(cls, callers: tuple[str, ...]) -> tuple[str, ...]:
        for caller in callers:
            IPv4Network(caller)  # says itself what is wrong
        return callers

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.is_public and all(IPv4Network(caller).is_private for caller in self.callers):
            message = "is_public: none of the callers comes from the internet; add theirs, or set it to false"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _in_one_region(self) -> Self:
        if self.certificate.split(":")[3] != self.region:
            message = f"the certificate is not in {self.region}: load balancers take one of their region only"
            raise ValueError(message)
        return self

    @property
    def prefix(self) -> str:
        """Beginning of every name."""
        return f"analytics-{self.environment}"

    def named(self, what: str) -> str:
        """Return the name of something in this installation."""
        return f"{self.prefix}-{what}"

    def bucket(self, what: str) -> str:
        """Return the name of a bucket: buckets of all accounts share their names."""
        return f"{self.prefix}-{what}-{self.account}-{self.region}"

    @property
    def landing_url(self) -> str:
        """Landing zone, as the platform is told."""
        return f"s3://{self.bucket('landing')}"


def environments(file: Path = ENVIRONMENTS) -> tuple[str, ...]:
    """Return the names of the installations that are described."""
    return tuple(_read(file))


def configuration(environment: str, file: Path = ENVIRONMENTS) -> Configuration:
    """Read one installation.

    Raises
    ------
    ConfigurationError
        If it is not described, or wrongly.
    """
    described = _read(file)
    if environment not in described:
        message = (
            f"{file.name} describes no environment '{environment}'; name one of {', '.join(described)}, "
            "or add a table of its name"
        )
        raise ConfigurationError(message)
    try:
        return Configuration.model_validate({"environment": environment, **described[environment]})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        message = f"{file.name}, [{environment}]: {faults}; mend it there"
        raise ConfigurationError(message) from error


def _read(file: Path) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{file.name} cannot be read: {error}; mend it, or take it from the repository again"
        raise ConfigurationError(message) from error
