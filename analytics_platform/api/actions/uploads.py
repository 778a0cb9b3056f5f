"""Uploads: files into the landing zone behind the guard of ingestion, and what became of them.

Every method may block: call it in a thread. What is wrong with a file is told as a `Problem` (status 404, 422
or 503). No file is parsed here: the process for what is not trusted does that, when a run loads it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from analytics_platform.api.actions.outages import outages
from analytics_platform.api.actions.upload_form import DATASET, FILE, Received
from analytics_platform.api.actions.upload_states import (
    Upload,
    UploadState,
    upload_of_entry,
    upload_of_version,
    version_named,
)
from analytics_platform.api.problems import Problem
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.ingestion.dialects.toml_files import DialectError, parse_dialects
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import RIGHT_NAMES, DeliveryName, parse_file_name
from analytics_platform.ingestion.guards.guard import Limits, guard_file
from analytics_platform.storage.landing.object_versions import refuse_unsafe
from analytics_platform.storage.landing.zone import LandingZone, ObjectVersion, open_landing_zone
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.tables.registry import DELIVERED

__all__ = ["Upload", "UploadState", "Uploads"]

_GUARDED_AT_ONCE = 2


class Uploads:
    """Takes files and tells what became of them.

    Parameters
    ----------
    landing_url, ledger_url : str
        Where files go, and where it is written what becomes of them; opened when they are first needed.
    sources : Path
        Folder of the source dialects: of a source that delivers one dataset the name tells which.
    scratch : Path
        Folder for files while they are looked at.
    limits : Limits
        What the guard allows.
    audit : AuditLog
        Where it is written down who put what.
    """

    def __init__(  # noqa: PLR0913 - the places between which a file goes
        self,
        landing_url: str,
        ledger_url: str,
        *,
        sources: Path,
        scratch: Path,
        limits: Limits,
        audit: AuditLog,
    ) -> None:
        self.scratch = scratch
        self.max_bytes = limits.max_file_bytes
        self._landing_url = landing_url
        self._ledger_url = ledger_url
        self._sources = sources
        self._limits = limits
        self._audit = audit
        self._guarding = threading.BoundedSemaphore(_GUARDED_AT_ONCE)
        self._putting = threading.Lock()

    @cached_property
    def _landing(self) -> LandingZone:
        return open_landing_zone(self._landing_url)

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._ledger_url)

    def land(self, received: Received, *, by: str, from_: str) -> Upload:
        """Put a received file into the landing zone.

        Parameters
        ----------
        received : Received
            The file, and how its sender calls it.
        by : str
            Name of the caller.
        from_ : str
            Address of the caller, for the audit log.

        Returns
        -------
        Upload
            The version, which the next run loads; `is_new` is False if the newest version of that name has
            this content.

        Raises
        ------
        Problem
            Status 422 if its name or the guard refuses it: then it is **not** in the landing zone, and not in
            quarantine either, for the sender is still there to mend it; 503 if a store does not work.
        """
        with self._audited(received, by, from_) as outcome:
            name = self._named(received)
            self._guard(received, name)
            with outages():
                upload = self._put(received, name)
            outcome.append(f"version {upload.version_id}" + ("" if upload.is_new else " as before"))
        return upload

    def status(self, upload_id: str) -> Upload:
        """Return what became of an upload; Problem 404 if there is none."""
        named = version_named(upload_id)
        if named is not None:
            key, version_id = named
            with outages():
                entry = self._ledger.entry(key, version_id)
                if entry is not None:
                    return upload_of_entry(entry)
                for version in self._versions(key):
                    if version.version_id == version_id:
                        return upload_of_version(version)
        raise Problem(404, "there is no upload of this id: the answer to an upload tells it")

    def _named(self, received: Received) -> DeliveryName:
        """Return what the name declares; the dataset is told apart, before the name, or by its source."""
        folder, _, file_name = received.file_name.rpartition("/")
        dataset = received.dataset or folder or self._only_dataset(file_name)
        if dataset is None:
            known = ", ".join(sorted(DELIVERED))
            raise Problem(
                422, f"{DATASET}: is missing, and the name tells none; give one of {known}", DATASET
            )
        if folder not in {"", dataset}:
            raise Problem(422, f"{FILE}: its folder is not the dataset {dataset!r}; send the bare name", FILE)
        key, field = f"{dataset}/{file_name}", FILE if dataset in DELIVERED else DATASET
        try:
            refuse_unsafe(key)
            return parse_file_name(key, datetime.now(UTC).date())
        except DeliveryRefused as refusal:
            raise Problem(422, f"{_NOT_LANDED}{refusal}", field) from refusal
        except ValueError as error:
            raise Problem(422, f"{_NOT_LANDED}{error}; name it as in {RIGHT_NAMES}", field) from error

    def _only_dataset(self, file_name: str) -> str | None:
        """Return the dataset of a source that delivers no other one, as its dialect tells."""
        source, underscore, _ = file_name.partition("_")
        dialects = self._sources / f"{source}.toml"
        if not underscore or not source.replace("-", "").isalnum() or not dialects.is_file():
            return None
        try:
            datasets = list(parse_dialects(source, dialects.read_text("utf-8")))
        except (DialectError, OSError, UnicodeDecodeError):
            return None
        return datasets[0] if len(datasets) == 1 else None

    def _guard(self, received: Received, name: DeliveryName) -> None:
        try:
            with self._guarding:
                guard_file(received.file, name, self._limits)
        except DeliveryRefused as refusal:
            raise Problem(422, f"{_NOT_LANDED}{refusal}", FILE) from refusal

    def _put(self, received: Received, name: DeliveryName) -> Upload:
        """Put the file, then tell the ledger; killed in between, the next look at the zone tells it."""
        key = str(name)
        with self._putting:
            before = {version.version_id for version in self._versions(key)}
            version = self._landing.put(key, received.file)
        self._ledger.observe(version, name)
        entry = self._ledger.entry(key, version.version_id)
        upload = upload_of_version(version) if entry is None else upload_of_entry(entry)
        return upload.landed(sha256=received.sha256, is_new=version.version_id not in before)

    def _versions(self, key: str) -> Iterator[ObjectVersion]:
        return (version for version in self._landing.versions(key) if version.key == key)

    @contextmanager
    def _audited(self, received: Received, by: str, from_: str) -> Iterator[list[str]]:
        """Write down an upload with its outcome, also if it is refused."""
        outcome: list[str] = []
        about = f"{received.dataset or ''} {received.file_name} {received.size_bytes} bytes {received.sha256}"
        try:
            yield outcome
        except Problem as problem:
            outcome.append(f"{problem.status} {problem.detail}")
            raise
        finally:
            told = " ".join(outcome) or "the server failed"
            self._audit.write(who=by, what="upload", about=about.strip(), outcome=told, from_=from_)


_NOT_LANDED = "Nothing was landed. "
