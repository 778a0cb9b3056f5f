"""Bearer tokens of a real issuer, asked over HTTP: only its own, for here, of now."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest

from analytics_platform.api.security.issuer_keys import IssuerKeys, IssuerUnreachableError
from analytics_platform.api.security.oidc import RefusedTokenError, Tokens
from analytics_platform_tests.unit.api.security.issuers import (
    AUDIENCE,
    Issuer,
    issuing,
    public_pem,
    rsa_key,
)
from analytics_platform_tests.unit.api.security.servers import Installed, installed


@dataclass
class _Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as it:
        yield it


@pytest.fixture(scope="module")
def trusting(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    home = tmp_path_factory.mktemp("trusting")
    with installed(home, oidc_issuer=issuer.url, oidc_audience=AUDIENCE) as it:
        yield it


def _unsigned(header: dict[str, str], claims: dict[str, object], secret: bytes | None = None) -> str:
    """Return a token as an attacker writes it, past the checks of the library."""
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (header, claims)]
    signed = b".".join(parts)
    mark = hmac.new(secret, signed, hashlib.sha256).digest() if secret is not None else b""
    return (signed + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


@pytest.mark.parametrize("kid", ["rsa", "ec"])
def test_a_good_token_reads_and_does_no_more(trusting: Installed, issuer: Issuer, kid: str) -> None:
    shown = ("Authorization", f"Bearer {issuer.token(kid)}")
    for _ in range(2):  # looked at, then remembered
        assert trusting.get("/tables", None, shown).status_code == 200
    refused = trusting.ask("POST", "/materializations", [shown])
    assert refused.status_code == 403
    assert '"who": "oidc:analyst", "what": "materialize"' in trusting.audit


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        pytest.param({"iss": "https://elsewhere.example"}, "another issuer", id="issuer"),
        pytest.param({"aud": "payroll"}, "another audience", id="audience"),
        pytest.param({"aud": None}, "must hold", id="no audience"),
        pytest.param({"exp": int(time.time()) - 3600}, "has expired", id="expired"),
        pytest.param({"exp": None}, "must hold", id="no end"),
        pytest.param({"exp": "soon"}, "does not hold", id="wrong end"),
        pytest.param({"nbf": int(time.time()) + 3600}, "of the future", id="not yet"),
        pytest.param({"iat": int(time.time()) + 3600}, "of the future", id="of the future"),
        pytest.param({"sub": None}, "must hold", id="nobody"),
        pytest.param({"sub": "x\n{}"}, "subject", id="hostile subject"),
        pytest.param({"sub": "x" * 201}, "subject", id="long subject"),
    ],
)
def test_a_token_that_is_not_ours_is_refused(
    trusting: Installed, issuer: Issuer, claims: dict[str, object], told: str
) -> None:
    token = issuer.token(**claims)
    answer = trusting.get("/tables", None, ("Authorization", f"Bearer {token}"))
    assert answer.status_code == 401
    assert told in answer.json()["detail"]
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert token not in answer.text


def test_forged_tokens_are_refused(issuer: Issuer) -> None:
    tokens = Tokens(IssuerKeys(issuer.url), AUDIENCE)
    claims = issuer.claims()
    pem = public_pem(issuer.keys["rsa"])
    stranger = rsa_key()
    good = issuer.token()
    forged = {
        "alg none": _unsigned({"alg": "none", "kid": "rsa"}, claims),
        "alg None": _unsigned({"alg": "None", "kid": "rsa"}, claims),
        "HS256 with the public key": _unsigned({"alg": "HS256", "kid": "rsa"}, claims, pem),
        "RS256 in name only": _unsigned({"alg": "RS256", "kid": "rsa"}, claims, pem),
        "ES256 with the key of RS256": _unsigned({"alg": "ES256", "kid": "rsa"}, claims, pem),
        "another's key": jwt.encode(claims, stranger, "RS256", headers={"kid": "rsa"}),
        "RS512": jwt.encode(claims, issuer.keys["rsa"], "RS512", headers={"kid": "rsa"}),
        "no kid": jwt.encode(claims, issuer.keys["rsa"], "RS256"),
        "key in the token": jwt.encode(
            claims, stranger, "RS256", headers={"kid": "rsa", "jwk": {"kty": "RSA"}, "jku": issuer.url}
        ),
        "changed claims": ".".join(
            [good.split(".")[0], issuer.token(scope="upload").split(".")[1], good.split(".")[2]]
        ),
        "too long": good + "x" * 9000,
        "no token": "a.b.c",
    }
    for token in forged.values():
        with pytest.raises(RefusedTokenError):
            tokens.shown(token)
    assert tokens.shown(good).name == "oidc:analyst"


def test_a_small_key_of_the_issuer_is_not_good_enough(issuer: Issuer) -> None:
    issuer.keys["small"] = rsa_key(1024)
    with pytest.warns(UserWarning, match="below the minimum"):
        token = issuer.token("small")
    with pytest.raises(RefusedTokenError):
        Tokens(IssuerKeys(issuer.url), AUDIENCE).shown(token)
    del issuer.keys["small"]


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "analytics:read upload openid"}, {"read", "upload"}),
        ({"scope": None, "scp": ["analytics:materialize", 3]}, {"materialize"}),
        ({"scope": None, "scp": "read"}, {"read"}),
        ({"scope": ""}, set()),
        ({"scope": 5}, set()),
        ({"scope": "other:read READ"}, set()),
    ],
)
def test_scopes_are_those_that_the_token_names(
    issuer: Issuer, claims: dict[str, object], scopes: set[str]
) -> None:
    found = Tokens(IssuerKeys(issuer.url), AUDIENCE).shown(issuer.token(**claims))
    assert found.scopes == scopes


def test_an_unknown_key_is_looked_for_once_in_a_while(issuer: Issuer) -> None:
    clock = _Clock()
    keys = IssuerKeys(issuer.url, clock=clock)
    before = issuer.looks
    assert keys.key("rsa") is not None
    issuer.keys["new"] = rsa_key()
    assert [keys.key("new") for _ in range(20)] == [None] * 20
    assert issuer.looks == before + 1
    clock.now = 31.0
    assert keys.key("new") is not None
    for number in range(20):
        assert keys.key(f"made up {number}") is None
    assert issuer.looks == before + 2
    del issuer.keys["new"]
    clock.now = 700.0
    assert keys.key("new") is None  # withdrawn


def test_keys_stay_good_for_an_hour_while_the_issuer_is_down(issuer: Issuer) -> None:
    clock = _Clock()
    keys = IssuerKeys(issuer.url, clock=clock)
    assert keys.key("rsa") is not None
    issuer.is_broken = True
    try:
        clock.now = 3500.0
        assert keys.key("rsa") is not None
        clock.now = 3700.0
        with pytest.raises(IssuerUnreachableError):
            keys.key("rsa")
    finally:
        issuer.is_broken = False
    clock.now = 3740.0
    assert keys.key("rsa") is not None


def test_an_issuer_that_is_down_is_no_fault_of_the_server(tmp_path: Path) -> None:
    with issuing() as gone:
        token = gone.token()
    with installed(tmp_path, oidc_issuer=gone.url, oidc_audience=AUDIENCE) as it:
        answer = it.get("/tables", None, ("Authorization", f"Bearer {token}"))
        assert answer.status_code == 503
        assert "try again" in answer.json()["detail"]
        assert it.get("/tables", "read").status_code == 200


def test_a_discovery_of_another_issuer_is_not_believed(issuer: Issuer) -> None:
    with pytest.raises(IssuerUnreachableError):
        IssuerKeys(issuer.url + "/realm").key("rsa")
    assert IssuerKeys(issuer.url + "/realm", f"{issuer.url}/jwks").key("rsa") is not None
