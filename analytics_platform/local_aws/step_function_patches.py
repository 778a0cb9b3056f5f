"""What moto's Step Functions lack: names of parameters, exit codes of tasks, causes of failures, dates."""

import json
import uuid
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel
from moto.core.responses import EmptyResult
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_ecs import (
    StateTaskServiceEcs,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

Service = Any
"""A task state of moto; it has no types."""

_installed: list[bool] = []


def install() -> None:
    """Patch Step Functions once a process."""
    if _installed:
        return
    _installed.append(True)
    StateTaskService._normalise_parameters = _with_names_of_the_client  # type: ignore[method-assign]  # noqa: SLF001 - what is patched
    StateTaskService._normalise_response = _with_names_of_step_functions  # type: ignore[method-assign]  # noqa: SLF001
    StateTaskServiceEcs._build_sync_resolver = _failing_by_exit_code(  # type: ignore[method-assign]  # noqa: SLF001
        StateTaskServiceEcs._build_sync_resolver  # noqa: SLF001
    )
    StepFunctionResponse.send_task_failure = _send_task_failure  # type: ignore[method-assign]
    StepFunctionsParserBackend.start_execution = _with_a_name(  # type: ignore[method-assign]
        StepFunctionsParserBackend.start_execution
    )


@cache
def _operation(service: str, action: str) -> OperationModel:
    """Return how the client describes an operation, such as ``run_task`` of ``ecs``."""
    name = "".join(part[:1].upper() + part[1:] for part in action.split("_"))
    return botocore.session.get_session().get_service_model(service).operation_model(name)


def _with_names_of_the_client(
    self: Service,
    parameters: dict[str, object],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Turn ``Cluster`` of a state machine into ``cluster`` of the client."""
    shape = _shapes(self, boto_service_name, service_action_name).input_shape
    if shape is not None:
        self._to_boto_request(parameters, shape)


def _with_names_of_step_functions(
    self: Service,
    response: object,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Turn ``tasks`` of the client into ``Tasks`` of a state machine, and dates into text."""
    shape = _shapes(self, boto_service_name, service_action_name).output_shape
    if shape is not None:
        self._from_boto_response(response, shape)
    _as_json(response)


def _shapes(self: Service, service: str | None, action: str | None) -> OperationModel:
    return _operation(self._get_boto_service_name(service), self._get_boto_service_action(action))


def _as_json(value: Any) -> Any:  # noqa: ANN401 - any answer of a client
    """Replace in place what JSON does not know."""
    if isinstance(value, dict):
        for key, item in list(value.items()):
            value[key] = _as_json(item)
        return value
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _failing_by_exit_code(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``ecs:runTask.sync`` fail with ``States.TaskFailed`` when a container did not end with 0."""

    def build(self: Service, env: Any, *arguments: Any, **named: Any) -> Callable[[], Any]:  # noqa: ANN401 - of moto
        resolve = original(self, env, *arguments, **named)

        def resolved() -> Any:  # noqa: ANN401 - of moto
            task = resolve()
            if task is None or all(each.get("ExitCode") == 0 for each in task["Containers"]):
                return task
            details = TaskFailedEventDetails(
                resource=self._get_sfn_resource(),
                resourceType=self._get_sfn_resource_type(),
                error="States.TaskFailed",
                cause=json.dumps(task),
            )
            raise FailureEventException(
                FailureEvent(
                    env=env,
                    error_name=StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed),
                    event_type=HistoryEventType.TaskFailed,
                    event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]  # as moto does
                )
            )

        return resolved

    return build


def _send_task_failure(self: Any) -> EmptyResult:  # noqa: ANN401 - of moto
    """Keep the cause, which moto drops."""
    told = {name: self._get_param(name) for name in ("error", "cause")}
    self.stepfunction_backend.send_task_failure(self._get_param("taskToken"), **told)
    return EmptyResult()


def _with_a_name(original: Callable[..., Any]) -> Callable[..., Any]:
    """Give an execution a name that was started without one, as AWS does."""

    def start(
        self: Any,  # noqa: ANN401 - of moto
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Any:  # noqa: ANN401 - of moto
        return original(self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header)

    return start
