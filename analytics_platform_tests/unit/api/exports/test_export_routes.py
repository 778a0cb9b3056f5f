"""Exports over HTTP: asked for, looked at, fetched, deleted; what cannot be read is told by its field."""

import json
import threading
from pathlib import Path
from typing import Annotated

import polars as pl
import pytest
from fastapi import Depends, Header, Request
from fastapi.testclient import TestClient

from analytics_platform.api.app import Surroundings
from analytics_platform.api.exports.routes import exports_router
from analytics_platform.api.problems import Problem
from analytics_platform.api.security.identity import Identity
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.exports.lakes import exports_of, small_lake
from analytics_platform_tests.unit.api.extracts import client_of

BODY = {"table": "prices", "first_session": "2013-02-25", "last_session": "2013-02-27"}
ANN, BOB = {"X-Who": "ann"}, {"X-Who": "bob"}


def _told_by_header(request: Request, x_who: Annotated[str, Header()] = "") -> None:
    if not x_who:
        raise Problem(401, "X-Who: is missing", "X-Who")
    request.state.identity = Identity(x_who, frozenset({"read"}), "key")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    router = exports_router(Depends(_told_by_header), exports_of(tmp_path, small_lake(tmp_path)))
    return client_of(ServingStore(tmp_path / "serving"), tmp_path, Surroundings(routers=[router]))


def test_an_export_is_asked_for_fetched_and_deleted(client: TestClient, tmp_path: Path) -> None:
    asked = client.post("/exports", json=BODY, headers=ANN)
    assert asked.status_code == 202
    place = asked.headers["Location"]
    assert client.get(f"{place}/data", headers=ANN).status_code in {200, 409}
    _wait(place)
    told = client.get(place, headers=ANN).json()
    assert (told["state"], told["rows"], told["data"]) == ("success", 6, f"{place}/data")
    answer = client.get(told["data"], headers=ANN)
    assert len(answer.content) == told["bytes"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    (tmp_path / "fetched").write_bytes(answer.content)
    assert pl.read_parquet(tmp_path / "fetched").height == 6
    assert client.get(place, headers=BOB).status_code == 404
    assert client.delete(place, headers=BOB).status_code == 404
    assert client.delete(place, headers=ANN).status_code == 204
    assert client.get(place, headers=ANN).status_code == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_nobody_unknown_is_served(client: TestClient, method: str) -> None:
    assert client.post("/exports", json=BODY).status_code == 401
    for path in ("/exports/x", "/exports/x/data"):
        assert client.request(method, path).status_code in {401, 405}
        assert client.request(method, path, headers=ANN).status_code in {404, 405}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"table": "x' or 1=1 --"}, 404, id="hostile table"),
        pytest.param({"first_session": "2024-99-99"}, 422, id="no such date"),
        pytest.param({"first_session": "2013-03-01"}, 422, id="reversed"),
        pytest.param({"as_known_at": "2013-03-01T00:00:00"}, 422, id="no zone"),
        pytest.param({"as_known_at": "0001-01-01T00:00:00+14:00"}, 422, id="before all time"),
        pytest.param({"first_session": 1361750400}, 422, id="a number for a date"),
        pytest.param({"as_known_at": 1361750400}, 422, id="a number for a moment"),
        pytest.param({"format": "xlsx"}, 422, id="format"),
        pytest.param({"rows": 10**9}, 422, id="unknown"),
        pytest.param({"fields": [None]}, 422, id="no text"),
        pytest.param({"filters": {"instrument_id": ["\ud800"]}}, 422, id="no Unicode"),
    ],
)
def test_what_cannot_be_read_is_told(client: TestClient, change: dict[str, object], status: int) -> None:
    headers = {**ANN, "Content-Type": "application/json"}
    answer = client.post("/exports", content=json.dumps(BODY | change), headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["field"]


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"null", b"\xff", b'{"table": "prices"}', b"[" * 10_000])
def test_a_body_that_is_none_is_refused(client: TestClient, sent: bytes) -> None:
    headers = {**ANN, "Content-Type": "application/json"}
    answer = client.post("/exports", content=sent, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


def _wait(place: str) -> None:
    for thread in threading.enumerate():
        if thread.name.endswith(place.rpartition("/")[2]):
            thread.join(timeout=120)
