"""Which failed runs nothing has repaired since: groups of a run and its retries. Nothing is printed here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

import dagster as dg
from dagster import DagsterEventType, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.tags import (
    AUTO_RETRY_RUN_ID_TAG,
    PARTITION_NAME_TAG,
    RUN_KEY_TAG,
    WILL_RETRY_TAG,
)

from analytics_platform.defs.alerts import root_cause
from analytics_platform.defs.ingestion.recompute import WHOLE_CHAIN
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.ingestion.faults import shown
from analytics_platform.storage.ledger.ledger import Entry, Ledger, State

FAILED = (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
DAEMON_LIVES = 180.0
"""Seconds: a daemon that gave no sign for so long is down; it gives one every half minute."""

_LONGEST_CAUSE = 300
_NO_STEP = "(no step)"
_UNTOLD = {
    DagsterRunStatus.FAILURE: "the run failed before any step; its log in Dagster tells more",
    DagsterRunStatus.CANCELED: "somebody has canceled it",
}


@dataclass(frozen=True)
class FailedRun:
    """A run that failed or was canceled, with its retries, and that nothing has repaired.

    Attributes
    ----------
    run : DagsterRun
        The newest of the run and its retries that has ended.
    at : datetime
        When that ended, in UTC.
    attempts : int
        How many runs there were, with those under way.
    under_way : str or None
        Retry that has not ended; empty if it was announced only, None if there is none.
    step : str
        First step that failed.
    cause : str
        Root cause, in one line.
    owed : tuple of Entry
        Files that it should have loaded and that are still owed.
    given_up : tuple of Entry
        Files that went to quarantine in it because they had failed too often.
    """

    run: dg.DagsterRun
    at: datetime
    attempts: int
    under_way: str | None
    step: str
    cause: str
    owed: tuple[Entry, ...]
    given_up: tuple[Entry, ...]

    @property
    def root_id(self) -> str:
        """The first run of them all."""
        return root_of(self.run)


def failed_runs(
    instance: dg.DagsterInstance, ledger: Ledger, since: datetime | None = None
) -> list[FailedRun]:
    """Return what failed or was canceled since a moment and was not repaired, the newest first.

    Repaired is a run by a retry that ended well, or by a later run of the same job, or of the whole chain,
    that ended well for at least the same assets and sessions.

    Parameters
    ----------
    instance : DagsterInstance
        Knows the runs.
    ledger : Ledger
        Knows the files.
    since : datetime, optional
        Only runs that were created or ended after it; all of them by default.
    """
    failed = instance.get_run_records(RunsFilter(statuses=list(FAILED), updated_after=since))
    if not failed:
        return []
    oldest = min(record.create_timestamp for record in failed)
    later = instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.SUCCESS], created_after=oldest))
    newest = {root_of(record.dagster_run): record for record in reversed(failed)}
    open_ones = [record for record in newest.values() if not is_repaired(record, later)]
    entries = ledger.entries(states=[State.SEEN, State.LAUNCHED, State.QUARANTINED]) if open_ones else []
    found = [_described(instance, record, entries, ledger.max_attempts) for record in open_ones]
    return sorted((each for each in found if each is not None), key=lambda each: each.at, reverse=True)


def group_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[dg.DagsterRun]:
    """Return a run and all its retries, oldest first."""
    _, runs = instance.get_run_group(run.run_id) or (run.run_id, [run])
    records = instance.get_run_records(RunsFilter(run_ids=[each.run_id for each in runs]))
    return [each.dagster_run for each in sorted(records, key=lambda each: each.storage_id)]


def root_of(run: dg.DagsterRun) -> str:
    """Return the id of the first run of a group."""
    return run.root_run_id or run.run_id


def is_repaired(failed: RunRecord, successes: Iterable[RunRecord]) -> bool:
    """Tell whether a run that ended well has done since what a failed one should have done."""
    run = failed.dagster_run
    return any(
        root_of(other.dagster_run) == root_of(run)
        or (other.create_timestamp >= failed.create_timestamp and covers(other.dagster_run, run))
        for other in successes
    )


def covers(run: dg.DagsterRun, other: dg.DagsterRun) -> bool:
    """Tell whether a run does all that another one should have done; one without sessions takes no range."""
    is_whole_chain = run.job_name == WHOLE_CHAIN and not run.asset_selection
    is_same_job = run.job_name == other.job_name
    # A job that was executed in the process of a command has an empty selection where others have none.
    wanted, given = other.asset_selection, run.asset_selection
    has_assets = not given or (bool(wanted) and set(wanted or ()) <= given)
    first, last = sessions_of(other)
    from_, to = sessions_of(run)
    if not (is_whole_chain or (is_same_job and has_assets)):
        return False
    return not first or "" < from_ <= first <= last <= to


def sessions_of(run: dg.DagsterRun) -> tuple[str, str]:
    """Return first and last session of a run; empty texts if it has none."""
    first = run.tags.get(RANGE_START) or run.tags.get(PARTITION_NAME_TAG) or ""
    return first, run.tags.get(RANGE_END) or first


def retry_is_coming(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Tell whether the daemon will retry a run: it lives, and has said so of a run that it can start."""
    is_announced = run.tags.get(WILL_RETRY_TAG) == "true" and AUTO_RETRY_RUN_ID_TAG not in run.tags
    return (
        is_announced and run.remote_job_origin is not None and seconds_since_daemon(instance) < DAEMON_LIVES
    )


