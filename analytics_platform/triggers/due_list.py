"""The list of deliveries that are due, as people write it. What has arrived is looked for in `lambdas`."""

import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from analytics_platform.calendars.sessions import known_calendars
from analytics_platform.tables.registry import DELIVERED

DUE_LIST = Path(__file__).resolve().parents[2] / "infra" / "expected_deliveries.toml"
_MINUTES_OF_FOUR_DAYS = 4 * 24 * 60


class DueListError(ValueError):
    """The list of expected deliveries cannot be used."""


class DueDelivery(BaseModel):
    """A delivery that is due.

    Attributes
    ----------
    dataset, source : str
        What its name declares.
    required : bool
        Whether nothing is computed without it.
    due_minutes : int
        By when, after the end of the session's day.
    due_on : str
        Each session, or the last of each month.
    calendar : str or None
        Days on which the sender works, if not those of the platform.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    source: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    required: bool
    due_minutes: int = Field(ge=0, le=_MINUTES_OF_FOUR_DAYS)
    due_on: Literal["session", "month_end"] = "session"
    calendar: str | None = None

    @field_validator("dataset")
    @classmethod
    def _delivered(cls, dataset: str) -> str:
        if dataset not in DELIVERED:
            message = f"'{dataset}' is nothing that is delivered; name one of {', '.join(sorted(DELIVERED))}"
            raise ValueError(message)
        return dataset

    @field_validator("calendar")
    @classmethod
    def _known(cls, calendar: str | None) -> str | None:
        if calendar is not None and calendar not in known_calendars():
            message = f"there is no calendar '{calendar}'; name one of {', '.join(known_calendars())}"
            raise ValueError(message)
        return calendar


class DueList(BaseModel):
    """All that is due, and how often the end of day looks for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    look_again_seconds: int = Field(ge=1)
    expected: tuple[DueDelivery, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [f"{each.dataset} of {each.source}" for each in self.expected]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            message = f"{', '.join(twice)} stand there more than once; keep one"
            raise ValueError(message)
        return self


def read_due_list(file: Path = DUE_LIST) -> DueList:
    """Read the list of expected deliveries.

    Raises
    ------
    DueListError
        If it cannot be read, or expects what nobody delivers.
    """
    try:
        return DueList.model_validate(tomllib.loads(file.read_text("utf-8")))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        message = f"{file.name} cannot be used: {faults}; mend it there"
        raise DueListError(message) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{file.name} cannot be read: {error}; mend it, or take it from the repository again"
        raise DueListError(message) from error
