"""Asking for the run of a request through a state machine: one execution, named by the request."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

from analytics_platform.api.actions.dagster_runs import Location
from analytics_platform.api.actions.readable_faults import readable
from analytics_platform.api.actions.starts import NotStartedError, Outlook, StartError
from analytics_platform.storage.ledger.requests import MaterializationRequest, RequestState

CANCELED = "Request.Canceled"

_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
_PARTS = 7
_LONGEST_CAUSE = 1000
_SERVER_FAILED = 500
_NEVER_SENT = (EndpointConnectionError, NoCredentialsError, PartialCredentialsError)
_ENDED = {
    "FAILED": RequestState.FAILURE,
    "TIMED_OUT": RequestState.FAILURE,
    "SUCCEEDED": RequestState.FAILURE,
    "ABORTED": RequestState.CANCELED,
}


class MachineNameError(ValueError):
    """What should name a state machine does not."""


@dataclass(frozen=True)
class StartsByMachine:
    """Starts an execution of a state machine, which asks Dagster for the run and waits for it.

    Of one name there is one execution, which AWS itself sees to: asked twice, also by two processes at
    once, it starts one.

    Attributes
    ----------
    machine : str
        ARN of the state machine.
    """

    machine: str

    def __post_init__(self) -> None:
        """Refuse what is no ARN of a state machine.

        Raises
        ------
        MachineNameError
            If it is none.
        """
        parts = self.machine.split(":")
        if len(parts) < _PARTS or parts[0] != "arn" or parts[5] != "stateMachine" or not all(parts):
            message = (
                f"ANALYTICS_MATERIALIZE_MACHINE is {self.machine!r}; write it as "
                "arn:aws:states:REGION:ACCOUNT:stateMachine:NAME"
            )
            raise MachineNameError(message)

    def start(self, request: MaterializationRequest, location: Location) -> str | None:  # noqa: ARG002 - for all
        """Start the execution, if there is none of this name; the id of the run is found later."""
        told = {
            "id": request.id,
            "job": request.job,
            "assets": list(request.assets) or None,
            "first_session": request.first_session.isoformat(),
            "last_session": request.last_session.isoformat(),
            "requested_by": request.requested_by,
        }
        try:
            self._client.start_execution(
                stateMachineArn=self.machine, name=request.id, input=json.dumps(told, sort_keys=True)
            )
        except ClientError as error:
            if _code(error) != "ExecutionAlreadyExists":
                raise _uncertain(error) if _is_uncertain(error) else _never(error) from error
        except _NEVER_SENT as error:
            raise _never(error) from error
        except BotoCoreError as error:
            raise _uncertain(error) from error
        return None

    def outlook(self, request: MaterializationRequest) -> Outlook:
        """Tell how the execution stands."""
        try:
            told = self._client.describe_execution(executionArn=self._execution(request))
        except ClientError as error:
            if _code(error) == "ExecutionDoesNotExist":
                return Outlook(may_come=False)
            raise _uncertain(error) from error
        except BotoCoreError as error:
            raise _uncertain(error) from error
        ended = _ENDED.get(told["status"])
        if ended is None:
            return Outlook(may_come=True)
        return Outlook(may_come=False, ended=ended, why=_why(told))

    def stop(self, request: MaterializationRequest, why: str) -> bool:
        """Stop the execution; False if there is none."""
        named = {"error": CANCELED, "cause": why[:_LONGEST_CAUSE]}
        try:
            self._client.stop_execution(executionArn=self._execution(request), **named)
        except ClientError as error:
            if _code(error) == "ExecutionDoesNotExist":
                return False
            raise _uncertain(error) from error
        except BotoCoreError as error:
            raise _uncertain(error) from error
        return True

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types
        return boto3.client("stepfunctions", region_name=self.machine.split(":")[3], config=_CONFIG)

    def _execution(self, request: MaterializationRequest) -> str:
        partition, _, region, account, _, name = self.machine.split(":")[1:_PARTS]
        return f"arn:{partition}:states:{region}:{account}:execution:{name}:{request.id}"


def _why(told: dict[str, Any]) -> str:
    """Return why an execution has ended without a run that Dagster knows."""
    if told["status"] == "SUCCEEDED":
        return "its execution has ended well, but Dagster no longer knows the run: ask again with a new key"
    error = told.get("error") or (
        "States.Timeout" if told["status"] == "TIMED_OUT" else "an error without name"
    )
    cause = readable(told.get("cause") or "it tells no cause; look at its history in Step Functions")
    return f"its execution ended before there was a run: {error}: {cause}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _is_uncertain(error: ClientError) -> bool:
    """Tell whether AWS may have done it although it answered with an error."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= _SERVER_FAILED


def _never(error: Exception) -> NotStartedError:
    return NotStartedError(_told(error))


def _uncertain(error: Exception) -> StartError:
    return StartError(_told(error))


def _told(error: Exception) -> str:
    if isinstance(error, ClientError):
        what, cure = _code(error), _CURES.get(_code(error), _LOOK)
        return f"Step Functions refuses ({what}): {cure}"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "there are no credentials for Step Functions: give the process a role, or set AWS_PROFILE"
    return f"Step Functions does not answer ({type(error).__name__}): {_LOOK}"


_LOOK = "look at ANALYTICS_MATERIALIZE_MACHINE, at the region and at the network"
_ROLE = (
    "allow the role of the API states:StartExecution on the machine, and states:DescribeExecution and "
    "states:StopExecution on its executions"
)
_CURES = {
    "AccessDeniedException": _ROLE,
    "AccessDenied": _ROLE,
    "UnrecognizedClientException": "its credentials are not known there: renew them",
    "ExpiredTokenException": "its credentials have expired: renew them",
    "StateMachineDoesNotExist": "there is no such machine: set ANALYTICS_MATERIALIZE_MACHINE to its ARN",
    "StateMachineDeleting": "the machine is being deleted: set ANALYTICS_MATERIALIZE_MACHINE to another",
    "ThrottlingException": "it is asked too often: ask again in a minute",
}
