"""What moto's EventBridge lacks: state machines and functions as targets."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.utilities.arns import parse_arn

from analytics_platform.local_aws.lambda_runtime import invoke_later

_OURS = ("states", "lambda")
_installed: list[bool] = []


def install() -> None:
    """Patch EventBridge once a process."""
    if not _installed:
        _installed.append(True)
        Rule.send_to_targets = _sending_to_machines(Rule.send_to_targets)  # type: ignore[method-assign]


def _sending_to_machines(original: Callable[..., None]) -> Callable[..., None]:
    def send(self: Any, original_event: Any, transform_input: bool = True) -> None:  # noqa: ANN401, FBT001, FBT002 - of moto
        if not self.event_pattern.matches_event(original_event):
            return
        ours = [target for target in self.targets if parse_arn(target["Arn"]).service in _OURS]
        for target in ours:
            _send(target, _as_aws_tells_it(original_event))
        others = [target for target in self.targets if target not in ours]
        if others:
            every, self.targets = self.targets, others
            try:
                original(self, original_event, transform_input)
            finally:
                self.targets = every

    return send


def _send(target: dict[str, str], event: dict[str, object]) -> None:
    arn, body = parse_arn(target["Arn"]), target.get("Input") or json.dumps(event, default=str)
    if arn.service == "lambda":
        invoke_later(arn.account, arn.region, target["Arn"], body)
        return
    backend = stepfunctions_parser_backends[arn.account][arn.region]
    backend.start_execution(target["Arn"], name=str(uuid.uuid4()), execution_input=body)


def _as_aws_tells_it(event: dict[str, Any]) -> dict[str, object]:
    """Return an event with the time as text and the names of the object's facts as S3 sends them."""
    told = {**event}
    if isinstance(told.get("time"), int | float):
        told["time"] = datetime.fromtimestamp(told["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    detail = told.get("detail")
    if isinstance(detail, dict) and isinstance(detail.get("object"), dict):
        facts = dict(detail["object"])
        if "eTag" in facts:
            facts["etag"] = facts.pop("eTag")
        told["detail"] = {**detail, "object": facts}
    return told
