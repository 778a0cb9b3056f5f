"""What the archive of the Lambda functions holds: handlers, the few modules they need, and what they know."""

import json
import tomllib
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analytics_platform.calendars.sessions import calendar
from analytics_platform.settings import Settings
from analytics_platform.tables.registry import DELIVERED
from analytics_platform.triggers.lambdas.configuration import FILE

HANDLERS = {
    "route_upload": "analytics_platform.triggers.lambdas.route_upload.handler",
    "expected_deliveries": "analytics_platform.triggers.lambdas.expected_deliveries.handler",
}
"""Functions, and how AWS is told where each begins."""

_PACKAGE = Path(__file__).resolve().parents[1]
_MODULES = (
    "__init__.py",
    "ingestion/__init__.py",
    "ingestion/delivery_name.py",
    "ingestion/shown_text.py",
    "triggers/__init__.py",
    "triggers/lambdas/__init__.py",
    "triggers/lambdas/configuration.py",
    "triggers/lambdas/expected_deliveries.py",
    "triggers/lambdas/route_upload.py",
)
EXPECTED = _PACKAGE.parent / "infra" / "expected_deliveries.toml"


class ExpectedDeliveriesError(ValueError):
    """The list of expected deliveries cannot be used."""


class ExpectedDelivery(BaseModel):
    """A delivery that is due for each session."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    source: str
    required: bool


class ExpectedDeliveries(BaseModel):
    """What is due for each session, and how long the end of day waits for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patience_minutes: int = Field(ge=0)
    look_again_seconds: int = Field(ge=1)
    expected: tuple[ExpectedDelivery, ...]


def lambda_files(settings: Settings, expected: Path = EXPECTED) -> dict[str, bytes]:
    """Return the files of the archive by their names in it.

    Raises
    ------
    ExpectedDeliveriesError
        If the list of expected deliveries is wrong, or the landing zone is no bucket.
    """
    files = {f"analytics_platform/{name}": (_PACKAGE / name).read_bytes() for name in _MODULES}
    told = json.dumps(known(settings, expected), indent=1, sort_keys=True)
    return {**files, FILE: told.encode()}


def known(settings: Settings, expected: Path) -> dict[str, object]:
    """Return what the functions know of the installation; raises as `lambda_files`."""
    landing = urlsplit(settings.landing_url)
    if landing.scheme != "s3":
        message = (
            f"ANALYTICS_LANDING_URL is {settings.landing_url}: the functions look at a bucket; "
            "set it to s3://bucket/prefix"
        )
        raise ExpectedDeliveriesError(message)
    prefix = landing.path.strip("/")
    days = calendar(settings.calendar)
    due = read_expected(expected)
    return {
        "bucket": landing.netloc,
        "prefix": f"{prefix}/" if prefix else "",
        "datasets": {name: str(table.kind) for name, table in DELIVERED.items()},
        "sessions": [
            day.isoformat() for day in days.sessions(_first(settings, days.first_date), days.last_date)
        ],
        **due.model_dump(mode="json"),
    }


def read_expected(file: Path) -> ExpectedDeliveries:
    """Read the list of expected deliveries.

    Raises
    ------
    ExpectedDeliveriesError
        If it cannot be read, or names a dataset that nobody delivers.
    """
    try:
        due = ExpectedDeliveries.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        message = f"{file.name} cannot be used: {error}; mend it as infra/expected_deliveries.toml shows"
        raise ExpectedDeliveriesError(message) from error
    unknown = sorted({each.dataset for each in due.expected} - DELIVERED.keys())
    if unknown:
        message = f"{file.name} expects {', '.join(unknown)}, which nobody delivers; name datasets of tables/"
        raise ExpectedDeliveriesError(message)
    return due


def _first(settings: Settings, of_calendar: date) -> date:
    return max(settings.first_session, of_calendar)
