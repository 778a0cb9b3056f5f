"""What is known of a task that waits for an answer, and how it was answered. Nothing is stored here."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Answer(StrEnum):
    """How a token was answered for good.

    Attributes
    ----------
    SUCCESS, FAILURE
        What the task was told.
    GONE
        Nobody waited any more when it was told.
    """

    SUCCESS = "success"
    FAILURE = "failure"
    GONE = "gone"


@dataclass(frozen=True)
class TaskToken:
    """One waiting task.

    A task waits for a version of a file to be loaded, or for a run; one that asked for what cannot be waits
    only for its refusal.

    Attributes
    ----------
    token : str
        What the task is answered by. Who knows it can answer.
    execution : str
        ARN of the execution.
    attempt : str
        State and number of the attempt in it.
    request : str
        What was asked for, as JSON.
    received_at : datetime
        When it was written down, in UTC.
    key, version_id : str or None
        The version that it waits for, by its name inside the landing zone.
    run_key : str or None
        Key of the run that it waits for.
    error, cause : str or None
        Named error and its cause, if it was refused.
    asked : int
        How often Dagster was asked for the run.
    told_at : datetime or None
        When the task was told last that it goes on, in UTC.
    answer : Answer or None
        How it was answered; None while it is open.
    answered_at : datetime or None
        When, in UTC.
    """

    token: str = field(repr=False)
    execution: str
    attempt: str
    request: str
    received_at: datetime
    key: str | None = None
    version_id: str | None = None
    run_key: str | None = None
    error: str | None = None
    cause: str | None = None
    asked: int = 0
    told_at: datetime | None = None
    answer: Answer | None = None
    answered_at: datetime | None = None

    @property
    def digest(self) -> str:
        """Digest of the token: there is one row of it."""
        return digest_of(self.token)


def digest_of(token: str) -> str:
    """Return the digest of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
