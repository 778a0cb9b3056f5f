"""What moto's EventBridge lacks: state machines and functions as targets, events of S3 as AWS tells them."""

import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.utilities.arns import parse_arn

from analytics_platform.local_aws.lambda_runtime import invoke_later
from analytics_platform.local_aws.s3_patches import next_sequencer
from analytics_platform.local_aws.target_input import target_input

_OURS = ("states", "lambda")
_OF_MOTO = "617f08299329d189"
"""Sequencer in all events of moto."""

_LOG = logging.getLogger(__name__)
_installed: list[bool] = []


def install() -> None:
    """Patch EventBridge once a process."""
    if not _installed:
        _installed.append(True)
        Rule.send_to_targets = _sending_to_machines(Rule.send_to_targets)  # type: ignore[method-assign]


def _sending_to_machines(original: Callable[..., None]) -> Callable[..., None]:
    def send(self: Any, original_event: Any, transform_input: bool = True) -> None:  # noqa: ANN401, FBT001, FBT002 - of moto
        _correct(original_event)
        if self.state != "ENABLED" or not self.event_pattern.matches_event(original_event):
            return
        ours = [target for target in self.targets if parse_arn(target["Arn"]).service in _OURS]
        for target in ours:
            _send(target, {**original_event, "time": _as_text(original_event.get("time"))})
        others = [target for target in self.targets if target not in ours]
        if others:
            every, self.targets = self.targets, others
            try:
                original(self, original_event, transform_input)
            finally:
                self.targets = every

    return send


def _send(target: dict[str, Any], event: dict[str, Any]) -> None:
    """Send an event to one target; what fails is told and keeps nothing from the others."""
    try:
        arn, body = parse_arn(target["Arn"]), target_input(target, event)
        if arn.service == "lambda":
            invoke_later(arn.account, arn.region, target["Arn"], body)
            return
        backend = stepfunctions_parser_backends[arn.account][arn.region]
        backend.start_execution(target["Arn"], name=str(uuid.uuid4()), execution_input=body)
    except Exception:  # noqa: BLE001 - moto would swallow it
        _LOG.exception("EventBridge cannot send to %s", target["Arn"])


def _correct(event: dict[str, Any]) -> None:
    """Give an event of S3 an identity of its own, once, and the names that AWS uses."""
    detail = event.get("detail")
    if event.get("source") != "aws.s3" or not isinstance(detail, dict):
        return
    facts = detail.get("object")
    if not isinstance(facts, dict) or facts.get("sequencer") != _OF_MOTO:
        return
    event["id"] = str(uuid.uuid4())
    facts["sequencer"] = next_sequencer()
    facts["etag"] = facts.pop("eTag")
    if facts.get("version-id") in {None, "null"}:
        facts.pop("version-id", None)


def _as_text(time: object) -> object:
    if isinstance(time, int | float):
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return time
