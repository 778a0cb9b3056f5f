"""Executing a failed run again: in this process, or by the queue of Dagster. Nothing is chosen here."""

import time
import uuid
from collections.abc import Mapping
from typing import Protocol

import dagster as dg
from dagster import DagsterEventType
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import create_execution_plan, execute_run
from dagster._core.execution.plan.state import KnownExecutionState
from dagster._core.storage.tags import (
    PARENT_RUN_ID_TAG,
    RESUME_RETRY_TAG,
    ROOT_RUN_ID_TAG,
    TAGS_TO_MAYBE_OMIT_ON_RETRY,
)
from pydantic import Field
from rich.console import Console
from rich.progress import Progress

from analytics_platform.api.actions.dagster_graphql import DagsterGraphQL, Data
from analytics_platform.cli.run import RunReport, StepClock
from analytics_platform.defs.instance import PROCESS_TAG, process_tag

_LAUNCHER_OF_THIS_MACHINE = "DefaultRunLauncher"
_QUIET: Mapping[str, object] = {"console": {"config": {"log_level": "CRITICAL"}}}
_DROPPED = {*TAGS_TO_MAYBE_OMIT_ON_RETRY, PROCESS_TAG}

RETRY = """
mutation Retry($parameters: ReexecutionParams!) {
  launchRunReexecution(reexecutionParams: $parameters) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on UnauthorizedError { message }
    ... on PipelineNotFoundError { message }
    ... on RunConflict { message }
  }
}
"""


class NotRetriedError(RuntimeError):
    """A run cannot be executed again as it was."""


class JobFinder(Protocol):
    """What knows the jobs."""

    def resolve_job_def(self, name: str) -> dg.JobDefinition:
        """Return a job."""
        ...


class _Run(Data):
    runId: str  # noqa: N815 - as GraphQL names it


class _Answer(Data):
    typename: str = Field(alias="__typename")
    message: str = ""
    run: _Run | None = None


class _Answers(Data):
    launchRunReexecution: _Answer  # noqa: N815 - as GraphQL names it


def goes_to_the_queue(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Tell whether runs of this installation are started by something else than a process on this machine.

    A run that a command line has executed in its own process can be executed so only.
    """
    launcher = instance.get_ref().run_launcher_data
    is_default = launcher is None or launcher.class_name == _LAUNCHER_OF_THIS_MACHINE
    return not is_default and run.remote_job_origin is not None


def has_done_something(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Tell whether a step of a run ended well: else it is executed as a whole in any case."""
    return bool(instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_SUCCESS))


def submit(graphql: DagsterGraphQL, run: dg.DagsterRun, *, whole: bool, tags: Mapping[str, str]) -> str:
    """Ask Dagster to queue the run again with all its tags; return the id of the retry.

    Raises
    ------
    NotRetriedError
        If Dagster has said no.
    DagsterError
        As `DagsterGraphQL.ask`.
    """
    parameters = {
        "parentRunId": run.run_id,
        "strategy": "ALL_STEPS" if whole else "FROM_FAILURE",
        "useParentRunTags": True,
        "extraTags": [{"key": key, "value": value} for key, value in tags.items()],
    }
    told = graphql.ask(RETRY, {"parameters": parameters}, _Answers).launchRunReexecution
    if told.run is None:
        reason = " ".join(told.message.split())[:300] or told.typename
        message = f"Dagster does not retry run {run.run_id}: {reason}; look at its log in Dagster"
        raise NotRetriedError(message)
    return told.run.runId


def execute_again(  # noqa: PLR0913 - where, what and how
    instance: dg.DagsterInstance,
    jobs: JobFinder,
    console: Console,
    run: dg.DagsterRun,
    *,
    whole: bool,
    tags: Mapping[str, str],
) -> RunReport:
    """Execute a run again in this process, with the same assets, sessions and tags.

    Parameters
    ----------
    instance : DagsterInstance
        Where both runs are written down.
    jobs : JobFinder
        Knows the job.
    console : Console
        Where progress goes.
    run : DagsterRun
        The failed run.
    whole : bool
        Every step, and not only those that did not end well.
    tags : mapping of str to str
        More tags of the new run.

    Raises
    ------
    NotRetriedError
        If this version has no such job or assets.
    """
    report = RunReport(run_id=str(uuid.uuid4()))
    started = time.perf_counter()
    config = {**run.run_config, "loggers": _QUIET}
    kept = {key: value for key, value in run.tags.items() if key not in _DROPPED}
    root = run.root_run_id or run.run_id
    kept |= {PARENT_RUN_ID_TAG: run.run_id, ROOT_RUN_ID_TAG: root}
    if not whole:
        kept[RESUME_RETRY_TAG] = "true"
    try:
        job = InMemoryJob(jobs.resolve_job_def(run.job_name)).get_subset(
            asset_selection=run.asset_selection, asset_check_selection=run.asset_check_selection
        )
        steps, state = (None, None) if whole else _from_failure(instance, run)
        plan = create_execution_plan(
            job, config, step_keys_to_execute=steps, known_state=state, tags=run.tags
        )
    except dg.DagsterError as error:
        why = " ".join(str(error).split())[:300]
        message = (
            f"run {run.run_id} cannot be executed again by this version: {why}; materialize its sessions "
            "with `analytics backfill`"
        )
        raise NotRetriedError(message) from error
    with Progress(console=console, transient=True) as progress:
        instance.add_event_listener(
            report.run_id, StepClock(report, progress, len(plan.step_keys_to_execute))
        )
        again = instance.create_run_for_job(
            job.get_definition(),
            execution_plan=plan,
            run_id=report.run_id,
            run_config=config,
            tags={**kept, PROCESS_TAG: process_tag(), **tags},
            root_run_id=root,
            parent_run_id=run.run_id,
            asset_selection=run.asset_selection,
        )
        report.success = execute_run(job, again, instance).success
    report.seconds = time.perf_counter() - started
    return report


def _from_failure(
    instance: dg.DagsterInstance, run: dg.DagsterRun
) -> tuple[list[str] | None, KnownExecutionState | None]:
    steps, state = KnownExecutionState.build_resume_retry_reexecution(instance, run)
    return (list(steps), state) if steps else (None, None)
