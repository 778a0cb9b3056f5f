"""Who is let in, to what, over real HTTP: nothing is given to who is not known or may not have it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.api.security.key_file import give, revoke
from analytics_platform.api.security.keys import random_key
from analytics_platform_tests.unit.api.security.servers import Installed, installed

CLOSED = (
    "/tables",
    "/openapi.json",
    "/materializations",
    "/uploads/x",
    "/exports/x",
    "/metrics/most-volatile",
    "/nothing-of-this-name",
    *(each.path for each in ENDPOINTS),
)
ACTIONS = {
    "upload": ("/uploads", "/site/uploads"),
    "materialize": ("/materializations", "/site/materializations", "/materializations/x/cancel"),
}


@pytest.mark.parametrize("path", CLOSED)
def test_nothing_is_read_by_who_is_not_known(guarded: Installed, path: str) -> None:
    refused = guarded.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.headers["content-type"] == "application/problem+json"
    assert guarded.get(path, "read").status_code in {200, 404, 405, 503}


@pytest.mark.parametrize("path", ["/health", "/ready", "/site/style.css", "/site/login"])
def test_what_needs_nobody_is_open(guarded: Installed, path: str) -> None:
    assert guarded.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/health/",
        "//health",
        "/health/../positions",
        "/health%2f..%2fpositions",
        "/HEALTH",
        "/site/login/../../tables",
    ],
)
def test_no_other_way_to_write_an_open_path_is_open(guarded: Installed, path: str) -> None:
    assert guarded.get(path).status_code in {303, 401}


@pytest.mark.parametrize("path", ["/pages/index.html", "/pages/", "/site/", "/site/deliveries?state=x"])
def test_a_browser_that_is_not_known_is_led_to_the_login(guarded: Installed, path: str) -> None:
    answer = guarded.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/site/login?next=%2F")
    assert b"risk" not in answer.content
    assert guarded.get("/pages/index.html", "read").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_no_method_is_open(guarded: Installed, method: str) -> None:
    assert guarded.ask(method, "/positions").status_code == 401
    assert guarded.ask(method, "/positions", [("X-API-Key", guarded.keys["all"])]).status_code == 405


@pytest.mark.parametrize("has", ["read", "upload", "materialize"])
@pytest.mark.parametrize("needed", ["upload", "materialize"])
def test_an_action_needs_its_own_scope(guarded: Installed, needed: str, has: str) -> None:
    for path in ACTIONS[needed]:
        answer = guarded.ask("POST", path, [("X-API-Key", guarded.keys[has])])
        if has == needed:
            assert answer.status_code not in {401, 403}, path
        else:
            assert answer.status_code == 403, path
            assert f"this needs the scope {needed}; yours are: {has}" in answer.text
            assert f'"who": "{has}", "what": "{needed}", "about": "POST {path}"' in guarded.audit


@pytest.mark.parametrize("has", ["upload", "materialize"])
@pytest.mark.parametrize(
    "path", ["/positions", "/uploads/x", "/materializations", "/pages/index.html", "/openapi.json"]
)
def test_reading_needs_the_scope_read(guarded: Installed, path: str, has: str) -> None:
    assert guarded.get(path, has).status_code == 403


def test_a_key_may_be_shown_as_a_bearer_too(guarded: Installed) -> None:
    for written in ("Bearer {}", "bearer  {}"):
        shown = ("Authorization", written.format(guarded.keys["read"]))
        assert guarded.get("/tables", None, shown).status_code == 200


@pytest.mark.parametrize("query", ["api_key={}", "key={}", "access_token={}", "X-API-Key={}"])
def test_a_key_in_the_address_is_worth_nothing(guarded: Installed, query: str) -> None:
    answer = guarded.get("/tables?" + query.format(guarded.keys["all"]))
    assert answer.status_code == 401
    assert guarded.keys["all"] not in answer.text


def test_hostile_credentials_are_refused_and_not_repeated(guarded: Installed) -> None:
    key = guarded.keys["read"]
    good = ("X-API-Key", key)
    hostile: list[list[tuple[str, str]]] = [
        [good, good],
        [good, ("Authorization", f"Bearer {key}")],
        [("Authorization", f"Basic {key}")],
        [("Authorization", "Bearer")],
        [("Authorization", key)],
        [("X-API-Key", key[:-1])],
        [("X-API-Key", key.upper())],
        [("X-API-Key", key + "x" * 10_000)],
        [("X-API-Key", "ap_")],
        [("X-API-Key", "")],
        [("X-API-Key", "ap_\xff\xfe")],
        [("X-API-Key", random_key())],
        [("Authorization", "Bearer not.a.token")],
    ]
    for headers in hostile:
        answer = guarded.ask("GET", "/tables", [(name, value.encode("latin-1")) for name, value in headers])
        assert answer.status_code == 401, headers
        assert key not in answer.text


def test_a_revoked_key_ends_with_the_next_request(tmp_path: Path) -> None:
    with installed(tmp_path) as it:
        assert it.get("/tables", "read").status_code == 200
        revoke(tmp_path / "api_keys.toml", "read")
        assert it.get("/tables", "read").status_code == 401
        assert it.get("/tables", "all").status_code == 200


def test_a_key_ends_in_time(tmp_path: Path) -> None:
    file = tmp_path / "api_keys.toml"
    with installed(tmp_path) as it:
        it.keys["short"] = give(file, "short", ["read"], days=1)
        assert it.get("/tables", "short").status_code == 200
        past = f"expires = {datetime.now(UTC) - timedelta(seconds=1)}"
        lines = [
            past if line.startswith("expires") else line for line in file.read_text("utf-8").splitlines()
        ]
        file.write_text("\n".join(lines), "utf-8")
        assert it.get("/tables", "short").status_code == 401


@pytest.mark.parametrize(
    "damage", ["keys = 1", "[keys.read]\nsha256 = 'x'", "not toml at all", "[keys]\nread = 1"]
)
def test_a_damaged_file_of_keys_lets_nobody_in(tmp_path: Path, damage: str) -> None:
    with installed(tmp_path) as it:
        (tmp_path / "api_keys.toml").write_text(damage, "utf-8")
        assert it.get("/tables", "read").status_code == 503
        assert (
            it.ask("POST", "/site/login", _FORM, content=b"key=" + it.keys["read"].encode()).status_code
            == 503
        )


def test_a_file_that_others_may_write_lets_nobody_in(tmp_path: Path) -> None:
    with installed(tmp_path) as it:
        (tmp_path / "api_keys.toml").chmod(0o666)
        assert it.get("/tables", "read").status_code == 503
        (tmp_path / "api_keys.toml").chmod(0o600)
        assert it.get("/tables", "read").status_code == 200


_FORM = [("Content-Type", "application/x-www-form-urlencoded")]
