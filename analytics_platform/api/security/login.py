"""The pages on which a browser logs in and out. What the cookie is, `sessions` says."""

import re
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from analytics_platform.api.security.access import Access, address_of
from analytics_platform.api.security.credentials import session_cookie
from analytics_platform.api.security.gate import LOGIN
from analytics_platform.api.security.keys import KeyFileError
from analytics_platform.api.security.rates import caller_at
from analytics_platform.api.security.sessions import LIFETIME_SECONDS, cookie_name

LOGOUT = "/site/logout"
HOME = "/site/"

_OWN_PATH = re.compile(r"/(site|pages)(/[\w.~%/-]*)?(\?[\w.~%=&/+-]*)?", re.ASCII)
_LONGEST_PATH = 1000
_UNKNOWN = "This key is unknown, revoked or at its end. Ask for a new one: analytics api-key new."
_UNREADABLE = "The keys cannot be read now; the log of the server tells why. Try again when it is mended."
_NO_READING = "This key may not read, so there is no page for it. Log in with one that has the scope read."
_TOO_OFTEN = "Too many logins failed. Wait a minute, then try again."


def login_router(access: Access) -> APIRouter:
    """Return the routes of logging in and out."""
    router = APIRouter(include_in_schema=False)

    @router.get(LOGIN)
    def ask(onward: Annotated[str, Query(alias="next")] = HOME) -> Response:
        if access.is_open:
            return RedirectResponse(HOME, 303)
        return _page(200, own_path(onward))

    @router.post(LOGIN)
    def enter(
        request: Request,
        key: Annotated[str, Form()] = "",
        onward: Annotated[str, Form(alias="next")] = HOME,
    ) -> Response:
        return _enter(access, request, key.strip(), own_path(onward))

    @router.post(LOGOUT)
    def leave(request: Request) -> Response:
        cookies = [value for name, value in request.scope["headers"] if name == b"cookie"]
        if (held := session_cookie(request.scope, cookies)) is not None:
            access.sessions.end(held.value)
        answer = RedirectResponse(LOGIN, 303)
        scheme = request.url.scheme
        answer.delete_cookie(cookie_name(scheme), secure=scheme == "https", httponly=True, samesite="strict")
        return answer

    return router


def own_path(path: str) -> str:
    """Return a path to go on to, if it is one of the pages here; else the home page.

    Examples
    --------
    >>> own_path("/pages/GLOBAL.html?x=1"), own_path("//elsewhere.example"), own_path("/site/login")
    ('/pages/GLOBAL.html?x=1', '/site/', '/site/')
    >>> own_path("/site/../..//elsewhere.example")
    '/site/'
    """
    is_own = len(path) <= _LONGEST_PATH and _OWN_PATH.fullmatch(path) and not path.startswith((LOGIN, LOGOUT))
    return path if is_own and "//" not in path and ".." not in path else HOME


def _enter(access: Access, request: Request, shown: str, onward: str) -> Response:
    try:
        key = access.keys.shown(shown)
    except KeyFileError:
        return _page(503, onward, _UNREADABLE)
    if key is None:
        if access.rates.wait("failures", caller_at(address_of(request.scope))) is not None:
            return _page(429, onward, _TOO_OFTEN)
        _record(access, request, "nobody", "refused: the key is unknown")
        return _page(401, onward, _UNKNOWN)
    if "read" not in key.scopes:
        _record(access, request, key.name, "refused: no scope read")
        return _page(403, onward, _NO_READING)
    _record(access, request, key.name, "done")
    answer = RedirectResponse(onward, 303)
    scheme = request.url.scheme
    answer.set_cookie(
        cookie_name(scheme),
        access.sessions.opened(key),
        max_age=LIFETIME_SECONDS,
        secure=scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


def _record(access: Access, request: Request, who: str, outcome: str) -> None:
    access.audit.write(who=who, what="login", about=LOGIN, outcome=outcome, from_=address_of(request.scope))


def _page(status: int, onward: str, fault: str = "") -> HTMLResponse:
    html = _environment().get_template("login.html.j2").render(onward=onward, fault=fault)
    headers = {"Cache-Control": "no-store"}
    if status == 429:  # noqa: PLR2004 - the status itself
        headers["Retry-After"] = "60"
    return HTMLResponse(html, status, headers=headers)


@cache
def _environment() -> Environment:
    loader = PackageLoader("analytics_platform.api.security")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
