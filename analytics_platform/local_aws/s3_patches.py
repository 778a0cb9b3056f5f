"""What moto's S3 lacks: notifications with version and sequencer, and a listing that copies no contents."""

import itertools
import time
from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any

import moto.s3.notifications
from moto.s3.models import S3Backend

_installed: list[bool] = []
_numbers = itertools.count(time.time_ns())


def install() -> None:
    """Patch records and listing of S3 once a process."""
    if not _installed:
        _installed.append(True)
        moto.s3.notifications._get_s3_event = _with_version(moto.s3.notifications._get_s3_event)  # noqa: SLF001 - what is patched
        S3Backend.list_object_versions = _without_copies(S3Backend.list_object_versions)  # type: ignore[method-assign]


def next_sequencer() -> str:
    """Return what orders the events of one key: more than all before."""
    return f"{next(_numbers):018X}"


def _with_version(original: Callable[..., Any]) -> Callable[..., Any]:
    def event(event_name: str, bucket: Any, key: Any, notification_id: str) -> Any:  # noqa: ANN401 - of moto
        told = original(event_name, bucket, key, notification_id)
        for record in told["Records"]:
            facts = record["s3"]["object"]
            facts["sequencer"] = next_sequencer()
            if key.version_id not in {None, "null"}:
                facts["versionId"] = key.version_id
        return told

    return event


def _without_copies(original: Any) -> Any:  # noqa: ANN401 - a function of moto
    """Let a listing not copy every object of the bucket: it marks the newest and changes nothing else."""
    as_it_is = SimpleNamespace(deepcopy=lambda versions: versions)
    return FunctionType(
        original.__code__,
        {**original.__globals__, "copy": as_it_is},
        original.__name__,
        original.__defaults__,
    )
