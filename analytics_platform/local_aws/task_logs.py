"""What tasks print, in the emulated CloudWatch Logs. Which task runs is decided elsewhere."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moto.logs.models import logs_backends

from analytics_platform.local_aws.versions import ACCOUNT

_MOST_BYTES = 1 << 20


class TaskLog:
    """Sends on what a task writes to its file, line by line.

    Parameters
    ----------
    file : Path
        What the task prints.
    region : str
        Whose CloudWatch Logs.
    container : mapping of str to object
        Definition of the container; without options of ``awslogs`` nothing is sent.
    task_id : str
        Part of the name of the stream.
    """

    def __init__(self, file: Path, region: str, container: Mapping[str, Any], task_id: str) -> None:
        options = (container.get("logConfiguration") or {}).get("options") or {}
        self._file, self._region, self._sent = file, region, 0
        self._group = options.get("awslogs-group")
        prefix = options.get("awslogs-stream-prefix")
        self._stream = f"{prefix}/{container['name']}/{task_id}" if prefix else task_id

    def ship(self, *, is_last: bool = False) -> None:
        """Send whole lines; at the end also one that has none."""
        if self._group is None:
            return
        with self._file.open("rb") as file:
            file.seek(self._sent)
            new = file.read(None if is_last else _MOST_BYTES)
        whole = new if is_last or len(new) == _MOST_BYTES else new[: new.rfind(b"\n") + 1]
        if not whole:
            return
        self._sent += len(whole)
        at = int(time.time() * 1000)
        lines = whole.decode("utf-8", "replace").splitlines()
        self._put([{"timestamp": at, "message": line or " "} for line in lines])

    def _put(self, events: list[dict[str, Any]]) -> None:
        logs = logs_backends[ACCOUNT][self._region]
        if self._group not in logs.groups:
            logs.create_log_group(str(self._group), {})
        if self._stream not in logs.groups[str(self._group)].streams:
            logs.create_log_stream(str(self._group), self._stream)
        logs.put_log_events(str(self._group), self._stream, events)
