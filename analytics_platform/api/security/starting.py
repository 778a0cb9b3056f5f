"""The guards of an installation from its settings, and what it must not be started with."""

from ipaddress import ip_address

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from analytics_platform.api.answers import VERSION_HEADER
from analytics_platform.api.hosts import ANY
from analytics_platform.api.security.access import Access
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.api.security.gate import Gate
from analytics_platform.api.security.issuer_keys import IssuerKeys, is_safe_url
from analytics_platform.api.security.keys import Keys, read_keys
from analytics_platform.api.security.oidc import Tokens
from analytics_platform.api.security.rates import Rates
from analytics_platform.api.security.request_size import FORM_OVERHEAD, RequestSize
from analytics_platform.api.security.same_origin import SameOrigin
from analytics_platform.api.security.sessions import Sessions
from analytics_platform.settings import Settings

_UPLOADS = ("/uploads", "/site/uploads")
_READ_HEADERS = ("Authorization", "X-API-Key", "If-None-Match")
_TOLD_HEADERS = ("ETag", VERSION_HEADER, "X-Total-Count", "X-As-Of", "X-Next-Cursor", "Retry-After")


class StartRefusedError(RuntimeError):
    """The settings would let in who must stay outside."""


def access_of(of: Settings, audit: AuditLog) -> Access:
    """Return how an installation tells callers apart.

    Raises
    ------
    StartRefusedError
        If it would be open to others than its own machine, or trust an issuer by halves.
    KeyFileError
        If the file of its keys cannot be used.
    """
    if of.access == "open":
        _refuse_open_to_others(of)
    else:
        read_keys(of.api_keys)
    keys = Keys(of.api_keys)
    secret = of.session_secret
    return Access(
        keys=keys,
        sessions=Sessions(keys, secret.get_secret_value()) if secret else Sessions(keys),
        rates=Rates(reads=of.reads_per_minute, actions=of.actions_per_minute),
        audit=audit,
        tokens=_tokens(of),
        is_open=of.access == "open",
    )


def middleware_of(of: Settings, access: Access) -> list[Middleware]:
    """Return what every request passes before it reaches a route, the first one outermost."""
    upload = (of.upload_mb << 20) + FORM_OVERHEAD
    cors = Middleware(
        CORSMiddleware,
        allow_origins=of.api_origins,
        allow_methods=("GET", "HEAD"),
        allow_headers=_READ_HEADERS,
        expose_headers=_TOLD_HEADERS,
    )
    return [
        *([cors] if of.api_origins else []),
        Middleware(SameOrigin, sites=(of.site_url,)),
        Middleware(Gate, access=access),
        Middleware(RequestSize, larger=dict.fromkeys(_UPLOADS, upload)),
    ]


def _refuse_open_to_others(of: Settings) -> None:
    cure = "set ANALYTICS_ACCESS=required and give keys by analytics api-key new"
    if not _is_this_machine(of.api_host):
        message = (
            f"the API would be open to everybody who reaches {of.api_host}: {cure}, or listen on 127.0.0.1"
        )
        raise StartRefusedError(message)
    if ANY in of.api_names:
        message = f"ANALYTICS_API_NAMES must not hold * while the API is open: {cure}, or name the hosts"
        raise StartRefusedError(message)
    if of.api_proxies:
        message = f"a proxy is trusted and everybody behind it would be let in: {cure}"
        raise StartRefusedError(message)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tokens(of: Settings) -> Tokens | None:
    if of.oidc_issuer is None:
        return None
    if of.oidc_audience is None:
        message = (
            "ANALYTICS_OIDC_ISSUER needs ANALYTICS_OIDC_AUDIENCE: tokens for other services would be taken"
        )
        raise StartRefusedError(message)
    if not all(is_safe_url(url) for url in (of.oidc_issuer, of.oidc_jwks_url or of.oidc_issuer)):
        message = (
            "ANALYTICS_OIDC_ISSUER and ANALYTICS_OIDC_JWKS_URL must be https addresses without a password"
        )
        raise StartRefusedError(message)
    return Tokens(IssuerKeys(of.oidc_issuer, of.oidc_jwks_url), of.oidc_audience)
