"""Asking the Dagster webserver over GraphQL: one POST a question, with a time limit. No questions here."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

import urllib3
from pydantic import BaseModel, ConfigDict, ValidationError
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 20.0

Answer = TypeVar("Answer", bound="Data")


class Data(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(frozen=True)


class DagsterError(RuntimeError):
    """Dagster did not do what it was asked."""


class DagsterNotReachedError(DagsterError):
    """The question was not put: nothing can have come of it."""


class DagsterUnansweredError(DagsterError):
    """The question was put and not answered as it should be: it may have been done or not."""


class DagsterGraphQL:
    """The GraphQL endpoint of a Dagster webserver.

    Parameters
    ----------
    url : str
        Of the webserver, such as ``http://127.0.0.1:3000``.
    seconds : float
        Longest wait for an answer.
    """

    def __init__(self, url: str, *, seconds: float = ANSWER_SECONDS) -> None:
        self._url = f"{url.rstrip('/')}/graphql"
        # No retries: of a question that changes something nobody knows whether it was answered before.
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds), retries=False
        )

    def ask(self, question: str, variables: Mapping[str, object], shape: type[Answer]) -> Answer:
        """Return the data that answer a question.

        Parameters
        ----------
        question : str
            GraphQL.
        variables : mapping
            Its variables.
        shape : type
            What the data look like.

        Raises
        ------
        DagsterNotReachedError
            If nothing listens there.
        DagsterUnansweredError
            If no answer came in time, or one that is no answer.
        """
        body = json.dumps({"query": question, "variables": dict(variables)}).encode()
        # A connection of its own: a kept one may be closed by now, and nobody would know what was read.
        headers = {"Content-Type": "application/json", "Connection": "close"}
        try:
            response = self._pool.request("POST", self._url, body=body, headers=headers, redirect=False)
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise DagsterNotReachedError(NOT_REACHED) from error
        except HTTPError as error:
            raise DagsterUnansweredError(UNANSWERED) from error
        return _data(response.status, response.data, shape)


NOT_REACHED = "Dagster does not answer: start it with `analytics dev`, or set ANALYTICS_DAGSTER_URL"
UNANSWERED = "Dagster did not answer in time: look at its log and at ANALYTICS_DAGSTER_URL, then ask again"


def _data(status: int, body: bytes, shape: type[Answer]) -> Answer:
    try:
        told = json.loads(body)
        if status == HTTPStatus.OK and "errors" not in told:
            return shape.model_validate(told["data"])
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise DagsterUnansweredError(_ODD.format(status=status)) from error
    raise DagsterUnansweredError(_ODD.format(status=status))


_ODD = (
    "what answered with status {status} is not the Dagster webserver that this version knows: "
    "look at ANALYTICS_DAGSTER_URL and at the log of the webserver"
)
