"""Putting one question with a time limit, and telling faults in one line without secrets. It asks nothing."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import dagster as dg
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
)

from analytics_platform.ingestion.faults import shown
from analytics_platform.settings import Settings

SECONDS = 5.0
"""Longest wait for the answer to a question."""

_MODELS = botocore.loaders.create_loader()
"""What AWS can do, as files that take a quarter of a second to read: read once."""

_CONFIG = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 1})
_LONGEST = 600
_SHORTEST_SECRET = 8
"""Characters: a shorter one is a word that any sentence may hold."""

_FORBIDDEN = 403
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_WRONG = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)
_ACTIONS = {
    "HeadBucket": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
}
"""Permissions that are called other than the operation."""

_PASSWORD_VARIABLES = ("PGPASSWORD", "DAGSTER_POSTGRES_PASSWORD", "ANALYTICS_REDSHIFT_PASSWORD")


class ProblemFoundError(Exception):
    """What is wrong, and what to do."""


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    name : str
        What it is about.
    ask : callable
        Returns the answer, or raises what is wrong.
    service : str
        Service of AWS that it asks, as permissions call it; empty if it asks none.
    seconds : float
        Longest wait for the answer.
    """

    name: str
    ask: Callable[[], str]
    service: str = ""
    seconds: float = SECONDS


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    Attributes
    ----------
    is_good : bool
        Whether all is well.
    text : str
        In one line; what to do, if not.
    """

    is_good: bool
    text: str


def client(service: str) -> Any:  # noqa: ANN401 - boto3 has no types
    """Return an impatient client; its session is its own, so that threads that hang share none."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _MODELS)
    return boto3.session.Session(botocore_session=core).client(service, config=_CONFIG)


def answer(question: Question, secrets: Iterable[str] = ()) -> Answer:
    """Put a question; whatever happens is an answer.

    Parameters
    ----------
    question : Question
        The question.
    secrets : iterable of str
        Texts that are never told.
    """
    told: list[Answer] = []
    thread = threading.Thread(target=lambda: told.append(_asked(question)), daemon=True)
    thread.start()
    thread.join(question.seconds)
    if not told:
        told.append(Answer(False, f"no answer in {question.seconds:.0f} s; {_unreached(question.service)}"))  # noqa: FBT003
    return Answer(told[0].is_good, _without(told[0].text, secrets))


def secrets_of(of: Settings) -> Iterator[str]:
    """Give what must not be shown, whatever an error says."""
    for secret in (of.redshift_password, of.session_secret):
        if secret is not None:
            yield secret.get_secret_value()
    for name in _PASSWORD_VARIABLES:
        if (value := dg.EnvVar(name).get_value()) is not None:
            yield value
    try:
        found = boto3.session.Session().get_credentials()
    except BotoCoreError:
        return
    if found is not None:
        yield from filter(None, (found.secret_key, found.token))


def _asked(question: Question) -> Answer:
    try:
        return Answer(True, question.ask())  # noqa: FBT003 - is_good
    except ProblemFoundError as problem:
        text = str(problem)
    except Exception as error:  # noqa: BLE001 - a question that breaks is told like any other fault
        text = cure(error, question.service)
    return Answer(False, text)  # noqa: FBT003 - as above


def cure(error: BaseException, service: str) -> str:
    """Return what is wrong and what to do, in one line."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ClientError):
            return _of_client(cause, service)
        if isinstance(cause, NoCredentialsError | CredentialRetrievalError):
            return "there are no credentials; give the task a role, or log in with `aws sso login`"
        if isinstance(cause, NoRegionError):
            return "no region is set; set AWS_DEFAULT_REGION"
        if isinstance(cause, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
            return f"{_line(cause)}; {_unreached(service)}"
        cause = cause.__cause__
    return _line(error) or type(error).__name__


def _of_client(error: ClientError, service: str) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in _EXPIRED:
        return "the credentials have expired; log in again, or restart the task"
    if code in _WRONG:
        return f"the credentials are not valid here ({code}); check AWS_PROFILE, the keys and the account"
    if "Denied" in code or status == _FORBIDDEN:
        lacking = permission(error.operation_name, service)
        return f"access is denied: the role lacks {lacking}; add it to its policy"
    return f"{_line(error)}; check name, region and account"


def permission(operation: str, service: str) -> str:
    """Return what a policy has to allow for an operation.

    Examples
    --------
    >>> permission("HeadBucket", "s3"), permission("DescribeStateMachine", "states")
    ('s3:ListBucket', 'states:DescribeStateMachine')
    """
    return _ACTIONS.get(operation, f"{service}:{operation}")


def _unreached(service: str) -> str:
    where = f"the VPC endpoint of {service}, " if service else ""
    return f"check {where}security groups and the network"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = re.sub(re.escape(secret), "***", text)
    return shown(text, _LONGEST)
