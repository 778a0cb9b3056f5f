"""What is known of a request for a materialization, and where it can stand. Nothing is stored here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class RequestState(StrEnum):
    """Where a request stands.

    Attributes
    ----------
    REQUESTED
        It is kept, and Dagster has no run for it yet.
    QUEUED
        Its run waits for its turn, or starts.
    STARTED
        Its run works.
    SUCCESS, FAILURE, CANCELED
        How it ended.
    """

    REQUESTED = "requested"
    QUEUED = "queued"
    STARTED = "started"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCELED = "canceled"


ENDED = (RequestState.SUCCESS, RequestState.FAILURE, RequestState.CANCELED)
"""Nothing changes any more."""


@dataclass(frozen=True)
class MaterializationRequest:
    """One request.

    Attributes
    ----------
    id : str
        Of the request; 32 hexadecimal digits. Its run carries it in the tag ``analytics/request``.
    requested_by : str
        Name of the caller.
    key : str
        Idempotency key: a caller has one request of a key.
    fingerprint : str
        Digest of what was asked for.
    job : str or None
        Job that runs; None if assets were named.
    assets : tuple of str
        Assets that are materialized, such as ``lake/prices``; empty if a job was named.
    first_session, last_session : date
        The range, both included.
    requested_at : datetime
        When, in UTC.
    sent_at : datetime or None
        When Dagster was asked last to launch it; None if it was not, or has told that it did not.
    run_id : str or None
        The run, or the automatic retry of it that counts now.
    state : RequestState
        Where it stands, as far as Dagster was asked.
    state_at : datetime
        When that was found out, in UTC.
    failed_step : str or None
        First step that failed.
    failure : str or None
        Why.
    """

    id: str
    requested_by: str
    key: str
    fingerprint: str
    job: str | None
    assets: tuple[str, ...]
    first_session: date
    last_session: date
    requested_at: datetime
    sent_at: datetime | None
    run_id: str | None
    state: RequestState
    state_at: datetime
    failed_step: str | None = None
    failure: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing changes any more."""
        return self.state in ENDED


@dataclass(frozen=True)
class RequestPage:
    """Some requests, the newest first.

    Attributes
    ----------
    requests : sequence of MaterializationRequest
        The requests.
    next_cursor : str or None
        What to ask with for those that are older; None if there are none.
    """

    requests: Sequence[MaterializationRequest]
    next_cursor: str | None
