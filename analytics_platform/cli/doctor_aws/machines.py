"""State machines, and what they call: functions, cluster, task definition. One question each."""

import json
import re
from collections.abc import Iterator
from functools import cached_property

import dagster as dg
import yaml
from botocore.exceptions import ClientError

from analytics_platform.cli.doctor_aws.asking import ProblemFoundError, client
from analytics_platform.settings import Settings
from analytics_platform.triggers.state_machines import NAMES, source

_PLACEHOLDER = re.compile(r"\\\$\\\{\w+\\\}")
_SHOWN = 3


class Machines:
    """The state machines of an installation, found by the ARN of one of them, and each asked for once.

    Parameters
    ----------
    of : Settings
        The installation.
    """

    def __init__(self, of: Settings) -> None:
        self._of = of

    @cached_property
    def arns(self) -> dict[str, str]:
        """ARN of each machine by its name in the repository; those that there are."""
        pages = client("stepfunctions").get_paginator("list_state_machines").paginate()
        every = [str(each["stateMachineArn"]) for page in pages for each in page["stateMachines"]]
        told = self._of.materialize_machine
        beginning = "" if told is None else told.removesuffix("materialize")
        return {
            name: arn
            for name in NAMES
            for arn in every
            if arn.startswith(beginning) and re.search(rf"[:_-]{name.replace('_', '[_-]')}$", arn)
        }

    @cached_property
    def definitions(self) -> dict[str, object]:
        """Definition of each machine that there is, as it is deployed."""
        states = client("stepfunctions")
        return {
            name: json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
            for name, arn in self.arns.items()
        }

    def machine(self, name: str) -> str:
        """Tell whether a machine is there, active, and that of this version."""
        if name == "materialize" and (arn := self._of.materialize_machine) is not None:
            described = client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        elif name in self.arns:
            described = client("stepfunctions").describe_state_machine(stateMachineArn=self.arns[name])
        else:
            message = f"there is no state machine {name}; deploy it, or check the region"
            raise ProblemFoundError(message)
        if described.get("status", "ACTIVE") != "ACTIVE":
            message = f"{described['name']} is {described['status']}, not ACTIVE; deploy it again"
            raise ProblemFoundError(message)
        differing = list(differences(json.loads(source(name)), json.loads(described["definition"])))
        if differing:
            shown = "; ".join(differing[:_SHOWN])
            message = f"{described['name']} is not that of this version ({shown}); deploy it again"
            raise ProblemFoundError(message)
        return f"{described['name']}, ACTIVE, as in this version"

    def functions(self) -> str:
        """Tell whether every function that the machines call is there and ready."""
        arns = {arn for arn in self._texts() if ":function:" in arn}
        if not arns:
            message = "the state machines name no function; deploy them, or check the region"
            raise ProblemFoundError(message)
        functions, told = client("lambda"), []
        for arn in sorted(arns):
            name = arn.partition(":function:")[2]
            try:
                found = functions.get_function(FunctionName=arn)["Configuration"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                message = f"there is no function {name}, which the state machines call; deploy it"
                raise ProblemFoundError(message) from error
            if found.get("State", "Active") != "Active":
                message = f"{name} is {found['State']}: {found.get('StateReason', '')}; deploy it again"
                raise ProblemFoundError(message)
            told.append(name)
        return ", ".join(told)

    def cluster(self) -> str:
        """Tell whether the cluster of the tasks is active, and how many run in it."""
        arns = sorted({arn for arn in self._texts() if ":cluster/" in arn})
        if not arns:
            message = "the state machines name no cluster; deploy them, or check the region"
            raise ProblemFoundError(message)
        found = client("ecs").describe_clusters(clusters=arns)["clusters"]
        active = [each for each in found if each.get("status") == "ACTIVE"]
        if not active:
            message = f"{arns[0]} is no active cluster; make it, or deploy the state machines again"
            raise ProblemFoundError(message)
        first = active[0]
        running, pending = first.get("runningTasksCount", 0), first.get("pendingTasksCount", 0)
        return f"{first['clusterName']}, ACTIVE, {running} tasks run, {pending} wait"

    def _texts(self) -> Iterator[str]:
        for each in self.definitions.values():
            yield from _texts(each)


def task_definition(of: Settings) -> str:
    """Tell whether the task definition of runs is there and has the container that the launcher names."""
    config = yaml.safe_load(of.dagster_template.read_text("utf-8"))["run_launcher"]["config"]
    told, container = config["task_definition"], config["container_name"]
    variable = told.get("env") if isinstance(told, dict) else None
    name = dg.EnvVar(variable).get_value() if variable else str(told)
    if not name:
        message = f"{variable} is not set: no run can start; set it to the ARN of a revision"
        raise ProblemFoundError(message)
    ecs = client("ecs")
    try:
        found = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ClientException":
            raise
        message = f"there is no task definition {name}; register it, or set {variable or 'its name'}"
        raise ProblemFoundError(message) from error
    label = f"{found['family']}:{found['revision']}"
    if found.get("status", "ACTIVE") != "ACTIVE":
        message = f"{label} is {found['status']}: no run can start; set {variable} to an active revision"
        raise ProblemFoundError(message)
    names = [each["name"] for each in found["containerDefinitions"]]
    if container not in names:
        message = f"{label} has no container {container}, only {', '.join(names)}; the launcher needs it"
        raise ProblemFoundError(message)
    newest = ecs.describe_task_definition(taskDefinition=found["family"])["taskDefinition"]["revision"]
    newer = "" if newest == found["revision"] else f"; revision {newest} is newer"
    return f"{label}, ACTIVE, container {container}{newer}"


def differences(shipped: object, deployed: object, place: str = "") -> Iterator[str]:
    """Give where a deployed definition is other than the shipped one; placeholders stand for any text.

    Examples
    --------
    >>> list(differences({"Queue": "${Url}", "Seconds": 5}, {"Queue": "https://a/b", "Seconds": 6}))
    ['Seconds is 6, not 5']
    """
    if isinstance(shipped, dict) and isinstance(deployed, dict):
        for key in {**shipped, **deployed}:
            below = f"{place}.{key}".lstrip(".")
            if key not in shipped or key not in deployed:
                yield f"{below} is {'new here' if key in shipped else 'not of this version'}"
            else:
                yield from differences(shipped[key], deployed[key], below)
    elif isinstance(shipped, list) and isinstance(deployed, list) and len(shipped) == len(deployed):
        for number, (one, other) in enumerate(zip(shipped, deployed, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif isinstance(shipped, str) and isinstance(deployed, str):
        if not re.fullmatch(_PLACEHOLDER.sub(".*", re.escape(shipped)), deployed, re.DOTALL):
            yield f"{place} is {deployed[:60]!r}, not {shipped[:60]!r}"
    elif shipped != deployed:
        yield f"{place} is {deployed}, not {shipped}"


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
