"""A canary: keys, tokens and cookies are shown in every way, and stand nowhere afterwards."""

import logging
from pathlib import Path

import pytest

from analytics_platform_tests.unit.api.security.issuers import AUDIENCE, issuing
from analytics_platform_tests.unit.api.security.servers import installed

_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_PATHS = (
    "/tables",
    "/positions",
    "/pages/index.html",
    "/site/",
    "/nothing",
    "/openapi.json",
    "/ready",
    "/internal/metrics",
)


def test_no_secret_stands_in_an_answer_a_log_or_a_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for of_the_client in ("httpcore2", "httpx2"):
        caplog.set_level(logging.WARNING, of_the_client)
    secret = "canary-" + "s" * 40
    with (
        issuing() as issuer,
        installed(tmp_path, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, session_secret=secret) as it,
    ):
        good, bad = it.keys["all"], "ap_canary" + "x" * 40
        token = issuer.token(scope="read upload materialize")
        late = issuer.token(exp=1)
        login = it.ask("POST", "/site/login", [_FORM], content=f"key={good}&next=/site/".encode())
        cookie = login.headers["set-cookie"].partition(";")[0].partition("=")[2]
        secrets = {good, bad, token, late, secret, cookie}
        shown = [
            [(name, value.format(each))]
            for each in (good, bad, token, late)
            for name, value in (
                ("X-API-Key", "{}"),
                ("Authorization", "Bearer {}"),
                ("Authorization", "Basic {}"),
            )
        ] + [[("Cookie", f"analytics_session={cookie}")], [("X-API-Key", good), ("X-API-Key", good)]]
        answers = [
            it.ask(method, path, headers)
            for headers in shown
            for method, path in (
                *(("GET", path) for path in _PATHS),
                ("POST", "/materializations"),
                ("POST", "/uploads"),
            )
        ]
        answers += [it.ask("POST", "/site/login", [_FORM], content=f"key={bad}&next={bad}".encode())]
        answers += [
            it.ask("POST", "/uploads", [("X-API-Key", it.keys["read"])]),
            it.get("/internal/metrics"),
            it.get("/openapi.json", "read"),
            it.get("/site/login?next=/site/"),
        ]
        assert {answer.status_code for answer in answers} >= {200, 401, 403}
        told = "\n".join(str(answer.headers) + answer.text for answer in answers)
        assert "analytics_request_seconds" in told
        (tmp_path / "api_keys.toml").write_text("[keys", "utf-8")  # what fails is logged with its trace
        told += it.get("/tables", "all").text
    logged = caplog.text + "".join(capfd.readouterr())
    assert "no key is taken until this is mended" in logged
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.name == "audit.jsonl" for path in files)
    for each in secrets:
        assert each not in told
        assert each not in logged
        assert [path.name for path, content in files.items() if each.encode() in content] == []
