"""Exports that were asked for: how many at once, by whom, until when. How rows are found is not here."""

import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from analytics_platform.api.exports.asked import ExportRequest
from analytics_platform.api.exports.engine import Bounds, EngineError, ExportEngine, Progress, too_many_bytes
from analytics_platform.api.exports.own_folder import OwnFolder
from analytics_platform.api.problems import Problem
from analytics_platform.api.security.audit import AuditLog

State = Literal["running", "success", "failure", "canceled"]

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 2.0


@dataclass(frozen=True)
class Export:
    """One export.

    Attributes
    ----------
    id : str
        Cannot be guessed.
    request : ExportRequest
        What was asked for.
    by : str
        Who asked; nobody else sees it.
    asked_at, expires_at : datetime
        From when to when it is kept.
    state : {"running", "success", "failure", "canceled"}
        Where it stands.
    rows, bytes_ : int
        Of the file, once it is there.
    reason : str
        Why it failed.
    """

    id: str
    request: ExportRequest
    by: str
    asked_at: datetime
    expires_at: datetime
    state: State = "running"
    rows: int = 0
    bytes_: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Allowed:
    """How much all exports together may be.

    Attributes
    ----------
    at_once : int
        Most that run at the same time.
    kept : int
        Most that are remembered, running ones too.
    seconds_kept : float
        How long a file can be fetched.
    each : Bounds
        How much one may be.
    """

    at_once: int = 2
    kept: int = 20
    seconds_kept: float = 3600.0
    each: Bounds = field(default_factory=Bounds)


class Exports:
    """Exports of this process; another process knows nothing of them, and a restart forgets them.

    Parameters
    ----------
    engine : ExportEngine
        What makes the files.
    folder : Path
        Where they stand, beside those of other processes. Nothing else may stand there.
    audit : AuditLog
        Who asked for what.
    allowed : Allowed
        How much there may be.
    """

    def __init__(
        self, engine: ExportEngine, folder: Path, audit: AuditLog, allowed: Allowed | None = None
    ) -> None:
        self._engine = engine
        self._own = OwnFolder(folder)
        self._folder = self._own.path
        self._audit = audit
        self._allowed = allowed or Allowed()
        self._known: dict[str, Export] = {}
        self._stopped: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def start(self, request: ExportRequest, *, by: str, from_: str) -> Export:
        """Begin an export.

        Raises
        ------
        Problem
            If too many run or are kept.
        """
        now = datetime.now(UTC)
        expires = now + timedelta(seconds=self._allowed.seconds_kept)
        made = Export(uuid.uuid4().hex, request, by, now, expires)
        stop = threading.Event()
        with self._lock:
            self._purge(now)
            running = sum(each.state == "running" for each in self._known.values())
            if running >= self._allowed.at_once or len(self._known) >= self._allowed.kept:
                self._audit.write(
                    who=by, what="export", about=request.table, outcome="refused: too many", from_=from_
                )
                told = (
                    f"{running} exports run and {len(self._known)} are kept: wait, or cancel one with DELETE"
                )
                raise Problem(429, told)
            self._known[made.id] = made
            self._stopped[made.id] = stop
        about = f"{made.id} {request.table} {request.first} {request.last}"
        self._audit.write(who=by, what="export", about=about, outcome="started", from_=from_)
        threading.Thread(
            target=self._follow, args=(made, stop), name=f"export-{made.id}", daemon=True
        ).start()
        return made

    def get(self, id_: str, *, by: str) -> Export:
        """Return an export.

        Raises
        ------
        Problem
            If there is none of the caller by this name, or none any longer.
        """
        with self._lock:
            self._purge(datetime.now(UTC))
            found = self._known.get(id_)
        if found is None or found.by != by:
            kept = f"{self._allowed.seconds_kept / 60:.0f} minutes"
            told = (
                f"there is no export {id_[:40]!r} of yours; one is kept for {kept}: ask anew by POST /exports"
            )
            raise Problem(404, told, "id")
        return found

    def file(self, id_: str, *, by: str, from_: str) -> tuple[Export, Path]:
        """Return an export that is there, and its file.

        Raises
        ------
        Problem
            If it is not there yet, failed, or is gone.
        """
        found = self.get(id_, by=by)
        if found.state != "success":
            told = f"the export is {found.state}; {found.reason or 'ask for its state until it is success'}"
            raise Problem(409, told)
        if not self._target(found).exists():
            told = "the file of the export was deleted from outside: ask anew by POST /exports"
            raise Problem(410, told, "id")
        self._audit.write(who=by, what="export", about=found.id, outcome="fetched", from_=from_)
        return found, self._target(found)

    def cancel(self, id_: str, *, by: str, from_: str) -> None:
        """End an export if it runs, and delete what it has made."""
        found = self.get(id_, by=by)
        with self._lock:
            stop = self._stopped.pop(found.id, None)
            self._known.pop(found.id, None)
        if stop is not None:
            stop.set()
        if found.state != "running":
            self._delete(found)
        self._audit.write(who=by, what="export", about=found.id, outcome="canceled", from_=from_)

    def _follow(self, made: Export, stop: threading.Event) -> None:
        """Start it and look at it, ever more rarely, until it ends or must."""
        ended = replace(made, state="failure", reason="the export failed: the server's log tells why")
        try:
            ended = self._made(made, stop)
        except EngineError as error:
            ended = replace(made, state="failure", reason=str(error))
        finally:
            self._settle(ended)

    def _settle(self, ended: Export) -> None:
        if ended.state != "success":
            self._delete(ended)
        with self._lock:
            if ended.id in self._known:
                self._known[ended.id] = ended
                return
        self._delete(ended)

    def _made(self, made: Export, stop: threading.Event) -> Export:
        bounds, target = self._allowed.each, self._target(made)
        handle = self._engine.start(made.request, target, bounds)
        deadline, pause = time.monotonic() + bounds.seconds, _FIRST_PAUSE_SECONDS
        try:
            while (progress := self._engine.poll(handle)).state == "running":
                if time.monotonic() >= deadline:
                    told = f"not done after {bounds.seconds:g} seconds and stopped: ask for fewer days"
                    return replace(made, state="failure", reason=told)
                if stop.wait(min(pause, max(deadline - time.monotonic(), 0.0))):
                    return replace(made, state="canceled")
                pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
        finally:
            self._engine.cancel(handle)
        return _ended(made, progress, target, bounds)

    def _target(self, made: Export) -> Path:
        return self._folder / f"{made.id}.{made.request.form}"

    def _delete(self, made: Export) -> None:
        for left in self._folder.glob(f"{made.id}*"):
            left.unlink(missing_ok=True)

    def _purge(self, now: datetime) -> None:
        """Delete what has been kept long enough; the lock is held."""
        for each in [one for one in self._known.values() if one.expires_at <= now and one.state != "running"]:
            self._delete(each)
            del self._known[each.id]
            self._stopped.pop(each.id, None)


def _ended(made: Export, progress: Progress, target: Path, bounds: Bounds) -> Export:
    if progress.state == "failure":
        return replace(made, state="failure", reason=progress.reason)
    if not target.exists():
        return replace(made, state="failure", reason="its file was deleted from outside: ask anew")
    size = target.stat().st_size
    if size > bounds.bytes_:
        return replace(made, state="failure", reason=too_many_bytes(bounds))
    return replace(made, state="success", rows=progress.rows, bytes_=size)
