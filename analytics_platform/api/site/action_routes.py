"""The forms for a file and for a run, and the routes that they are sent to. The work is done by services."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response, params
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from analytics_platform.api.actions.asks import parse_ask
from analytics_platform.api.actions.bodies import address_of
from analytics_platform.api.actions.upload_form import received
from analytics_platform.api.problems import Problem
from analytics_platform.api.security.identity import identity_of
from analytics_platform.api.site.queries import asked, sent
from analytics_platform.api.site.rendering import page
from analytics_platform.api.site.site import Site
from analytics_platform.ingestion.file_name import EXTENSIONS
from analytics_platform.tables.registry import DELIVERED

REQUESTS_SHOWN = 20
_SERVER_FAULT = 500
_FIELDS = ("what", "assets", "from", "to", "key")
_NAMED_ASSETS = "assets"


@dataclass(frozen=True)
class _Refusal:
    """A form that was not accepted: which, why, and what was typed into it."""

    form: str
    problem: Problem
    typed: Mapping[str, str] = field(default_factory=dict)


def add_forms(
    router: APIRouter,
    site: Site,
    *,
    read: params.Depends,
    upload: params.Depends,
    materialize: params.Depends,
) -> None:
    """Add the page of the forms, and the routes that they are sent to."""

    @router.get("/actions", dependencies=[read])
    def actions(request: Request) -> Response:
        typed = {name: text for name, text in asked(request, ("from", "to")).items() if text}
        return _forms(request, site, typed)

    @router.post("/uploads", dependencies=[upload])
    async def send_file(request: Request) -> Response:
        by, from_ = _caller(request)
        try:
            async with received(request, site.uploads.scratch, site.uploads.max_bytes) as form:
                landed = await run_in_threadpool(site.uploads.land, form, by=by, from_=from_)
        except Problem as problem:
            return await run_in_threadpool(_refused, request, site, _Refusal("upload", problem))
        return RedirectResponse(f"/site/uploads/{landed.id}", 303)

    @router.post("/materializations", dependencies=[materialize])
    async def press(request: Request) -> Response:
        by, from_ = _caller(request)
        typed = await sent(request, _FIELDS)
        if "key" not in typed:
            raise Problem(422, "The form lacks its key; load the page again.", "key")
        try:
            ask = parse_ask(_body(typed))
            done = await run_in_threadpool(site.requests.request, ask, by=by, key=typed["key"], from_=from_)
        except Problem as problem:
            return await run_in_threadpool(_refused, request, site, _Refusal("materialize", problem, typed))
        return RedirectResponse(f"/site/materializations/{done.request.id}", 303)

    @router.post("/materializations/{request_id}/cancel", dependencies=[materialize])
    def cancel(request: Request, request_id: str) -> Response:
        by, from_ = _caller(request)
        ended = site.requests.cancel(request_id, by=by, from_=from_)
        return RedirectResponse(f"/site/materializations/{ended.id}", 303)


def _forms(
    request: Request, site: Site, typed: Mapping[str, str], refusal: _Refusal | None = None
) -> Response:
    """Return the page of the forms, with what was typed and what is wrong with it."""
    choices, absence = None, None
    try:
        choices = site.requests.choices()
    except Problem as problem:
        absence = problem.detail
    scopes = identity_of(request).scopes
    return page(
        "actions.html.j2",
        status=200 if refusal is None else refusal.problem.status,
        choices=choices,
        absence=absence,
        may_upload="upload" in scopes,
        may_materialize="materialize" in scopes,
        problem=None if refusal is None else refusal.problem.detail,
        refused=None if refusal is None else refusal.form,
        typed=typed,
        key=secrets.token_hex(16),
        datasets=sorted(DELIVERED),
        extensions=EXTENSIONS,
        largest=site.uploads.max_bytes,
        requests=site.requests.newest(REQUESTS_SHOWN).requests,
        run_url=site.run_url,
        dagster_url=site.dagster_url,
        is_session=identity_of(request).means == "session",
    )


def _refused(request: Request, site: Site, refusal: _Refusal) -> Response:
    if refusal.problem.status >= _SERVER_FAULT:
        raise refusal.problem
    return _forms(request, site, refusal.typed, refusal)


def _body(typed: Mapping[str, str]) -> Mapping[str, object]:
    """Return the fields of the form as the body that they stand for.

    Examples
    --------
    >>> _body({"what": "assets", "assets": "lake/prices, risk/stress", "from": "2013-03-01"})["assets"]
    ['lake/prices', 'risk/stress']
    """
    first = typed.get("from", "")
    body: dict[str, object] = {"from": first, "to": typed.get("to", first)}
    if typed.get("what") == _NAMED_ASSETS:
        return {**body, "assets": re.split(r"[\s,]+", typed.get("assets", "").strip(", \r\n\t"))}
    return {**body, "job": typed.get("what", "")}


def _caller(request: Request) -> tuple[str, str]:
    """Return who asks, and from which address."""
    return identity_of(request).name, address_of(request)
