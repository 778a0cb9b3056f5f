"""Reaching the bucket of a lake: its client, its region, and the same address and credentials for Polars."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.storage.lake.objects import UnreachableLakeError

CONNECTIONS = 16
"""Requests that are under way at once."""

MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
LOST_RACE = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})
"""Error codes of S3: the object is not there; somebody else has put one in between."""

Credentials = tuple[dict[str, str], int | None]
"""Names and values as Polars wants them, and the second since 1970 that they are renewed at."""

_CONFIG = Config(
    connect_timeout=10,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 5},
    max_pool_connections=CONNECTIONS,
)
_CREDENTIALS_SECONDS = 300  # boto3 renews its own at least 10 minutes before they end
_USUAL = re.compile(r"https://s3\.([a-z0-9-]+\.)?amazonaws\.com$")


@dataclass(frozen=True, eq=False)
class Bucket:
    """A bucket as this process reaches it.

    Attributes
    ----------
    name : str
        Its name.
    client
        The client of boto3; threads may share it.
    options : dict of str to str
        What Polars must know to reach the same bucket.
    credentials : callable
        Returns the credentials of the client for Polars, and until when it may use them. Always the same
        object: Polars keeps its connections for as long as it is.
    """

    name: str
    client: Any
    options: dict[str, str]
    credentials: Callable[[], Credentials]


@cache
def bucket(name: str) -> Bucket:
    """Return a bucket, looked up once a process.

    Address and credentials come from the usual variables, files and roles of the AWS clients.

    Raises
    ------
    UnreachableLakeError
        If it does not exist, or may not be read.
    """
    session = boto3.Session()
    client = session.client("s3", config=_CONFIG)
    with told(name):
        headers = client.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"]
    region = headers.get("x-amz-bucket-region", client.meta.region_name)
    options = {"aws_region": region}
    endpoint = client.meta.endpoint_url
    if not _USUAL.match(endpoint):  # Polars finds only the usual ones by itself
        options["aws_endpoint_url"] = endpoint
        options["aws_allow_http"] = str(endpoint.startswith("http://")).lower()

    def credentials() -> Credentials:
        frozen = session.get_credentials().get_frozen_credentials()
        found = {
            "aws_access_key_id": frozen.access_key,
            "aws_secret_access_key": frozen.secret_key,
            "aws_session_token": frozen.token,
        }
        return {key: each for key, each in found.items() if each}, int(time.time()) + _CREDENTIALS_SECONDS

    return Bucket(name, client, options, credentials)


@contextmanager
def told(name: str) -> Iterator[None]:
    """Tell errors of the client, which has tried again by itself, in words that name the bucket."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        message = f"the bucket {name} of the lake failed: {error}; check its name, region and permissions"
        raise UnreachableLakeError(message) from error


def code(error: ClientError) -> str:
    """Return the error code of S3."""
    return str(error.response.get("Error", {}).get("Code", ""))
