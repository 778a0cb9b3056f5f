"""Why a run failed: its first failed step and the innermost cause, found in its events in a bounded time."""

import time
from dataclasses import dataclass

from analytics_platform.api.actions.dagster_answers import EVENTS, Events, EventTold
from analytics_platform.api.actions.dagster_graphql import DagsterGraphQL
from analytics_platform.api.actions.readable_faults import readable

LONGEST_SECONDS = 10.0
MOST_PAGES = 100


@dataclass(frozen=True)
class RunFailure:
    """Why a run failed.

    Attributes
    ----------
    step : str or None
        First step that failed; None if the run failed outside of its steps.
    message : str
        Why.
    """

    step: str | None
    message: str


def failure_of(graphql: DagsterGraphQL, run_id: str) -> RunFailure:
    """Return why a run failed, as far as its events tell before time is up."""
    until = time.monotonic() + LONGEST_SECONDS
    cursor: str | None = None
    last: EventTold | None = None
    for _ in range(MOST_PAGES):
        told = graphql.ask(EVENTS, {"run": run_id, "cursor": cursor}, Events).logsForRun
        for event in told.events:
            if event.typename == "ExecutionStepFailureEvent":
                return RunFailure(event.stepKey, _why(event))
            if event.typename == "RunFailureEvent":
                last = event
        cursor = told.cursor
        if not told.hasMore or time.monotonic() > until:
            break
    return RunFailure(None, _UNTOLD if last is None else _why(last))


def _why(event: EventTold) -> str:
    return readable(event.message if event.error is None else event.error.root)


_UNTOLD = "its events tell no reason here: look at the run in the Dagster UI"
