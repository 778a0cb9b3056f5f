"""What a target of EventBridge receives of an event: all, a part, a constant or a template. Pure."""

import json
import re
from typing import Any

from jsonpath_ng.parser import JsonPathParser

_VARIABLE = re.compile(r"<(?P<name>[A-Za-z0-9_.-]+)>")


def target_input(target: dict[str, Any], event: dict[str, Any]) -> str:
    """Return the input of a target as text.

    Parameters
    ----------
    target : dict
        As ``put_targets`` took it: ``Input``, ``InputPath`` or ``InputTransformer``, or none of them.
    event : dict
        The event as AWS tells it.

    Examples
    --------
    >>> event = {"detail": {"key": 'a "b"', "size": 3}}
    >>> target_input({"InputPath": "$.detail.size"}, event)
    '3'
    >>> template = '{"name": <key>, "url": "s3://b/<key>", "size": <size>}'
    >>> paths = {"key": "$.detail.key", "size": "$.detail.size"}
    >>> told = target_input({"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}, event)
    >>> json.loads(told)
    {'name': 'a "b"', 'url': 's3://b/a "b"', 'size': 3}
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_found(target["InputPath"], event))
    if "InputTransformer" in target:
        return _filled(target["InputTransformer"], event)
    return json.dumps(event, default=str)


def _found(path: str, event: dict[str, Any]) -> object:
    found = JsonPathParser().parse(path).find(event)
    return found[0].value if found else None


def _filled(transformer: dict[str, Any], event: dict[str, Any]) -> str:
    values = {name: _found(path, event) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values["aws.events.event.json"] = event
    template = str(transformer["InputTemplate"])

    def value(found: re.Match[str]) -> str:
        if found["name"] not in values:
            return found[0]
        told = values[found["name"]]
        if template[: found.start()].count('"') % 2 == 0:
            return json.dumps(told, default=str)
        text = told if isinstance(told, str) else json.dumps(told, default=str)
        return json.dumps(text)[1:-1]

    return _VARIABLE.sub(value, template)
