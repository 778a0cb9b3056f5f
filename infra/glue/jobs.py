"""The typed list of Glue jobs. What a job is made of is in `infra/stacks/glue.py`."""

import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from analytics_platform.tables.registry import DELIVERED

JOBS = Path(__file__).parent / "jobs.toml"
_CORES = {"G.1X": 4, "G.2X": 8}


class JobsError(ValueError):
    """The list of jobs is wrong."""


class HistoryJob(BaseModel):
    """One job.

    Attributes
    ----------
    name : str
        Of the job.
    dataset : str
        Table that its histories fill.
    span : {"year", "quarter", "month"}
        Length of a part.
    worker_type : {"G.1X", "G.2X"}
        How large a worker is.
    workers : int
        How many there are; one of them drives.
    timeout_minutes : int
        After so long the job is ended.
    retries : int
        How often Glue starts it again by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")
    dataset: str
    span: Literal["year", "quarter", "month"] = "year"
    worker_type: Literal["G.1X", "G.2X"] = "G.2X"
    workers: int = Field(default=4, ge=2, le=50)
    timeout_minutes: int = Field(default=480, ge=10, le=2880)
    retries: int = Field(default=1, ge=0, le=3)

    @field_validator("dataset")
    @classmethod
    def _delivered(cls, dataset: str) -> str:
        if dataset not in DELIVERED or str(DELIVERED[dataset].kind) == "reference":
            facts = sorted(name for name, table in DELIVERED.items() if str(table.kind) != "reference")
            message = f"'{dataset}' has no history by date; name one of {', '.join(facts)}"
            raise ValueError(message)
        return dataset

    @property
    def loaders(self) -> int:
        """Workers that load: all but the one that drives."""
        return self.workers - 1

    @property
    def cores(self) -> int:
        """Cores of a worker, all of which a step takes."""
        return _CORES[self.worker_type]


class _Jobs(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    jobs: tuple[HistoryJob, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [job.name for job in self.jobs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"{', '.join(twice)} is there more than once: give each job a name of its own"
            raise ValueError(message)
        return self


def read_jobs(file: Path = JOBS) -> tuple[HistoryJob, ...]:
    """Read the list.

    Raises
    ------
    JobsError
        If it is wrong; names the job and the key.
    """
    try:
        return _Jobs.model_validate(tomllib.loads(file.read_text("utf-8"))).jobs
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        message = f"{file.name}: {faults}; mend it there"
        raise JobsError(message) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{file.name} cannot be read: {error}; mend it, or take it from the repository again"
        raise JobsError(message) from error
