"""Emulated AWS over HTTP on this machine: moto's server, spoken to by the real client."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class EmulatedS3:
    """S3 that forgets everything when the tests end.

    Attributes
    ----------
    client
        A client of it, for what senders do.
    """

    client: Any

    def new_bucket(self, *, versioning: str | None = "Enabled") -> str:
        """Make an empty bucket and return its name."""
        name = f"landing-{uuid.uuid4().hex}"
        self.client.create_bucket(Bucket=name)
        if versioning is not None:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning})
        return name

    def put(self, bucket: str, key: str, content: str | Path) -> str:
        """Put an object as a sender does; return its version."""
        body = content.read_bytes() if isinstance(content, Path) else content.encode()
        return str(self.client.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"])


@contextmanager
def emulated_s3() -> Iterator[EmulatedS3]:
    """Start the server and point every client of this process at it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "nobody")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield EmulatedS3(boto3.client("s3"))
    server.stop()
