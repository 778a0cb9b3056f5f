"""What stands around the readings: it is asked before each of them, and nothing passes it by."""

from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Header
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_platform.api.app import Surroundings
from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.api.problems import Problem
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import client_of, publish

METRICS = ("most-valuable-day", "most-volatile", "best-return-windows")
READINGS = ("/tables", *(f"/metrics/{name}" for name in METRICS), *(each.path for each in ENDPOINTS))


def _only_the_known(x_key: Annotated[str, Header()] = "") -> None:
    if x_key != "known":
        raise Problem(401, "X-Key: is not known", "X-Key")


class _Refusing:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/pages"):
            await send({"type": "http.response.start", "status": 418, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send)


def test_no_reading_is_given_to_who_is_not_known(store: ServingStore, tmp_path: Path) -> None:
    publish(store)
    client = client_of(store, tmp_path, Surroundings(guards=[Depends(_only_the_known)]))
    for path in READINGS:
        assert client.get(path).status_code == 401, path
        assert client.get(path, headers={"X-Key": "known"}).status_code in {200, 404}, path
    held = client.get("/positions", headers={"X-Key": "known"})
    assert held.status_code == 200
    assert client.get("/positions", headers={"If-None-Match": held.headers["etag"]}).status_code == 401


@pytest.mark.parametrize("path", ["/positions/", "//positions", "/./positions", "/positions;x"])
def test_no_other_way_to_write_a_path_leads_past_the_guard(
    store: ServingStore, tmp_path: Path, path: str
) -> None:
    publish(store)
    client = client_of(store, tmp_path, Surroundings(guards=[Depends(_only_the_known)]))
    assert client.get(path).status_code in {401, 404}


def test_other_routes_and_middleware_are_served_beside(store: ServingStore, tmp_path: Path) -> None:
    router = APIRouter()

    @router.post("/orders")
    def orders(number: int) -> dict[str, int]:
        return {"number": number}

    around = Surroundings(routers=[router], middleware=[Middleware(_Refusing)])
    client = client_of(store, tmp_path, around)
    assert client.post("/orders?number=3").json() == {"number": 3}
    refused = client.post("/orders?number=three")
    assert (refused.status_code, refused.json()["field"]) == (422, "number")
    assert client.get("/pages/index.html").status_code == 418
    assert client.get("/health").status_code == 200
