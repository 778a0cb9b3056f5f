"""A body that is too large is refused, told or not, before it takes memory."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from analytics_platform.api.security.request_size import FORM_OVERHEAD, LARGEST_BODY
from analytics_platform_tests.unit.api.security.servers import Installed, installed

_JSON = ("Content-Type", "application/json")
_FORM = ("Content-Type", "application/x-www-form-urlencoded")


def _raw(it: Installed, head: str, body: bytes = b"") -> bytes:
    """Send what no client would, and return the beginning of the answer."""
    parts = urlsplit(it.url)
    assert parts.hostname
    assert parts.port
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as line:
        text = head.replace("\n", "\r\n").replace("KEY", it.keys["all"]) + "\r\n\r\n"
        line.sendall(text.encode("latin-1") + body)
        return line.recv(65536)


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("path", ["/materializations", "/positions", "/site/login", "/site/materializations"])
def test_a_body_is_small_told_or_not(guarded: Installed, path: str) -> None:
    kind = _FORM if path.startswith("/site") else _JSON
    headers = [("X-API-Key", guarded.keys["all"]), kind, ("Idempotency-Key", "1")]
    told = guarded.ask("POST", path, headers, content=b" " * (LARGEST_BODY + 1))
    assert told.status_code == 413
    assert f"{LARGEST_BODY} bytes" in told.json()["detail"]
    assert guarded.ask("POST", path, headers, content=b" " * LARGEST_BODY).status_code != 413
    if path != "/positions":  # that reads no body, so nothing piles up
        untold = guarded.ask("POST", path, headers, content=_chunks(2 * LARGEST_BODY))
        assert untold.status_code == 413
        assert untold.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/uploads", "/site/uploads"])
def test_an_upload_is_as_large_as_the_settings_say(tmp_path: Path, path: str) -> None:
    with installed(tmp_path, upload_mb=1) as it:
        largest = (1 << 20) + FORM_OVERHEAD
        form = ("Content-Type", "multipart/form-data; boundary=x")
        headers = [("X-API-Key", it.keys["all"]), form]
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for content in (head + b"a" * largest, iter([head, *[b"a" * 65536] * 20])):
            assert it.ask("POST", path, headers, content=content).status_code == 413
        assert list((tmp_path / "landing").rglob("*.csv")) == []
        fitting = it.ask("POST", path, headers, content=head + b"a,b\r\n" * 1000 + b"\r\n--x--\r\n")
        assert fitting.status_code != 413


@pytest.mark.parametrize(
    "length", ["-1", "1e9", "abc", "0x10", "999999999999999999999999999", "70000", "5\nContent-Length: 7"]
)
def test_a_length_that_is_none_or_too_much_is_refused(guarded: Installed, length: str) -> None:
    answer = _raw(
        guarded,
        f"POST /materializations HTTP/1.1\nHost: 127.0.0.1\nX-API-Key: KEY\nContent-Length: {length}",
    )
    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400")), answer


def test_a_body_is_not_asked_for_before_its_sender_is_known(guarded: Installed) -> None:
    answer = _raw(
        guarded,
        "POST /uploads HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 1000000\nExpect: 100-continue",
    )
    assert answer.startswith(b"HTTP/1.1 401"), answer
