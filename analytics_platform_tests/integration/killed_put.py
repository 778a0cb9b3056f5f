"""A process that dies by SIGKILL while half of its delivery is on the way to S3."""

import os
import signal
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

from analytics_platform.storage.lake.bucket import bucket
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform_tests.unit.storage.test_lake import append_rates


def _send_half_and_die(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore has no types
    """Send the head and half of the body of a request, as a broken sender does."""
    url = urlsplit(request.url)
    content = request.body.read()
    lines = [f"{name}: {_text(value)}" for name, value in request.headers.items()]
    head = "\r\n".join([f"PUT {url.path} HTTP/1.1", f"Host: {url.netloc}", *lines, "", ""])
    with socket.create_connection((str(url.hostname), int(url.port or 80))) as connection:
        connection.sendall(head.encode() + content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    address = sys.argv[1]
    reached = bucket(urlsplit(address).netloc)
    reached.client.meta.events.register("before-send.s3.PutObject", _send_half_and_die)
    append_rates(open_lake(address), "1.1")