def seconds_since_daemon(instance: dg.DagsterInstance) -> float:
    """Return how long ago a daemon of this instance gave its last sign of life; infinite if none ever did."""
    signs = [each.timestamp for each in instance.get_daemon_heartbeats().values()]
    return datetime.now(UTC).timestamp() - max(signs) if signs else inf


def _described(
    instance: dg.DagsterInstance, record: RunRecord, entries: Sequence[Entry], max_attempts: int
) -> FailedRun | None:
    """Return all that is told of the newest failed run of a group; None if the group ended well after all."""
    group = group_of(instance, record.dagster_run)
    if any(run.status is DagsterRunStatus.SUCCESS for run in group):
        return None
    run = record.dagster_run
    alive = [each for each in group if not each.is_finished]
    under_way = alive[-1].run_id if alive else None
    if under_way is None and retry_is_coming(instance, run):
        under_way = ""
    step, cause = _failure(instance, run)
    ids, keys = {each.run_id for each in group}, {each.tags.get(RUN_KEY_TAG) for each in group} - {None}
    mine = [entry for entry in entries if entry.run_id in ids or entry.request_key in keys]
    ended = record.end_time or record.update_timestamp.timestamp()
    return FailedRun(
        run=run,
        at=datetime.fromtimestamp(ended, UTC),
        attempts=len(group),
        under_way=under_way,
        step=step,
        cause=cause,
        owed=tuple(entry for entry in mine if entry.state is not State.QUARANTINED),
        given_up=tuple(
            entry
            for entry in mine
            if entry.state is State.QUARANTINED and entry.failures >= max_attempts and entry.run_id in ids
        ),
    )


def _failure(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[str, str]:
    """Return the first step that failed and why; without one, why the run did."""
    wanted = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED}
    events = [entry.dagster_event for entry in instance.all_logs(run.run_id, of_type=wanted)]
    for event in events:
        if event is not None and event.is_step_failure:
            return event.step_key or _NO_STEP, _one_line(root_cause(event))
    told = [event.message for event in events if event is not None and event.message]
    return _NO_STEP, _one_line(told[0] if told else _UNTOLD[run.status])


def _one_line(text: str) -> str:
    return shown(" ".join(text.split()), _LONGEST_CAUSE)


def document(failed: FailedRun) -> Mapping[str, object]:
    """Return a failed run for programs."""
    first, last = sessions_of(failed.run)
    return {
        "run_id": failed.run.run_id,
        "root_run_id": failed.root_id,
        "job": failed.run.job_name,
        "assets": sorted(key.to_user_string() for key in failed.run.asset_selection or ()),
        "status": failed.run.status.value,
        "first_session": first or None,
        "last_session": last or None,
        "at": failed.at.isoformat(timespec="seconds"),
        "step": failed.step,
        "cause": failed.cause,
        "attempts": failed.attempts,
        "retry_under_way": failed.under_way,
        "files_owed": [entry.version.key for entry in failed.owed],
        "files_given_up": [entry.version.key for entry in failed.given_up],
    }
