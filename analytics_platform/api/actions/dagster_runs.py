"""What is asked of Dagster about jobs, assets and runs, and how its answers are read. No request is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analytics_platform.api.actions.asks import MaterializationAsk
from analytics_platform.api.actions.dagster_answers import (
    LAUNCH,
    LOCATIONS,
    PARTITIONS,
    RUNS,
    TERMINATE,
    TOGETHER,
    AssetTold,
    Launched,
    Locations,
    Partitions,
    RunsTold,
    RunTold,
    Terminated,
    Together,
)
from analytics_platform.api.actions.dagster_graphql import (
    DagsterError,
    DagsterGraphQL,
    DagsterUnansweredError,
)
from analytics_platform.api.actions.readable_faults import readable
from analytics_platform.storage.ledger.requests import RequestState

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
REQUEST_TAG = "analytics/request"
REQUESTED_BY_TAG = "analytics/requested_by"
JOBS = ("ingest", "analytics", "end_of_day")
"""Jobs of ours: the code location that has them is the one that is asked."""

_EVERY_ASSET = "__ASSET_JOB"
_RETRIED_BY = "dagster/auto_retry_run_id"
_WILL_RETRY = "dagster/will_retry"
_STATES = {
    "SUCCESS": RequestState.SUCCESS,
    "FAILURE": RequestState.FAILURE,
    "CANCELED": RequestState.CANCELED,
    "STARTED": RequestState.STARTED,
    "CANCELING": RequestState.STARTED,
}


class DagsterRefusedError(DagsterError):
    """Dagster has said no: nothing was done."""


@dataclass(frozen=True)
class Location:
    """The code location that has the jobs and assets.

    Attributes
    ----------
    name, repository : str
        How Dagster calls it.
    jobs : tuple of str
        Its jobs.
    assets : tuple of str
        Assets that can be materialized, such as ``lake/prices``.
    sessions : tuple of str
        Its partitions in order.
    """

    name: str
    repository: str
    jobs: tuple[str, ...]
    assets: tuple[str, ...]
    sessions: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A run, as far as a request needs to know it.

    Attributes
    ----------
    run_id : str
        The run.
    state : RequestState
        Where it stands.
    retried_by : str or None
        Run that Dagster has started in its place.
    request_id : str or None
        The request that it carries.
    is_first : bool
        Whether it is no other run's repetition.
    """

    run_id: str
    state: RequestState
    retried_by: str | None = None
    request_id: str | None = None
    is_first: bool = True


