"""The one way in: who a request is of is known before any route, page or file is looked for."""

from urllib.parse import quote

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_platform.api.problems import Problem, problem_response
from analytics_platform.api.security.access import Access, about, address_of, missing
from analytics_platform.api.security.identity import Identity
from analytics_platform.api.security.rates import Kind, caller_at
from analytics_platform.api.site.html_errors import error_page

LOGIN = "/site/login"
OPEN = frozenset({"/health", "/ready", "/internal/metrics", "/site/style.css", LOGIN})
"""What needs nobody to be known; all else does, also what is added later and what does not exist."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_UNCOUNTED = frozenset({"/health", "/internal/metrics"})
_FOR_PEOPLE = ("/site", "/pages")
_UNAUTHORIZED = 401
_POLICY_VIOLATION = 1008


class Gate:
    """Middleware that lets callers in who are known, may read what they read, and do not ask too often.

    Whoever only reads needs the scope for it, and has it when a route is reached; what an action needs, its
    route says.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    access : Access
        Tells callers apart.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        elif scope["type"] != "http" or (refusal := await self._refusal(scope)) is None:
            await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        if scope["path"] in OPEN:
            return self._stranger(scope)
        try:
            identity = await self._access.identify(scope)
        except Problem as problem:
            return self._unproven(scope, problem)
        if identity is None:
            return self._stranger(scope) or self._unknown(scope)
        scope.setdefault("state", {})["identity"] = identity
        return self._known(scope, identity)

    def _known(self, scope: Scope, identity: Identity) -> Response | None:
        is_reading = scope["method"] in SAFE_METHODS
        if not self._access.is_open:
            too_often = self._counted("reads" if is_reading else "actions", identity.name, scope)
            if too_often is not None:
                return too_often
        if is_reading and "read" not in identity.scopes:
            return _refused(scope, 403, missing(identity, "read"))
        return None

    def _stranger(self, scope: Scope) -> Response | None:
        """Count a request of nobody by where it comes from."""
        if self._access.is_open or scope["path"] in _UNCOUNTED:
            return None
        return self._counted("strangers", caller_at(address_of(scope)), scope)

    def _unknown(self, scope: Scope) -> Response:
        if _is_for_people(scope["path"]):
            if scope["method"] not in SAFE_METHODS:
                return RedirectResponse(LOGIN, 303)
            asked = URL(scope=scope)
            wanted = f"{asked.path}?{asked.query}" if asked.query else asked.path
            return RedirectResponse(f"{LOGIN}?next={quote(wanted, safe='')}", 303)
        self._record(scope, "refused: nobody is known")
        return _unauthorized(scope, "give a key in X-API-Key, or a key or token as Authorization: Bearer")

    def _unproven(self, scope: Scope, problem: Problem) -> Response:
        if problem.status != _UNAUTHORIZED:
            return problem_response(problem.status, problem.detail, path=scope["path"], field=problem.field)
        too_often = self._counted("failures", caller_at(address_of(scope)), scope)
        if too_often is not None:
            return too_often
        self._record(scope, "refused: what was shown proves nothing")
        return _unauthorized(scope, problem.detail, problem.field, error="invalid_token")

    def _counted(self, kind: Kind, caller: str, scope: Scope) -> Response | None:
        seconds = self._access.rates.wait(kind, caller)
        if seconds is None:
            return None
        detail = f"too many requests: try again in {seconds} seconds"
        refused = _refused(scope, 429, detail)
        refused.headers["Retry-After"] = str(seconds)
        return refused

    def _record(self, scope: Scope, outcome: str) -> None:
        """Write down who was refused an action; readings are only counted."""
        if scope["method"] not in SAFE_METHODS:
            self._access.audit.write(
                who="nobody",
                what=scope["method"].lower(),
                about=about(scope),
                outcome=outcome,
                from_=address_of(scope),
            )


def _is_for_people(path: str) -> bool:
    return any(path == start or path.startswith(start + "/") for start in _FOR_PEOPLE)


def _refused(scope: Scope, status: int, detail: str) -> Response:
    """Return a refusal as who asks can read it: a page for people, else a problem."""
    if _is_for_people(scope["path"]):
        return error_page(Request(scope), status, detail)
    return problem_response(status, detail, path=scope["path"])


def _unauthorized(
    scope: Scope, detail: str, field: str | None = None, *, error: str | None = None
) -> Response:
    told = 'Bearer realm="analytics_platform"' + (f', error="{error}"' if error else "")
    headers = {"WWW-Authenticate": told}
    return problem_response(_UNAUTHORIZED, detail, path=scope["path"], field=field, headers=headers)
