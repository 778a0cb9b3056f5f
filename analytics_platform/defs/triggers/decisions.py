"""What a waiting task is told: decided from ledger and run alone. Pure: nothing is looked up or sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from analytics_platform.storage.ledger.ledger import Entry, State
from analytics_platform.storage.ledger.task_tokens import TaskToken

REFUSED = "Delivery.Refused"
RUN_FAILED = "Dagster.RunFailed"
RUN_CANCELED = "Dagster.RunCanceled"
INVALID = "Request.Invalid"

MOST_ASKED = 5
"""So often Dagster is asked for a run that does not come, or is deleted; then its task fails."""

WHOLE_CHAIN = "end_of_day"


class RunEnd(StrEnum):
    """Where a run stands, as far as a task needs to know.

    Attributes
    ----------
    ALIVE
        It may still end, or a retry of it is coming.
    SUCCESS, FAILURE, CANCELED
        How it ended.
    """

    ALIVE = "alive"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCELED = "canceled"


@dataclass(frozen=True)
class RunSeen:
    """A run, or that retry of it which counts now.

    Attributes
    ----------
    run_id : str
        The run.
    job : str
        Its job.
    end : RunEnd
        Where it stands.
    """

    run_id: str
    job: str
    end: RunEnd


@dataclass(frozen=True)
class Succeed:
    """The task has ended well.

    Attributes
    ----------
    output : mapping of str to object
        What it returns.
    """

    output: Mapping[str, object]


@dataclass(frozen=True)
class Fail:
    """The task has failed.

    Attributes
    ----------
    error : str
        Named error, for the machine.
    cause : str
        What is wrong and its cure, for people.
    run_id : str or None
        Run whose first error belongs to the cause.
    """

    error: str
    cause: str
    run_id: str | None = None


@dataclass(frozen=True)
class GoOn:
    """The task waits on."""


@dataclass(frozen=True)
class AskForRun:
    """The task waits on, and Dagster is asked for its run."""


Decision = Succeed | Fail | GoOn | AskForRun


def decision(token: TaskToken, entry: Entry | None, run: RunSeen | None, max_attempts: int) -> Decision:
    """Decide what an open token is told.

    Parameters
    ----------
    token : TaskToken
        The token.
    entry : Entry or None
        What the ledger knows of its file, if it waits for one.
    run : RunSeen or None
        Its run, or the run that was asked for last for its file; None if Dagster knows none.
    max_attempts : int
        So many runs are asked for a file.
    """
    if token.error is not None:
        return Fail(token.error, token.cause or "")
    if token.run_key is not None:
        return _of_run(token, run)
    if entry is None:
        return Fail(INVALID, f"the ledger no longer knows {token.key}; put the file again")
    return _of_file(entry, run, max_attempts)


def _of_run(token: TaskToken, run: RunSeen | None) -> Decision:
    if run is None:
        if token.asked < MOST_ASKED:
            return AskForRun()
        cause = (
            f"Dagster was asked {token.asked} times for the run and has none; look at its daemon and sensor"
        )
        return Fail(RUN_FAILED, cause)
    if run.end is RunEnd.ALIVE:
        return GoOn()
    if run.end is RunEnd.SUCCESS:
        asked = json.loads(token.request)
        sessions = {name: asked[name] for name in ("first_session", "last_session")}
        return Succeed({"run_id": run.run_id, "status": "SUCCESS", **sessions})
    return _ended(run)


def _of_file(entry: Entry, run: RunSeen | None, max_attempts: int) -> Decision:
    match entry.state:
        case State.QUARANTINED:
            return Fail(
                REFUSED, f"{entry.version.key} is in quarantine: {entry.message or 'no reason given'}"
            )
        case State.DISCARDED:
            return Fail(REFUSED, f"{entry.version.key} was discarded from quarantine by a person")
        case State.SEEN if run is not None and run.end is not RunEnd.ALIVE and entry.asked >= max_attempts:
            return _ended(run)
        case State.SEEN | State.LAUNCHED:
            return GoOn()
        case State.LOADED if entry.recompute_from is not None:
            return _of_results(run)
        case _:
            return Succeed(
                {
                    "run_id": entry.run_id,
                    "state": str(entry.state),
                    "rows_accepted": entry.rows_accepted or 0,
                    "rows_rejected": entry.rows_rejected or 0,
                }
            )


def _of_results(run: RunSeen | None) -> Decision:
    """Decide of a loaded file whose results are not computed: a run that failed at it is not repeated."""
    if run is None or run.job != WHOLE_CHAIN or run.end in {RunEnd.ALIVE, RunEnd.SUCCESS}:
        return GoOn()
    return _ended(run)


def _ended(run: RunSeen) -> Fail:
    if run.end is RunEnd.CANCELED:
        cause = (
            f"run {run.run_id} of {run.job} was canceled by a person; start the machine again if it is needed"
        )
        return Fail(RUN_CANCELED, cause)
    cause = f"run {run.run_id} of {run.job} has ended without it; see the run in Dagster, or the alerts"
    return Fail(RUN_FAILED, cause, run.run_id)