@dataclass(frozen=True)
class DagsterRuns:
    """Starts, finds, watches and ends runs.

    Attributes
    ----------
    graphql : DagsterGraphQL
        Where Dagster is asked.
    """

    graphql: DagsterGraphQL = field(repr=False)

    def location(self) -> Location:
        """Return what can be run.

        Raises
        ------
        DagsterUnansweredError
            If no code location with our jobs is loaded.
        """
        nodes = self.graphql.ask(LOCATIONS, {}, Locations).repositoriesOrError.nodes
        for node in nodes:
            jobs = tuple(job.name for job in node.jobs if not job.name.startswith("__"))
            if set(JOBS) <= set(jobs):
                assets = [asset for asset in node.assetNodes if asset.isMaterializable]
                return Location(
                    name=node.location.name,
                    repository=node.name,
                    jobs=jobs,
                    assets=tuple(sorted(asset.assetKey.text for asset in assets)),
                    sessions=self._partitions(assets),
                )
        raise DagsterUnansweredError(_NO_LOCATION)

    def _partitions(self, assets: Sequence[AssetTold]) -> tuple[str, ...]:
        partitioned = next((asset for asset in assets if asset.isPartitioned), None)
        if partitioned is None:
            return ()
        asked = {"key": [{"path": partitioned.assetKey.path}]}
        (node,) = self.graphql.ask(PARTITIONS, asked, Partitions).assetNodes
        return tuple(node.partitionKeys)

    def needed_besides(self, assets: Sequence[str]) -> tuple[str, ...]:
        """Return the assets that are computed together with these and cannot be left out."""
        if not assets:
            return ()
        told = self.graphql.ask(TOGETHER, {"keys": [_key(asset) for asset in assets]}, Together)
        return tuple(sorted({key.text for key in told.assetNodeAdditionalRequiredKeys} - set(assets)))

    def launch(self, location: Location, ask: MaterializationAsk, tags: Mapping[str, str]) -> str:
        """Ask for one run over the whole range; return its id.

        Raises
        ------
        DagsterRefusedError
            If Dagster has said that there will be none.
        DagsterNotReachedError, DagsterUnansweredError
            As `DagsterGraphQL.ask`; also if Dagster failed while it worked on it.
        """
        sessions = {RANGE_START: ask.first_session.isoformat(), RANGE_END: ask.last_session.isoformat()}
        selector: dict[str, object] = {
            "repositoryLocationName": location.name,
            "repositoryName": location.repository,
            "jobName": ask.job or _EVERY_ASSET,
        }
        if ask.job is None:
            selector["assetSelection"] = [_key(asset) for asset in ask.assets]
        every_tag = [{"key": key, "value": value} for key, value in {**sessions, **tags}.items()]
        parameters = {"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": every_tag}}
        told = self.graphql.ask(LAUNCH, {"parameters": parameters}, Launched).launchRun
        if told.run is not None:
            return told.run.runId
        if told.typename == "PythonError":
            msg = f"Dagster failed to launch the run: {readable(told.message)}"
            raise DagsterUnansweredError(msg)
        raise DagsterRefusedError(_refusal(told.typename, told.message))

    def of_request(self, request_id: str) -> Run | None:
        """Return the run that carries a request; the first one, if it was repeated."""
        found = self._found({"tags": [{"key": REQUEST_TAG, "value": request_id}]}, limit=20)
        firsts = [run for run in found if run.is_first] or found
        return firsts[-1] if firsts else None

    def runs(self, run_ids: Sequence[str]) -> dict[str, Run]:
        """Return those of the runs that there are, by id."""
        if not run_ids:
            return {}
        return {run.run_id: run for run in self._found({"runIds": list(run_ids)}, limit=len(run_ids))}

    def _found(self, filter_: Mapping[str, object], *, limit: int) -> list[Run]:
        """Return runs, the newest first."""
        told = self.graphql.ask(RUNS, {"filter": dict(filter_), "limit": limit}, RunsTold).runsOrError
        if told.results is None:
            msg = f"Dagster failed to look for runs: {readable(told.message)}"
            raise DagsterUnansweredError(msg)
        return [_run(each) for each in told.results]

    def terminate(self, run_id: str) -> None:
        """Ask a run to end; it is over when its process has ended.

        Raises
        ------
        DagsterRefusedError
            If Dagster cannot end it.
        """
        told = self.graphql.ask(TERMINATE, {"run": run_id}, Terminated).terminateRun
        if told.typename != "TerminateRunSuccess":
            raise DagsterRefusedError(_refusal(told.typename, told.message))


def _key(asset: str) -> dict[str, list[str]]:
    return {"path": asset.split("/")}


def _run(told: RunTold) -> Run:
    tags = {tag.key: tag.value for tag in told.tags}
    state = _STATES.get(told.status, RequestState.QUEUED)
    retried_by = tags.get(_RETRIED_BY)
    if state is RequestState.FAILURE and retried_by is None and tags.get(_WILL_RETRY) == "true":
        state = RequestState.QUEUED
    return Run(
        run_id=told.runId,
        state=state,
        retried_by=retried_by,
        request_id=tags.get(REQUEST_TAG),
        is_first=told.parentRunId is None,
    )


def _refusal(typename: str, message: str | None) -> str:
    if typename == "UnauthorizedError":
        return "this Dagster webserver is read-only: set ANALYTICS_DAGSTER_URL to one that may change runs"
    return f"Dagster refuses: {readable(message or typename)}"


_NO_LOCATION = (
    "Dagster has loaded no code location with the jobs ingest, analytics and end_of_day: "
    "look at Deployment in its UI for why"
)
