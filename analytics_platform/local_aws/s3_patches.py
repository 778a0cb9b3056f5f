"""What moto's notifications of S3 lack: version and sequencer of the object, as AWS tells them."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import moto.s3.notifications

_installed: list[bool] = []
_numbers = itertools.count(time.time_ns())


def install() -> None:
    """Patch the records of S3 once a process."""
    if not _installed:
        _installed.append(True)
        moto.s3.notifications._get_s3_event = _with_version(moto.s3.notifications._get_s3_event)  # noqa: SLF001 - what is patched


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
