"""Where requests stand: what is kept of them, brought up to date by what Dagster tells of their runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analytics_platform.api.actions.dagster_graphql import DagsterError
from analytics_platform.api.actions.dagster_runs import DagsterRuns, Run
from analytics_platform.api.actions.run_failures import failure_of
from analytics_platform.api.actions.starts import StartError, Starts
from analytics_platform.storage.ledger.request_store import RequestStore
from analytics_platform.storage.ledger.requests import MaterializationRequest, RequestState

_MOST_RETRIES = 10
_MOST_WAITING = 20
_GONE = "Dagster no longer knows its run: it was deleted; ask for it again with a new key"


class RequestStates:
    """Follows the runs of requests and writes down where they stand.

    Parameters
    ----------
    store : RequestStore
        Where requests are kept.
    runs : DagsterRuns
        What Dagster knows.
    starts : Starts
        How runs are asked for.
    """

    def __init__(self, store: RequestStore, runs: DagsterRuns, starts: Starts) -> None:
        self._store = store
        self._runs = runs
        self._starts = starts

    def found(self, request: MaterializationRequest) -> MaterializationRequest:
        """Look for the run that carries a request, and write down that it is its run."""
        run = self._runs.of_request(request.id)
        if run is not None:
            self._store.note_run(request.id, run.run_id)
        return self._again(request)

    def found_or_ended(self, request: MaterializationRequest) -> MaterializationRequest:
        """Look for the run, or for how that which should have brought it has ended without it."""
        request = self.found(request)
        if request.run_id is not None or request.has_ended:
            return request
        outlook = self._starts.outlook(request)
        if outlook.ended is None:
            return request
        request = self.found(request)  # it may have come before that ended
        if request.run_id is None and not request.has_ended:
            failure = (None, outlook.why) if outlook.ended is RequestState.FAILURE and outlook.why else None
            self._store.note_state(request, None, outlook.ended, failure)
        return self._again(request)

    def found_or_canceled(self, request: MaterializationRequest) -> MaterializationRequest:
        """Look for the run; if there is none, that which should have brought it was stopped."""
        request = self.found(request)
        if request.run_id is None and not request.has_ended:
            self._store.note_state(request, None, RequestState.CANCELED)
        return self._again(request)

    def now(self, request: MaterializationRequest) -> MaterializationRequest:
        """Return where a request stands; `DagsterError` or `StartError` if nobody can tell."""
        if _waits(request):
            request = self.found_or_ended(request)
        if request.run_id is None or request.has_ended:
            return request
        run = self._followed(request.run_id, self._runs.runs([request.run_id]))
        if run is None:
            self._store.note_state(request, request.run_id, RequestState.FAILURE, (None, _GONE))
        elif (run.run_id, run.state) != (request.run_id, request.state):
            failure = None
            if run.state is RequestState.FAILURE:
                found = failure_of(self._runs.graphql, run.run_id)
                failure = found.step, found.message
            self._store.note_state(request, run.run_id, run.state, failure)
        return self._again(request)

    def as_far_as_known(self, requests: Sequence[MaterializationRequest]) -> list[MaterializationRequest]:
        """Return where requests stand, by few questions to Dagster; as last known if it does not answer."""
        running = [each.run_id for each in requests if each.run_id and not each.has_ended]
        waiting = [each for each in requests if _waits(each)][:_MOST_WAITING]
        try:
            told = self._runs.runs(running)
            found = {run_id: self._followed(run_id, told) for run_id in told}
            come = {each.id: self.found_or_ended(each) for each in waiting}
        except (DagsterError, StartError):
            return list(requests)
        return [self._shown(come.get(each.id, each), found) for each in requests]

    def _shown(
        self, request: MaterializationRequest, found: Mapping[str, Run | None]
    ) -> MaterializationRequest:
        """Return a request with the state of its run; why it failed is found when somebody asks for it."""
        run = None if request.has_ended else found.get(request.run_id or "")
        if run is None:
            return request
        if run.state in {RequestState.SUCCESS, RequestState.CANCELED}:
            self._store.note_state(request, run.run_id, run.state)
        return replace(request, run_id=run.run_id, state=run.state)

    def _followed(self, run_id: str, found: Mapping[str, Run]) -> Run | None:
        """Return the run, or that one of its automatic retries that counts now."""
        run = found.get(run_id)
        for _ in range(_MOST_RETRIES):
            if run is None or run.state is not RequestState.FAILURE or run.retried_by is None:
                break
            run = self._runs.runs([run.retried_by]).get(run.retried_by, run)
        return run

    def _again(self, request: MaterializationRequest) -> MaterializationRequest:
        return self._store.get(request.id) or request


def _waits(request: MaterializationRequest) -> bool:
    """Tell whether the run of a request was asked for and is not there."""
    return request.run_id is None and request.sent_at is not None and not request.has_ended
