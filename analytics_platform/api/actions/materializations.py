"""Routes of materializations: the button, as programs press it. How a request becomes a run is not here."""

from fastapi import APIRouter, Request, Response, params
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from analytics_platform.api.actions.asks import parse_ask
from analytics_platform.api.actions.bodies import address_of, json_of, one_header
from analytics_platform.api.actions.materialization_documents import (
    ASKED,
    LISTED,
    LISTED_DOCUMENTED,
    PATH,
    documented_body,
    of_status,
    refusals,
)
from analytics_platform.api.actions.materialization_requests import KEY, MaterializationRequests
from analytics_platform.api.parameters import read_query
from analytics_platform.api.security.identity import identity_of
from analytics_platform.calendars.moments import written
from analytics_platform.storage.ledger.requests import MaterializationRequest

_DEFAULT_PAGE = 20


def materializations_router(
    read: params.Depends, materialize: params.Depends, requests: MaterializationRequests
) -> APIRouter:
    """Return the routes that ask for materializations and tell where they stand.

    Parameters
    ----------
    read, materialize : Depends
        Guards; they write the identity of the caller.
    requests : MaterializationRequests
        What does the work.
    """
    router = APIRouter(tags=["materializations"])

    @router.post(
        PATH,
        dependencies=[materialize],
        status_code=202,
        response_class=Response,
        responses={
            **of_status(200, "It was asked for before"),
            **of_status(202, "It is kept"),
            **refusals(ASKED),
        },
        openapi_extra=documented_body(),
    )
    async def request_materialization(request: Request) -> Response:
        """Ask Dagster for one run over a session or a range; the same key and body again start no other."""
        read_query(request.scope["query_string"], ())
        key = one_header(request, KEY)
        ask = parse_ask(await json_of(request))
        by, from_ = identity_of(request).name, address_of(request)
        made = await run_in_threadpool(requests.request, ask, by=by, key=key, from_=from_)
        answer = _answer(requests, made.request, 202 if made.is_new else 200)
        answer.headers["Location"] = f"{PATH}/{made.request.id}"
        return answer

    @router.get(
        PATH,
        dependencies=[read],
        response_class=Response,
        responses={200: LISTED_DOCUMENTED, **refusals((422, 503))},
        openapi_extra={"parameters": [each.documented() for each in LISTED]},
    )
    async def list_materializations(request: Request) -> Response:
        """Tell the requests, the newest first."""
        query = read_query(request.scope["query_string"], LISTED)
        limit, cursor = query.integer("limit", _DEFAULT_PAGE), query.text("cursor")
        page = await run_in_threadpool(requests.newest, limit, cursor)
        told = [materialization_told(requests, each) for each in page.requests]
        return _json({"requests": told, "next_cursor": page.next_cursor}, 200)

    @router.get(
        f"{PATH}/{{request_id}}",
        dependencies=[read],
        response_class=Response,
        responses={**of_status(200, "Where it stands"), **refusals((404, 422, 503))},
    )
    async def read_materialization(request: Request, request_id: str) -> Response:
        """Tell where a request stands, and why its run failed."""
        read_query(request.scope["query_string"], ())
        return _answer(requests, await run_in_threadpool(requests.status, request_id), 200)

    @router.post(
        f"{PATH}/{{request_id}}/cancel",
        dependencies=[materialize],
        status_code=202,
        response_class=Response,
        responses={**of_status(202, "Its run ends, or has been canceled"), **refusals((404, 409, 422, 503))},
    )
    async def cancel_materialization(request: Request, request_id: str) -> Response:
        """End the run of a request: its step is interrupted, what it has published stays as it was."""
        read_query(request.scope["query_string"], ())
        by, from_ = identity_of(request).name, address_of(request)
        canceled = await run_in_threadpool(requests.cancel, request_id, by=by, from_=from_)
        return _answer(requests, canceled, 202)

    return router


def materialization_told(
    requests: MaterializationRequests, request: MaterializationRequest
) -> dict[str, object]:
    """Return a request as readers get it."""
    return {
        "id": request.id,
        "state": str(request.state),
        "job": request.job,
        "assets": list(request.assets),
        "first_session": request.first_session.isoformat(),
        "last_session": request.last_session.isoformat(),
        "requested_by": request.requested_by,
        "requested_at": written(request.requested_at),
        "run_id": request.run_id,
        "watch": requests.watch_url(request),
        "failed_step": request.failed_step,
        "failure": request.failure,
    }


def _answer(requests: MaterializationRequests, request: MaterializationRequest, status: int) -> Response:
    return _json(materialization_told(requests, request), status)


def _json(told: dict[str, object], status: int) -> Response:
    return JSONResponse(told, status, headers={"Cache-Control": "no-store"})
