"""One of many processes on the requests of one ledger: keeps the same request, and takes it on if it can."""

import uuid
from datetime import UTC, date, datetime
from multiprocessing.queues import Queue  # noqa: TC003 - Barrier beside it is needed at run time
from multiprocessing.synchronize import Barrier

from analytics_platform.storage.ledger.request_store import RequestStore
from analytics_platform.storage.ledger.requests import MaterializationRequest, RequestState

DAY = date(2013, 3, 1)


def a_request(key: str = "k", by: str = "desk", at: datetime | None = None) -> MaterializationRequest:
    """Return a request that is new."""
    at = at or datetime.now(UTC)
    return MaterializationRequest(
        id=uuid.uuid4().hex,
        requested_by=by,
        key=key,
        fingerprint="f",
        job=None,
        assets=("lake/fx_rates", "lake/prices"),
        first_session=DAY,
        last_session=DAY,
        requested_at=at,
        sent_at=None,
        run_id=None,
        state=RequestState.REQUESTED,
        state_at=at,
    )


def take_on(url: str, start: Barrier, told: "Queue[tuple[str, bool, bool]]") -> None:
    """Keep a request together with the others, then try to be the one that sends it."""
    start.wait()
    store = RequestStore(url)
    is_kept = store.keep(a_request())
    start.wait()
    kept = store.of_key("desk", "k")
    if kept is None:
        raise LookupError
    told.put((kept.id, is_kept, store.start_sending(kept) is not None))
    store.close()
