"""Answers to tasks of Step Functions that wait for a token. What is answered is decided elsewhere."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=10,
    max_pool_connections=16,
    retries={"mode": "standard", "max_attempts": 3},
)
_GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
_LONGEST_ERROR = 256
_LONGEST_CAUSE = 32_768


class StepFunctionsError(RuntimeError):
    """Step Functions could not be told now; tell it again later."""


class TaskTokens:
    """Tells tasks that wait for a token how they ended, or that they go on.

    Every method returns False if nobody waits for the token any more: the task has timed out, was answered
    already, or its execution has ended. Telling twice does no harm.

    Address and credentials come from the usual variables of the AWS clients.
    """

    def succeed(self, token: str, output: Mapping[str, object]) -> bool:
        """End a task well.

        Raises
        ------
        StepFunctionsError
            If it could not be told.
        """
        text = json.dumps(dict(output))
        return self._tell(lambda: self._client.send_task_success(taskToken=token, output=text))

    def fail(self, token: str, error: str, cause: str) -> bool:
        """End a task with a named error.

        Raises
        ------
        StepFunctionsError
            If it could not be told.
        """
        named = {"error": error[:_LONGEST_ERROR], "cause": cause[:_LONGEST_CAUSE]}
        return self._tell(lambda: self._client.send_task_failure(taskToken=token, **named))

    def heartbeat(self, token: str) -> bool:
        """Tell that a task goes on.

        Raises
        ------
        StepFunctionsError
            If it could not be told.
        """
        return self._tell(lambda: self._client.send_task_heartbeat(taskToken=token))

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types
        return boto3.client("stepfunctions", config=_CONFIG)

    @staticmethod
    def _tell(send: Callable[[], object]) -> bool:
        try:
            send()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return False
            raise StepFunctionsError(_told(error)) from error
        except BotoCoreError as error:
            raise StepFunctionsError(_told(error)) from error
        return True


def _told(error: Exception) -> str:
    return (
        f"Step Functions could not be told: {error}; it is told again at the next tick: "
        "check region, network and the permission states:SendTask*"
    )
