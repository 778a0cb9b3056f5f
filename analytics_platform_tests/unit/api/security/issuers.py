"""An OIDC issuer on this machine: discovery, keys, tokens. No test."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.types import Receive, Scope, Send

from analytics_platform_tests.unit.api.security.servers import running

AUDIENCE = "risk-api"
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass
class Issuer:
    """Answers discovery and keys, counts how often, and signs tokens.

    Attributes
    ----------
    keys : mapping of str to private key
        What it publishes, by id.
    looks : int
        How often its keys were asked for.
    is_broken : bool
        Whether it answers with an error.
    """

    keys: dict[str, Private] = field(default_factory=dict)
    url: str = ""
    looks: int = 0
    is_broken: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["path"] == "/jwks":
            self.looks += 1
            told: dict[str, object] = {"keys": [published(kid, key) for kid, key in self.keys.items()]}
        else:
            told = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        status = 500 if self.is_broken else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})

    def token(self, kid: str = "rsa", /, **claims: object) -> str:
        """Return a token for an analyst; a claim of None is left out."""
        key = self.keys[kid]
        return jwt.encode(self.claims(**claims), key, algorithm_of(key), headers={"kid": kid})

    def claims(self, **others: object) -> dict[str, object]:
        """Return the claims of a good token, with others in their place."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "analyst",
            "iat": now,
            "exp": now + 300,
            "scope": "openid analytics:read",
            **others,
        }
        return {name: value for name, value in good.items() if value is not None}


def algorithm_of(key: Private) -> str:
    """Return what a key signs with."""
    return "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"


def published(kid: str, key: Private) -> dict[str, object]:
    """Return the public half of a key as an issuer publishes it."""
    algorithm = jwt.get_algorithm_by_name(algorithm_of(key))
    told: dict[str, object] = json.loads(algorithm.to_jwk(key.public_key()))
    return {**told, "kid": kid, "use": "sig"}


def public_pem(key: Private) -> bytes:
    """Return the public half as text, which anybody may have."""
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a new key."""
    return rsa.generate_private_key(65537, bits)


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run an issuer with one key of each kind."""
    issuer = Issuer({"rsa": rsa_key(), "ec": ec.generate_private_key(ec.SECP256R1())})
    with running(issuer) as url:
        issuer.url = url
        yield issuer
