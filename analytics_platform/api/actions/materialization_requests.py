"""Requests for materializations: each becomes exactly one run of Dagster, whatever breaks in between.

Every method may block: call it in a thread. What a caller did wrong, or a Dagster that does not answer,
is told as a `Problem` (status 404, 409, 422 or 503).

A request is written down before its run is asked for, and the run carries the id of the request in a tag.
Who is about to ask for it writes that down first, so of many one does. If it dies then, or hears no answer,
the run is found by its tag; if there is none when none can come any more, the next one asks again. How it
is asked for is told by `Starts`.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from analytics_platform.api.actions.asks import MaterializationAsk
from analytics_platform.api.actions.choices import (
    Choices,
    KnownLocation,
    check_choice,
    check_sessions,
    check_whole,
)
from analytics_platform.api.actions.dagster_graphql import DagsterGraphQL
from analytics_platform.api.actions.dagster_runs import DagsterRefusedError, DagsterRuns, Location
from analytics_platform.api.actions.outages import outages
from analytics_platform.api.actions.request_states import RequestStates
from analytics_platform.api.actions.starts import (
    NotStartedError,
    StartError,
    StartRefusedError,
    Starts,
    StartsByDagster,
)
from analytics_platform.api.problems import Problem
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.calendars.sessions import Calendar
from analytics_platform.storage.ledger.request_store import RequestStore
from analytics_platform.storage.ledger.requests import MaterializationRequest, RequestPage, RequestState

__all__ = ["Choices", "MaterializationRequests", "Requested"]

KEY = "Idempotency-Key"
_JUST_REFUSED = f"{KEY}: a request of this key was just refused; ask again"
_ID = re.compile(r"[0-9a-f]{32}")
_KEY = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")


@dataclass(frozen=True)
class Requested:
    """The answer to a request.

    Attributes
    ----------
    request : MaterializationRequest
        The request as it is kept.
    is_new : bool
        False if the same caller had asked for the same with the same key before.
    """

    request: MaterializationRequest
    is_new: bool


class MaterializationRequests:
    """Takes requests, asks Dagster to run them, and tells where they stand.

    Parameters
    ----------
    ledger_url : str
        Database that keeps the requests; opened when it is first needed.
    graphql : DagsterGraphQL
        The Dagster webserver.
    calendar : Calendar
        Trading sessions.
    audit : AuditLog
        Where it is written down who asked for what.
    public_url : str
        The Dagster webserver as browsers reach it.
    starts : Starts, optional
        How runs are asked for; by default of Dagster itself.
    """

    def __init__(  # noqa: PLR0913 - what stands around a request
        self,
        ledger_url: str,
        graphql: DagsterGraphQL,
        calendar: Calendar,
        audit: AuditLog,
        *,
        public_url: str,
        starts: Starts | None = None,
    ) -> None:
        self._ledger_url = ledger_url
        self._runs = DagsterRuns(graphql)
        self._starts = starts or StartsByDagster(self._runs)
        self._location = KnownLocation(self._runs)
        self._calendar = calendar
        self._audit = audit
        self._public_url = public_url.rstrip("/")

    @cached_property
    def _store(self) -> RequestStore:
        return RequestStore(self._ledger_url)

    @cached_property
    def _states(self) -> RequestStates:
        return RequestStates(self._store, self._runs, self._starts)

    def choices(self) -> Choices:
        """Return what can be asked for; Problem 503 if Dagster does not answer."""
        with outages():
            return self._location.choices()

    def request(self, ask: MaterializationAsk, *, by: str, key: str, from_: str) -> Requested:
        """Ask for a run; the same caller, key and ask again give the same request and no other run.

        Parameters
        ----------
        ask : MaterializationAsk
            What is to be materialized.
        by : str
            Name of the caller.
        key : str
            Idempotency key: 1 to 128 printable ASCII characters that the caller makes up once for this ask.
        from_ : str
            Address of the caller, for the audit log.

        Returns
        -------
        Requested
            The request; without a run yet if another process is just asking for it.

        Raises
        ------
        Problem
            Status 404 or 422 if there is no such thing, or the key stands for another ask; 503 if Dagster
            does not answer: then the request is kept, and asking again with its key goes on with it.
        """
        about = f"{ask.job or ' '.join(ask.assets)} {ask.first_session} {ask.last_session}"
        with self._audited("materialize", about, by, from_) as outcome:
            if not _KEY.fullmatch(key):
                raise Problem(422, f"{KEY}: has 1 to 128 printable ASCII characters, such as a UUID", KEY)
            check_sessions(ask, self._calendar)
            with outages():
                request, is_new = self._kept(ask, by, key)
            if request.run_id is not None or request.has_ended:
                with outages():
                    request = self._states.as_far_as_known([request])[0]
            else:
                again = f"; the request is kept as {request.id}: ask again with the same {KEY}"
                with outages(besides=again):
                    request = self._launched(request, ask)
            outcome.append(f"request {request.id} run {request.run_id}")
        return Requested(request, is_new)

    def status(self, request_id: str) -> MaterializationRequest:
        """Return where a request stands now; Problem 404 if there is none, 503 if Dagster does not answer."""
        with outages():
            return self._states.now(self._known(request_id))

    def newest(self, limit: int = 20, cursor: str | None = None) -> RequestPage:
        """Return requests, the newest first; their states as last known if Dagster does not answer."""
        with outages():
            before = None if cursor is None else self._known(cursor, "cursor")
            page = self._store.newest(limit, before)
            return RequestPage(self._states.as_far_as_known(page.requests), page.next_cursor)

    def cancel(self, request_id: str, *, by: str, from_: str) -> MaterializationRequest:
        """End the run of a request; Problem 409 if it has succeeded or failed before."""
        with self._audited("cancel", request_id, by, from_) as outcome, outages():
            request = self._states.now(self._known(request_id))
            if request.state is not RequestState.CANCELED:
                request = self._canceled(request, by)
            outcome.append(f"{request.state} run {request.run_id}")
        return request

    def watch_url(self, request: MaterializationRequest) -> str | None:
        """Return where to watch the run in the Dagster UI; None if there is no run yet."""
        return None if request.run_id is None else f"{self._public_url}/runs/{request.run_id}"

    def _kept(self, ask: MaterializationAsk, by: str, key: str) -> tuple[MaterializationRequest, bool]:
        """Write a request down, or find the one of the same key."""
        known = self._store.of_key(by, key)
        if known is None:
            new = _new(ask, by, key)
            if self._store.keep(new):
                return new, True
            known = self._store.of_key(by, key)
        if known is None:
            raise Problem(409, _JUST_REFUSED, KEY)
        if known.fingerprint != ask.fingerprint:
            raise Problem(422, f"{KEY}: stands for another body, of request {known.id}; give a new one", KEY)
        return known, False

    def _launched(self, request: MaterializationRequest, ask: MaterializationAsk) -> MaterializationRequest:
        if request.sent_at is not None:
            request = self._states.found_or_ended(request)
            if request.run_id is not None or request.has_ended or self._starts.outlook(request).may_come:
                return request
        location = self._location.now()
        try:
            check_choice(ask, location)
            check_whole(self._runs.needed_besides(ask.assets))
        except Problem:
            self._store.withdraw(request.id)
            raise
        if request.sent_at is not None:
            self._store.note_unsent(request.id, request.sent_at)
        sent_at = self._store.start_sending(request)
        if sent_at is not None:
            self._send(request, location, sent_at)
        now = self._store.get(request.id)
        if now is None:
            raise Problem(409, _JUST_REFUSED, KEY)
        return now

    def _send(self, request: MaterializationRequest, location: Location, sent_at: datetime) -> None:
        try:
            run_id = self._starts.start(request, location)
        except StartRefusedError as refused:
            self._store.note_unsent(request.id, sent_at)
            self._store.withdraw(request.id)
            told = f"{refused}; look at the code location in the Dagster UI, then ask again"
            raise Problem(503, told) from refused
        except NotStartedError:
            self._store.note_unsent(request.id, sent_at)
            raise
        except StartError:
            if self._states.found(request).run_id is None:
                raise
        else:
            if run_id is not None:
                self._store.note_run(request.id, run_id)

    def _canceled(self, request: MaterializationRequest, by: str) -> MaterializationRequest:
        if request.run_id is None and request.sent_at is not None and not request.has_ended:
            if self._starts.stop(request, f"canceled by {by}"):
                request = self._states.found_or_canceled(request)
            if request.state is RequestState.CANCELED:
                return request
        if request.has_ended:
            raise Problem(409, f"the request has ended as {request.state}: there is nothing to cancel")
        if request.run_id is None:
            if not self._store.cancel_unsent(request):
                raise Problem(409, "its run is just being launched: cancel it again in a moment")
            return self._known(request.id)
        try:
            self._runs.terminate(request.run_id)
        except DagsterRefusedError as refused:
            request = self._states.now(request)
            if request.state is not RequestState.CANCELED:
                told = f"{refused}; look at the run in the Dagster UI, which can end it by force"
                raise Problem(409, told) from refused
        return self._states.now(request)

    def _known(self, request_id: str, field: str | None = None) -> MaterializationRequest:
        request = self._store.get(request_id) if _ID.fullmatch(request_id) else None
        if request is None:
            status = 404 if field is None else 422
            raise Problem(status, "there is no request of this id: GET /materializations lists them", field)
        return request

    @contextmanager
    def _audited(self, what: str, about: str, by: str, from_: str) -> Iterator[list[str]]:
        """Write down an action with its outcome, also if it is refused."""
        outcome: list[str] = []
        try:
            yield outcome
        except Problem as problem:
            outcome.append(f"{problem.status} {problem.detail}")
            raise
        finally:
            told = " ".join(outcome) or "the server failed"
            self._audit.write(who=by, what=what, about=about, outcome=told, from_=from_)


def _new(ask: MaterializationAsk, by: str, key: str) -> MaterializationRequest:
    at = datetime.now(UTC)
    return MaterializationRequest(
        id=uuid.uuid4().hex,
        requested_by=by,
        key=key,
        fingerprint=ask.fingerprint,
        job=ask.job,
        assets=ask.assets,
        first_session=ask.first_session,
        last_session=ask.last_session,
        requested_at=at,
        sent_at=None,
        run_id=None,
        state=RequestState.REQUESTED,
        state_at=at,
    )
