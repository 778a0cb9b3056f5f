"""Real servers on this machine, of applications and of an OIDC issuer. No test."""

import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import uvicorn
from starlette.types import ASGIApp

from analytics_platform.api.security.key_file import give
from analytics_platform.cli.serve import application
from analytics_platform.settings import Settings
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import publish

_PAGE = "<!DOCTYPE html><html><head><style>p { color: red }</style></head><body><p>risk</p></body></html>"
_LONGEST_START = 60.0
_TLS = ssl.create_default_context()
"""Made once: it takes longer than a request."""

HeaderPairs = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True)
class Installed:
    """A running installation in which everybody must be known.

    Attributes
    ----------
    home : Path
        Its data.
    url : str
        Where it answers.
    keys : mapping of str to str
        A key of each scope alone, by the scope, one of ``all`` and one that has ``ended``.
    """

    home: Path
    url: str
    keys: dict[str, str]

    def ask(
        self,
        method: str,
        path: str,
        headers: HeaderPairs = (),
        *,
        content: bytes | Iterator[bytes] | None = None,
    ) -> httpx2.Response:
        """Ask without following redirects; headers may be repeated."""
        written = [
            (name.encode(), each if isinstance(each, bytes) else each.encode()) for name, each in headers
        ]
        with httpx2.Client(base_url=self.url, trust_env=False, timeout=30, verify=_TLS) as client:
            return client.request(method, path, headers=written, content=content)

    def get(self, path: str, key: str | None = None, *more: tuple[str, str]) -> httpx2.Response:
        """Read with the key of a scope."""
        return self.ask("GET", path, [*([("X-API-Key", self.keys[key])] if key else []), *more])

    @property
    def audit(self) -> str:
        """The audit log."""
        log = self.home / "audit.jsonl"
        return log.read_text("utf-8") if log.exists() else ""


@contextmanager
def running(app: ASGIApp, *, proxies: Sequence[str] = ()) -> Iterator[str]:
    """Serve an application in a thread of this process; yield its address."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        ends = time.monotonic() + _LONGEST_START
        while not server.started and thread.is_alive() and time.monotonic() < ends:
            time.sleep(0.01)
        assert server.started, "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def installed(home: Path, **settings: object) -> Iterator[Installed]:
    """Run an installation with a small extract, a page, and keys."""
    of = Settings.model_validate({"home": home, "access": "required", "dbt_target": home / "dbt", **settings})
    publish(ServingStore(of.serving))
    of.pages.mkdir()
    (of.pages / "index.html").write_text(_PAGE, "utf-8")
    keys = {scope: give(of.api_keys, scope, [scope]) for scope in ("read", "upload", "materialize")}
    keys["all"] = give(of.api_keys, "all", ["read", "upload", "materialize"])
    with running(application(of), proxies=of.api_proxies) as url:
        yield Installed(home, url, keys)
