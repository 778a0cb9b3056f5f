"""Everything that can be set, and the only reader of the environment."""

import os
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of one installation, from variables named ``ANALYTICS_...``."""

    model_config = SettingsConfigDict(env_prefix="ANALYTICS_", frozen=True, hide_input_in_errors=True)

    profile: Literal["local"] = Field(default="local", description="Which adapters are used")
    home: Path = Field(default=Path(".analytics"), description="Folder of all local data")
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
        default=_CHECKOUT / "dbt" / "target", description="Folder of the parsed dbt project"
    )
    sample_data: Path = Field(
        default=_CHECKOUT / "sample_data" / "deliveries", description="Folder of the sample deliveries"
    )
    dagster_template: Path = Field(
        default=_CHECKOUT / "docker" / "dagster.local.yaml", description="Configuration of the instance"
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

    @field_validator("home", "sources", "dbt_project", "dbt_target", "sample_data", "dagster_template")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("landing_url")
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

    @property
    def lake(self) -> Path:
        """Folder of the immutable deliveries."""
        return self.home / "lake"

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
