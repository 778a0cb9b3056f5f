"""The Dagster instance: its configuration, and runs of one machine whose process died."""

import os
import socket
from pathlib import Path

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from analytics_platform.defs.instance_storage import sole_preparer
from analytics_platform.storage import files

PROCESS_TAG = "analytics/process"
UNFINISHED = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def prepare_instance(template: Path, home: Path) -> dg.DagsterInstance:
    """Write ``dagster.yaml`` where it is missing or old, and open the instance.

    The storages are touched here, by one process at a time: two that open a fresh instance at once break
    its schema.

    Raises
    ------
    StorageError
        If the database of the instance cannot be used.
    """
    write_configuration(template, home)
    with sole_preparer(home):
        instance = dg.DagsterInstance.from_config(str(home))
        instance.get_runs_count()
        instance.all_instigator_state()
    return instance


def write_configuration(template: Path, home: Path) -> None:
    """Write ``dagster.yaml`` where it is missing or old."""
    text = template.read_text("utf-8").replace("{event_log}", str(home / "history" / "runs"))
    target = home / "dagster.yaml"
    if not target.exists() or target.read_text("utf-8") != text:
        files.write_text(target, text)


def process_tag() -> str:
    """Return the name of this process: host, id and start, so that a reused id is another name."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail the runs whose process on this host no longer lives; return their ids.

    Without a daemon nobody else would notice that a run was killed.
    """
    dead = []
    for run in instance.get_runs(RunsFilter(statuses=UNFINISHED)):
        host, _, process = run.tags.get(PROCESS_TAG, "").partition(":")
        if host == socket.gethostname() and not _lives(process):
            instance.report_run_failed(run, "the process of the run is gone")
            dead.append(run.run_id)
    return dead


def free_pool_slots(instance: dg.DagsterInstance) -> list[str]:
    """Take pool slots from runs that have ended or are unknown; return their ids.

    A killed run keeps its slot, and the place of its waiting steps, until somebody takes them away: without
    a daemon the next run would wait for ever.
    """
    storage = instance.event_log_storage
    ended = []
    for run_id in sorted(storage.get_concurrency_run_ids()):
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)
            ended.append(run_id)
    return ended


def _lives(process: str) -> bool:
    number, _, started = process.partition(":")
    return _started(int(number)) == started


def _started(number: int) -> str:
    """Return the start of a process in clock ticks; ``gone`` without one; empty if untold."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        return ""
    status = Path(f"/proc/{number}/stat")
    return status.read_text("utf-8").rpartition(")")[2].split()[19] if status.exists() else ""
