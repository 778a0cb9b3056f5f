"""Requests for materializations in the ledger's database: kept before Dagster is asked, sent by one."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from analytics_platform.storage.ledger.database import open_database, writing
from analytics_platform.storage.ledger.requests import MaterializationRequest, RequestPage, RequestState
from analytics_platform.storage.ledger.rows import now
from analytics_platform.storage.ledger.tables import REQUESTS

UNCERTAIN = timedelta(seconds=180)
"""So long after Dagster was asked to launch a run one may still come of it; nobody asks again before."""

_IS_UNLAUNCHED = sa.and_(REQUESTS.c.run_id.is_(None), REQUESTS.c.state == RequestState.REQUESTED)


class RequestStore:
    """The table of requests.

    Every change is one statement that holds only in the state that it expects: of two processes one wins.

    Parameters
    ----------
    url : str
        SQLAlchemy address of the ledger.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        self._writing = writing(self._engine)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._engine.dispose()

    def keep(self, request: MaterializationRequest) -> bool:
        """Write a request down; False if its caller has one of the same key."""
        try:
            with self._writing.begin() as connection:
                connection.execute(REQUESTS.insert().values(_row(request)))
        except sa.exc.IntegrityError:
            return False
        return True

    def of_key(self, requested_by: str, key: str) -> MaterializationRequest | None:
        """Return the request of a caller's key."""
        return self._one(sa.and_(REQUESTS.c.requested_by == requested_by, REQUESTS.c.key == key))

    def get(self, request_id: str) -> MaterializationRequest | None:
        """Return a request."""
        return self._one(REQUESTS.c.id == request_id)

    def newest(self, limit: int, before: MaterializationRequest | None = None) -> RequestPage:
        """Return requests that are older than one, the newest first."""
        query = sa.select(REQUESTS).order_by(REQUESTS.c.requested_at.desc(), REQUESTS.c.id.desc())
        if before is not None:
            at = _naive(before.requested_at)
            is_older = sa.or_(
                REQUESTS.c.requested_at < at,
                sa.and_(REQUESTS.c.requested_at == at, REQUESTS.c.id < before.id),
            )
            query = query.where(is_older)
        with self._engine.connect() as connection:
            found = [_request(row) for row in connection.execute(query.limit(limit + 1))]
        return RequestPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def start_sending(self, request: MaterializationRequest) -> datetime | None:
        """Take it on to ask Dagster for the run; None if another has, or it is not wanted any more."""
        at = now()
        may_send = sa.or_(REQUESTS.c.sent_at.is_(None), REQUESTS.c.sent_at < at - UNCERTAIN)
        is_mine = self._change(request.id, sa.and_(_IS_UNLAUNCHED, may_send), {"sent_at": at})
        return at.replace(tzinfo=UTC) if is_mine else None

    def note_unsent(self, request_id: str, sent_at: datetime) -> bool:
        """Write down that nothing came of what was sent, so that anybody may send again."""
        is_mine = REQUESTS.c.sent_at == _naive(sent_at)
        return self._change(request_id, sa.and_(_IS_UNLAUNCHED, is_mine), {"sent_at": None})

    def note_run(self, request_id: str, run_id: str) -> bool:
        """Write down which run a request has; False if it has one."""
        values = {"run_id": run_id, "state": RequestState.QUEUED, "state_at": now()}
        return self._change(request_id, _IS_UNLAUNCHED, values)

    def note_state(
        self,
        request: MaterializationRequest,
        run_id: str | None,
        state: RequestState,
        failure: tuple[str | None, str] | None = None,
    ) -> bool:
        """Write down where the run of a request stands, unless somebody has written something else since."""
        step, why = failure or (None, None)
        values = {"run_id": run_id, "state": state, "state_at": now(), "failed_step": step, "failure": why}
        is_as_known = sa.and_(REQUESTS.c.run_id == request.run_id, REQUESTS.c.state == request.state)
        return self._change(request.id, is_as_known, values)

    def cancel_unsent(self, request: MaterializationRequest) -> bool:
        """Cancel a request that no run can come of; False if Dagster may have been asked."""
        values = {"state": RequestState.CANCELED, "state_at": now()}
        is_unsent = sa.or_(REQUESTS.c.sent_at.is_(None), REQUESTS.c.sent_at < now() - UNCERTAIN)
        return self._change(request.id, sa.and_(_IS_UNLAUNCHED, is_unsent), values)

    def withdraw(self, request_id: str) -> bool:
        """Forget a request that cannot be: its key is free again. False if Dagster may have been asked."""
        is_untouched = sa.and_(REQUESTS.c.id == request_id, _IS_UNLAUNCHED, REQUESTS.c.sent_at.is_(None))
        with self._writing.begin() as connection:
            return bool(connection.execute(REQUESTS.delete().where(is_untouched)).rowcount)

    def _change(self, request_id: str, only: sa.ColumnElement[bool], values: Mapping[str, object]) -> bool:
        changing = REQUESTS.update().where(REQUESTS.c.id == request_id, only).values(values)
        with self._writing.begin() as connection:
            return bool(connection.execute(changing).rowcount)

    def _one(self, which: sa.ColumnElement[bool]) -> MaterializationRequest | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(REQUESTS).where(which)).first()
        return None if row is None else _request(row)


def may_still_come(request: MaterializationRequest) -> bool:
    """Tell whether Dagster was asked so recently that a run may still come of it."""
    return request.sent_at is not None and request.sent_at >= datetime.now(UTC) - UNCERTAIN


def _row(request: MaterializationRequest) -> dict[str, object]:
    row = asdict(request)
    times = {name: _naive(value) for name, value in row.items() if isinstance(value, datetime)}
    return {**row, **times, "assets": json.dumps(request.assets)}


def _request(row: sa.Row[tuple[object, ...]]) -> MaterializationRequest:
    values = dict(row._mapping)  # noqa: SLF001 - documented name of SQLAlchemy
    for name in ("requested_at", "sent_at", "state_at"):
        values[name] = None if values[name] is None else values[name].replace(tzinfo=UTC)
    values["assets"] = tuple(json.loads(values["assets"]))
    values["state"] = RequestState(values["state"])
    return MaterializationRequest(**values)


def _naive(moment: datetime) -> datetime:
    """Return a moment in UTC without its zone, as the tables keep it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
