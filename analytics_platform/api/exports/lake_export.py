"""Exports out of the lake, each by a process of its own."""

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from analytics_platform.api.exports import lake_writer
from analytics_platform.api.exports.asked import ExportRequest
from analytics_platform.api.exports.engine import RUNNING, Bounds, Progress, too_many_bytes, too_many_rows


class LakeExport:
    """Engine over the lake in a folder, or on S3 without Athena.

    Memory is that of the process that writes, batch by batch; the one that answers holds none of it. What
    polars does cannot be interrupted from within, a process can be killed.

    Parameters
    ----------
    lake : Path or str
        Folder of the lake, or ``s3://bucket/prefix``.
    catalog_database, iceberg_tables
        As of `open_lake`.
    """

    def __init__(
        self, lake: Path | str, *, catalog_database: str | None = None, iceberg_tables: Sequence[str] = ()
    ) -> None:
        self._lake = lake_writer.Place(str(lake), catalog_database, tuple(iceberg_tables))
        self._running: dict[str, tuple[subprocess.Popen[bytes], Bounds]] = {}

    def start(self, request: ExportRequest, target: Path, bounds: Bounds) -> str:
        """Start the process."""
        order = lake_writer.ORDER.dump_json(lake_writer.Order(self._lake, target, request, bounds))
        log = target.with_suffix(".log")
        with log.open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", lake_writer.__name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        if process.stdin is not None:
            process.stdin.write(order)
            process.stdin.close()
        handle = uuid.uuid4().hex
        self._running[handle] = process, bounds
        return handle

    def poll(self, handle: str) -> Progress:
        """Tell whether the process has ended, and how."""
        process, bounds = self._running[handle]
        code = process.poll()
        if code is None:
            return RUNNING
        told = process.stdout.read() if process.stdout is not None else b""
        self._forget(handle)
        if code == 0:
            return Progress("success", rows=int(json.loads(told)["rows"]))
        return Progress("failure", reason=_reason(code, bounds))

    def cancel(self, handle: str) -> None:
        """Kill the process and wait until it is gone."""
        if handle in self._running:
            process, _ = self._running[handle]
            process.kill()
            process.wait()
            self._forget(handle)

    def _forget(self, handle: str) -> None:
        process, _ = self._running.pop(handle)
        if process.stdout is not None:
            process.stdout.close()


def _reason(code: int, bounds: Bounds) -> str:
    if code == lake_writer.TOO_MANY_ROWS:
        return too_many_rows(bounds)
    if code == -signal.SIGXFSZ:
        return too_many_bytes(bounds)
    return "the export failed: ask again, and if it fails again look into the log of the server"
