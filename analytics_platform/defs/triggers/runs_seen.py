"""The runs that tasks wait for, as Dagster's own storage tells them. Nothing is decided here."""

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterEventType, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, RUN_KEY_TAG, WILL_RETRY_TAG

from analytics_platform.defs.alerts import root_cause
from analytics_platform.defs.triggers.decisions import RunEnd, RunSeen

_UNDECIDED_SECONDS = 60.0
"""Dagster writes down that a run has failed, and a moment later whether it is tried again."""

_MOST_RETRIES = 10
_ENDS = {
    DagsterRunStatus.SUCCESS: RunEnd.SUCCESS,
    DagsterRunStatus.FAILURE: RunEnd.FAILURE,
    DagsterRunStatus.CANCELED: RunEnd.CANCELED,
}


def runs_of_keys(instance: dg.DagsterInstance, run_keys: Iterable[str]) -> dict[str, RunSeen]:
    """Return the newest run of each key that has one: an automatic retry has the key of its run."""
    found = {}
    for key in sorted(set(run_keys)):
        records = instance.get_run_records(RunsFilter(tags={RUN_KEY_TAG: key}), limit=1)
        if records:
            found[key] = _seen(instance, _followed(instance, records[0]))
    return found


def why_failed(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return the first error of each failed step, or of the run; empty if none is known."""
    events = [
        log.dagster_event
        for log in instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE)
        if log.dagster_event is not None
    ]
    if events:
        return "; ".join(f"{event.step_key}: {root_cause(event)}" for event in events)
    ends = instance.all_logs(run_id, of_type=DagsterEventType.RUN_FAILURE)
    return "; ".join(log.dagster_event.message or "" for log in ends if log.dagster_event is not None)


def _followed(instance: dg.DagsterInstance, record: RunRecord) -> RunRecord:
    """Return the retry that counts now, or the run itself."""
    for _ in range(_MOST_RETRIES):
        retry = record.dagster_run.tags.get(AUTO_RETRY_RUN_ID_TAG)
        later = instance.get_run_record_by_id(retry) if retry else None
        if later is None:
            break
        record = later
    return record


def _seen(instance: dg.DagsterInstance, record: RunRecord) -> RunSeen:
    run = record.dagster_run
    end = _ENDS.get(run.status, RunEnd.ALIVE)
    if end is RunEnd.FAILURE and (run.is_complete_and_waiting_to_retry or _is_undecided(instance, record)):
        end = RunEnd.ALIVE
    return RunSeen(run.run_id, run.job_name, end)


def _is_undecided(instance: dg.DagsterInstance, record: RunRecord) -> bool:
    if not instance.run_retries_enabled or WILL_RETRY_TAG in record.dagster_run.tags:
        return False
    ended_at = record.end_time or record.update_timestamp.timestamp()
    return datetime.now(UTC).timestamp() - ended_at < _UNDECIDED_SECONDS
