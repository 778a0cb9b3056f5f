"""The sensor on requests with task tokens: they become runs, and their tasks are told how they ended."""

import json
from collections.abc import Iterator, Sequence

import dagster as dg

from analytics_platform.defs.automation import JOBS
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.defs.resources import IntakeResource
from analytics_platform.defs.triggers.closing import Closing
from analytics_platform.defs.triggers.decisions import WHOLE_CHAIN
from analytics_platform.defs.triggers.messages import MaterializeRequest
from analytics_platform.defs.triggers.offered import Offered
from analytics_platform.defs.triggers.taking_in import Reception, TakenIn
from analytics_platform.settings import settings
from analytics_platform.storage.ledger.task_tokens import TaskToken
from analytics_platform.storage.ledger.token_store import TokenStore
from analytics_platform.storage.queues.sqs import Queue, QueueError
from analytics_platform.storage.step_functions import TaskTokens

REQUEST_TAG = "analytics/request"
REQUESTED_BY_TAG = "analytics/requested_by"
EXECUTION_TAG = "analytics/execution"


def requested_runs_sensor(requests_queue_url: str, *, interval_seconds: int) -> dg.SensorDefinition:
    """Return the sensor on a queue of requests.

    Parameters
    ----------
    requests_queue_url : str
        Queue that Step Functions puts requests with task tokens into.
    interval_seconds : int
        Shortest time between two ticks.
    """

    @dg.sensor(
        name="requested_runs",
        jobs=JOBS,
        minimum_interval_seconds=interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def look_for_requests(
        context: dg.SensorEvaluationContext, intake: IntakeResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """Take in requests, tell the waiting tasks of ended runs and files, and ask for runs.

        Files are loaded by the runs that the sensor on the landing zone asks for: here it is only seen to
        that the ledger knows them.
        """
        store = TokenStore(intake.ledger)
        closing = Closing(context.instance, store, TaskTokens(), intake.max_attempts)
        outage: QueueError | None = None
        taken = TakenIn()
        try:
            taken = _reception(context, Queue(requests_queue_url), store, intake).take_in(
                intake.sensor_seconds / 2
            )
        except QueueError as error:
            outage = error  # tasks that wait already must hear of their runs nevertheless
        closed = closing.close(intake.sensor_seconds / 2)
        for warning in [*taken.warnings, *closed.warnings]:
            context.log.warning(warning)
        store.note_asked(closed.to_ask)
        store.close()
        requests = run_requests(closed.to_ask)
        yield from requests
        if outage is not None and not requests:
            raise outage
        if not requests:
            yield dg.SkipReason(f"{closed.answered} tasks were answered, {closed.waiting} wait")

    return look_for_requests


def run_requests(tokens: Sequence[TaskToken]) -> list[dg.RunRequest]:
    """Return the runs of tokens, one of a key."""
    return list({token.run_key: _run_request(token) for token in tokens}.values())


def _run_request(token: TaskToken) -> dg.RunRequest:
    request = MaterializeRequest.model_validate(json.loads(token.request))
    return dg.RunRequest(
        run_key=token.run_key,
        job_name=request.job or WHOLE_CHAIN,
        asset_selection=[dg.AssetKey(name.split("/")) for name in request.assets] if request.assets else None,
        tags={
            RANGE_START: request.first_session.isoformat(),
            RANGE_END: request.last_session.isoformat(),
            REQUEST_TAG: request.id,
            REQUESTED_BY_TAG: request.requested_by,
            EXECUTION_TAG: token.execution,
        },
    )


def _reception(
    context: dg.SensorEvaluationContext, queue: Queue, store: TokenStore, intake: IntakeResource
) -> Reception:
    def check(request: MaterializeRequest) -> None:
        repository = context.repository_def
        if repository is None:
            message = "the sensor was not told its repository; evaluate it with repository_def"
            raise RuntimeError(message)
        Offered.by(repository).check(request)

    return Reception(queue, store, intake.landing, intake.watch, check)


SENSORS = (
    [requested_runs_sensor(url, interval_seconds=settings().sensor_interval_seconds)]
    if (url := settings().requests_queue_url) is not None
    else []
)
"""The sensor, where there is a queue of requests."""
