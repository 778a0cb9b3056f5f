"""How the run of a request is asked for: what every way promises, and the way over Dagster's GraphQL."""

from dataclasses import dataclass
from typing import Protocol

from analytics_platform.api.actions.asks import MaterializationAsk
from analytics_platform.api.actions.dagster_graphql import DagsterError, DagsterNotReachedError
from analytics_platform.api.actions.dagster_runs import (
    REQUEST_TAG,
    REQUESTED_BY_TAG,
    DagsterRefusedError,
    DagsterRuns,
    Location,
)
from analytics_platform.storage.ledger.request_store import may_still_come
from analytics_platform.storage.ledger.requests import MaterializationRequest, RequestState


class StartError(RuntimeError):
    """A run was asked for, and it is not known whether it comes."""


class NotStartedError(StartError):
    """No run comes of it: anybody may ask again."""


class StartRefusedError(NotStartedError):
    """No run comes of it, and none would if it were asked for again as it is."""


@dataclass(frozen=True)
class Outlook:
    """What is to be expected of a run that was asked for and is not there.

    Attributes
    ----------
    may_come : bool
        Whether it may still come; if not, it has to be asked for again.
    ended : RequestState or None
        How that which should have brought it has ended without it; None if it has not.
    why : str or None
        Why it ended so.
    """

    may_come: bool
    ended: RequestState | None = None
    why: str | None = None


class Starts(Protocol):
    """A way to ask for the run of a request. The run carries the id of the request in a tag."""

    def start(self, request: MaterializationRequest, location: Location) -> str | None:
        """Ask for the run; return its id if it is known at once.

        Raises
        ------
        StartError
            If it is not certain that the run comes; its subclasses tell that it does not.
        """

    def outlook(self, request: MaterializationRequest) -> Outlook:
        """Tell what is to be expected of a run that was asked for and is not there.

        Raises
        ------
        StartError
            If that cannot be told now.
        """

    def stop(self, request: MaterializationRequest, why: str) -> bool:
        """End what was asked for before there is a run; False if there is nothing that could be ended.

        Raises
        ------
        StartError
            If it is not certain that it has ended.
        """


@dataclass(frozen=True)
class StartsByDagster:
    """Asks Dagster itself for the run. What it was asked cannot be taken back before the run is there.

    Attributes
    ----------
    runs : DagsterRuns
        Where Dagster is asked.
    """

    runs: DagsterRuns

    def start(self, request: MaterializationRequest, location: Location) -> str | None:
        """Launch the run; return its id."""
        ask = MaterializationAsk(request.job, request.assets, request.first_session, request.last_session)
        tags = {REQUEST_TAG: request.id, REQUESTED_BY_TAG: request.requested_by}
        try:
            return self.runs.launch(location, ask, tags)
        except DagsterNotReachedError as error:
            raise NotStartedError(str(error)) from error
        except DagsterRefusedError as error:
            raise StartRefusedError(str(error)) from error
        except DagsterError as error:
            raise StartError(str(error)) from error

    def outlook(self, request: MaterializationRequest) -> Outlook:
        """Tell whether Dagster was asked so recently that the run may still come."""
        return Outlook(may_still_come(request))

    def stop(self, request: MaterializationRequest, why: str) -> bool:  # noqa: ARG002 - nothing can be ended
        """Tell that nothing can be ended."""
        return False
