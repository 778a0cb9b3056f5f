"""Browsers log in with a key, and out; the cookie is worth no more than the key."""

import time
from pathlib import Path
from urllib.parse import quote

import httpx2
import jwt
import pytest

from analytics_platform.api.security.key_file import give, revoke
from analytics_platform_tests.unit.api.security.servers import Installed, installed

_FORM = ("Content-Type", "application/x-www-form-urlencoded")


def _login(
    it: Installed, key: str, onward: str = "/pages/index.html", *more: tuple[str, str]
) -> httpx2.Response:
    content = f"key={quote(key)}&next={quote(onward)}".encode()
    return it.ask("POST", "/site/login", [_FORM, *more], content=content)


def _cookie(answer: httpx2.Response) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def test_a_key_opens_the_pages_and_logging_out_closes_them(guarded: Installed) -> None:
    answer = _login(guarded, guarded.keys["read"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/pages/index.html")
    told = answer.headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=strict" in told
    assert "secure" not in told  # this is http
    assert guarded.keys["read"] not in told
    cookie = ("Cookie", _cookie(answer))
    assert guarded.get("/pages/index.html", None, cookie).status_code == 200
    assert guarded.get("/tables", None, cookie).status_code == 200
    assert guarded.ask("POST", "/site/uploads", [cookie]).status_code == 403
    assert guarded.ask("POST", "/site/logout", [cookie]).headers["location"] == "/site/login"
    assert guarded.get("/pages/index.html", None, cookie).status_code == 303  # a copy of it is worth nothing
    assert '"who": "read", "what": "login", "about": "/site/login", "outcome": "done"' in guarded.audit


@pytest.mark.parametrize("shown", ["", "ap_", "ap_" + "x" * 43, "<script>alert(1)</script>"])
def test_a_wrong_key_opens_nothing(guarded: Installed, shown: str) -> None:
    answer = _login(guarded, shown)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "unknown, revoked or at its end" in answer.text
    assert not shown or shown not in answer.text


def test_a_key_that_may_not_read_opens_no_page(guarded: Installed) -> None:
    assert _login(guarded, guarded.keys["upload"]).status_code == 403


@pytest.mark.parametrize(
    "onward",
    [
        "//elsewhere.example",
        "https://elsewhere.example",
        "/\\elsewhere.example",
        "/site/../../x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/site/logout",
        "/positions",
        "/sitemap",
        "/pages/x\u0000",
        "/pages/" + "x" * 2000,
    ],
)
def test_the_login_leads_to_pages_of_this_site_only(guarded: Installed, onward: str) -> None:
    answer = _login(guarded, guarded.keys["read"], onward)
    assert (answer.status_code, answer.headers["location"]) == (303, "/site/")
    asked = guarded.get("/site/login?next=" + quote(onward, safe=""))
    assert 'name="next" value="/site/"' in asked.text


def test_two_cookies_are_none(guarded: Installed) -> None:
    cookie = _cookie(_login(guarded, guarded.keys["read"]))
    assert guarded.get("/tables", None, ("Cookie", cookie)).status_code == 200
    assert guarded.get("/tables", None, ("Cookie", f"{cookie}; {cookie}")).status_code == 401
    assert (
        guarded.get("/tables", None, ("Cookie", "analytics_session=x"), ("Cookie", cookie)).status_code == 401
    )
    assert guarded.get("/tables", None, ("Cookie", f"other=1; {cookie}; next=2")).status_code == 200


def test_a_cookie_that_was_changed_or_made_elsewhere_is_none(guarded: Installed) -> None:
    name, _, value = _cookie(_login(guarded, guarded.keys["read"])).partition("=")
    claims = jwt.decode(value, options={"verify_signature": False})
    now = int(time.time())
    assert claims["exp"] - now <= 8 * 3600
    forged = [
        jwt.encode(claims, "x" * 64, "HS256"),
        jwt.encode(claims, "", "none"),
        value[:-2],
        value + "x" * 3000,
        "",
        "\u00e9",
    ]
    for each in forged:
        assert guarded.get("/tables", None, ("Cookie", f"{name}={each}")).status_code == 401, each


def test_a_session_ends_with_its_key_and_does_not_return_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "api_keys.toml"
    with installed(tmp_path, session_secret="s" * 40) as it:
        cookie = ("Cookie", _cookie(_login(it, it.keys["read"])))
        assert it.get("/tables", None, cookie).status_code == 200
        revoke(file, "read")
        assert it.get("/tables", None, cookie).status_code == 401
        give(file, "read", ["read"])
        assert it.get("/tables", None, cookie).status_code == 401
        stale = jwt.decode(cookie[1].partition("=")[2], "s" * 40, ["HS256"], audience="analytics site")
        assert stale["sub"] == "read"


def test_an_old_cookie_is_none(tmp_path: Path) -> None:
    with installed(tmp_path, session_secret="s" * 40) as it:
        name, _, value = _cookie(_login(it, it.keys["read"])).partition("=")
        claims = jwt.decode(value, "s" * 40, ["HS256"], audience="analytics site")
        for changed, status in (({}, 200), ({"exp": int(time.time()) - 1}, 401), ({"aud": "other"}, 401)):
            again = jwt.encode({**claims, **changed}, "s" * 40, "HS256")
            assert it.get("/tables", None, ("Cookie", f"{name}={again}")).status_code == status, changed


def test_over_https_the_cookie_never_leaves_it(tmp_path: Path) -> None:
    secret = ("X-Forwarded-Proto", "https")
    with installed(tmp_path, api_proxies=["127.0.0.1"]) as it:
        answer = _login(it, it.keys["read"], "/site/", secret)
        told = answer.headers["set-cookie"]
        assert told.startswith("__Host-analytics_session=")
        assert "; Secure" in told
        assert "Path=/" in told
        assert it.get("/tables", None, ("Cookie", _cookie(answer)), secret).status_code == 200
        assert it.get("/tables", None, ("Cookie", _cookie(answer))).status_code == 401
