"""What the server refuses to be started with."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from analytics_platform.api.security.audit import AuditLog
from analytics_platform.api.security.keys import KeyFileError
from analytics_platform.api.security.starting import StartRefusedError, access_of
from analytics_platform.settings import Settings


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"api_host": "0.0.0.0"}, "would be open to everybody", id="all addresses"),  # noqa: S104
        pytest.param({"api_host": "::"}, "would be open to everybody", id="all IPv6 addresses"),
        pytest.param({"api_host": "10.0.0.1"}, "would be open to everybody", id="an address"),
        pytest.param({"api_host": "localhost.example"}, "would be open to everybody", id="a name"),
        pytest.param({"api_names": ("*",)}, r"must not hold \*", id="any name"),
        pytest.param({"api_proxies": ("127.0.0.1",)}, "everybody behind it", id="behind a proxy"),
        pytest.param({"oidc_issuer": "https://login.example"}, "AUDIENCE", id="no audience"),
        pytest.param(
            {"oidc_issuer": "http://login.example", "oidc_audience": "a"}, "must be https", id="issuer"
        ),
        pytest.param(
            {
                "oidc_issuer": "https://login.example",
                "oidc_audience": "a",
                "oidc_jwks_url": "http://login.example/jwks",
            },
            "must be https",
            id="keys without TLS",
        ),
    ],
)
def test_a_server_that_would_let_in_others_does_not_start(
    tmp_path: Path, given: dict[str, object], told: str
) -> None:
    of = Settings.model_validate({"home": tmp_path, **given})
    with pytest.raises(StartRefusedError, match=told):
        access_of(of, AuditLog(of.audit_log))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_may_be_open(tmp_path: Path, host: str) -> None:
    of = Settings.model_validate({"home": tmp_path, "api_host": host})
    assert access_of(of, AuditLog(of.audit_log)).is_open


def test_a_damaged_file_of_keys_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "api_keys.toml").write_text("[keys.a]\nsha256 = 'x'", "utf-8")
    of = Settings.model_validate({"home": tmp_path, "access": "required"})
    with pytest.raises(KeyFileError, match=r"key 'a' .* is damaged"):
        access_of(of, AuditLog(of.audit_log))


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example", "https://a.example/", "a.example", "null", "file://x"]
)
def test_an_origin_that_no_browser_sends_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(ValidationError, match="ANALYTICS_API_ORIGINS must hold origins"):
        Settings.model_validate({"home": tmp_path, "api_origins": [origin]})


def test_a_short_secret_of_sessions_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"home": tmp_path, "session_secret": "canary-secret"})
    assert "canary-secret" not in str(refused.value)
