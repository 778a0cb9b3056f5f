"""One run in this process: what it did, how long each stage took, and what Dagster itself cost."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import dagster as dg
from dagster import DagsterEventType
from dagster._core.events.log import EventLogEntry
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analytics_platform.definitions import defs
from analytics_platform.defs.alerts import root_cause
from analytics_platform.defs.instance import (
    PROCESS_TAG,
    fail_dead_runs,
    free_pool_slots,
    prepare_instance,
    process_tag,
)
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.settings import Settings
from analytics_platform.storage.event_log import PooledSqliteEventLogStorage

EXAMPLES = "try 'group:risk', 'key:lake/prices' or 'key:marts/fct_position_pnl+'"

FAILED_ROWS = "dagster_dbt/failed_row_count"
TOLD = ("missing", "first reasons", "breaks", "empty", "days", "cure", "refusals", FAILED_ROWS)
"""Metadata of a failed check that a line on a terminal has room for."""


@dataclass
class RunReport:
    """What one run did.

    Attributes
    ----------
    run_id : str
        The run.
    success : bool
        Whether every step ended well.
    seconds : float
        Wall time.
    seconds_by_step : dict of str to float
        Wall time of each step without Dagster's bookkeeping.
    bookkeeping_seconds : float
        Time that Dagster spent storing events.
    failures : list of str
        Step and error, for each failed step.
    failed_checks : list of str
        Asset, check and what it found, for each check that did not pass.
    """

    run_id: str
    success: bool = False
    seconds: float = 0.0
    seconds_by_step: dict[str, float] = field(default_factory=dict)
    bookkeeping_seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    failed_checks: list[str] = field(default_factory=list)

    def after(self, before: "RunReport") -> "RunReport":
        """Return this report with the times of a run before it added."""
        steps = {*self.seconds_by_step, *before.seconds_by_step}
        return replace(
            self,
            seconds=self.seconds + before.seconds,
            seconds_by_step={
                step: self.seconds_by_step.get(step, 0.0) + before.seconds_by_step.get(step, 0.0)
                for step in sorted(steps)
            },
            bookkeeping_seconds=self.bookkeeping_seconds + before.bookkeeping_seconds,
        )


class StepClock:
    """Follows the events of a run: a progress bar for people, times for the report."""

    def __init__(self, report: RunReport, progress: Progress, steps: int) -> None:
        self._report = report
        self._progress = progress
        self._task = progress.add_task("starting", total=steps)
        self._started: dict[str, tuple[float, float]] = {}

    def __call__(self, entry: EventLogEntry) -> None:
        """Take note of one event."""
        event = entry.dagster_event
        if event is None or event.step_key is None:
            return
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            self._note(event.asset_check_evaluation_data)
        elif event.event_type == DagsterEventType.STEP_START:
            self._started[event.step_key] = _now()
            self._progress.update(self._task, description=event.step_key)
        elif event.event_type in {DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE}:
            self._finish(event.step_key)
            if event.event_type == DagsterEventType.STEP_FAILURE:
                self._report.failures.append(f"{event.step_key}: {root_cause(event)}")

    def _note(self, check: dg.AssetCheckEvaluation) -> None:
        if not check.passed:
            found = "; ".join(
                f"{name}: {value.value}" for name, value in check.metadata.items() if name in TOLD
            )
            self._report.failed_checks.append(
                f"{check.asset_key.to_user_string()} {check.check_name} {found}"
            )

    def _finish(self, step: str) -> None:
        wall, stored = (after - before for after, before in zip(_now(), self._started[step], strict=True))
        self._report.seconds_by_step[step] = wall - stored
        self._progress.advance(self._task)


def run_sessions(
    settings: Settings,
    console: Console,
    sessions: tuple[date, date],
    *,
    select: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> RunReport:
    """Materialize a range of sessions in one run in this process.

    Parameters
    ----------
    settings : Settings
        The installation.
    console : Console
        Where progress goes.
    sessions : (date, date)
        First and last session; both must be sessions of the calendar.
    select : str, optional
        Asset selection; everything by default.
    tags : mapping of str to str, optional
        More tags of the run.

    Returns
    -------
    RunReport
        What it did; a failed step does not raise.
    """
    instance = open_instance(settings)
    definitions = defs()
    job = definitions.resolve_job_def("end_of_day")
    selection = None if select is None else _selected(definitions, select)
    report = RunReport(run_id=str(uuid.uuid4()))
    clock_start, stored_before = _now()
    steps = len(job.get_subset(asset_selection=set(selection)).nodes if selection else job.nodes)
    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        instance.add_event_listener(report.run_id, StepClock(report, progress, steps))
        result = job.execute_in_process(
            instance=instance,
            run_id=report.run_id,
            asset_selection=selection,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={
                RANGE_START: sessions[0].isoformat(),
                RANGE_END: sessions[1].isoformat(),
                PROCESS_TAG: process_tag(),
                **(tags or {}),
            },
        )
    report.success = result.success
    report.seconds = time.perf_counter() - clock_start
    report.bookkeeping_seconds = PooledSqliteEventLogStorage.seconds_spent - stored_before
    return report


def _selected(definitions: dg.Definitions, select: str) -> list[dg.AssetKey]:
    """Return the assets that a selection names.

    Raises
    ------
    ValueError
        If it cannot be read, or names none.
    """
    try:
        found = dg.AssetSelection.from_string(select).resolve(definitions.resolve_asset_graph())
    except dg.DagsterError as error:
        message = f"the selection {select!r} cannot be read or names no asset; {EXAMPLES}"
        raise ValueError(message) from error
    if not found:
        message = f"the selection {select!r} names no asset; {EXAMPLES}"
        raise ValueError(message)
    return list(found)


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance of this machine and settle the runs whose process is gone."""
    instance = prepare_instance(settings.dagster_template, settings.dagster_home)
    fail_dead_runs(instance)
    free_pool_slots(instance)
    return instance


def _now() -> tuple[float, float]:
    return time.perf_counter(), PooledSqliteEventLogStorage.seconds_spent
