"""What is told of an uploaded version: its id, and where the ledger has it. No store is opened here."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.entries import Entry
from analytics_platform.storage.ledger.tables import State

_LONGEST_ID = 3000


class UploadState(StrEnum):
    """Where an uploaded version stands.

    Attributes
    ----------
    WAITING
        No run has it yet.
    LOADING
        A run has it.
    PUBLISHED
        Its rows are in the lake; the numbers follow with the run that computes them.
    QUARANTINED
        It was refused; the message tells why.
    UNCHANGED
        Its content is that of the version before it.
    SUPERSEDED
        A newer version of its name is loaded.
    DISCARDED
        A person has decided that it is never loaded.
    """

    WAITING = "waiting"
    LOADING = "loading"
    PUBLISHED = "published"
    QUARANTINED = "quarantined"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


_STATES = {
    State.SEEN: UploadState.WAITING,
    State.LAUNCHED: UploadState.LOADING,
    State.LOADED: UploadState.PUBLISHED,
    State.QUARANTINED: UploadState.QUARANTINED,
    State.DUPLICATE: UploadState.UNCHANGED,
    State.SUPERSEDED: UploadState.SUPERSEDED,
    State.DISCARDED: UploadState.DISCARDED,
}


@dataclass(frozen=True)
class Upload:
    """A version in the landing zone, and where it stands.

    Attributes
    ----------
    id : str
        Of the upload: it stands for key and version.
    key, dataset : str
        Name in the landing zone, and the table that it fills.
    version_id : str
        Of the version.
    known_at : datetime
        When it was put, in UTC.
    size_bytes : int
        Its size.
    sha256 : str or None
        Digest of the content; None until it is known.
    state : UploadState
        Where it stands.
    message : str or None
        Why it stands there.
    rows_read, rows_accepted, rows_rejected, rows_ignored : int or None
        The account, once it was read.
    run_id : str or None
        Run that took it last.
    is_new : bool
        Of the answer to an upload: False if the newest version of that name had this content before.
    """

    id: str
    key: str
    dataset: str
    version_id: str
    known_at: datetime
    size_bytes: int
    sha256: str | None
    state: UploadState
    message: str | None = None
    rows_read: int | None = None
    rows_accepted: int | None = None
    rows_rejected: int | None = None
    rows_ignored: int | None = None
    run_id: str | None = None
    is_new: bool = True

    def landed(self, *, sha256: str, is_new: bool) -> "Upload":
        """Return it as the answer to the upload."""
        return replace(self, sha256=sha256, is_new=is_new)


def upload_of_entry(entry: Entry) -> Upload:
    """Return a version as the ledger has it."""
    told = upload_of_version(entry.version)
    return replace(
        told,
        sha256=entry.sha256,
        state=_STATES[entry.state],
        message=entry.message,
        rows_read=entry.rows_read,
        rows_accepted=entry.rows_accepted,
        rows_rejected=entry.rows_rejected,
        rows_ignored=entry.rows_ignored,
        run_id=entry.run_id,
    )


def upload_of_version(version: ObjectVersion) -> Upload:
    """Return a version that the ledger does not know yet."""
    return Upload(
        id=upload_id(version.key, version.version_id),
        key=version.key,
        dataset=version.key.partition("/")[0],
        version_id=version.version_id,
        known_at=version.known_at,
        size_bytes=version.size,
        sha256=None,
        state=UploadState.WAITING,
    )


def upload_id(key: str, version_id: str) -> str:
    """Return the id that stands for a version.

    Examples
    --------
    >>> version_named(upload_id("prices/vendor_2013-03-01.csv", "v1"))
    ('prices/vendor_2013-03-01.csv', 'v1')
    """
    return urlsafe_b64encode(json.dumps([key, version_id]).encode()).decode().rstrip("=")


def version_named(id_: str) -> tuple[str, str] | None:
    """Return key and version that an id stands for; None if it can be of no upload.

    Examples
    --------
    >>> version_named("Li4vLi4v"), version_named("")
    (None, None)
    """
    if len(id_) > _LONGEST_ID or not id_.isascii():
        return None
    try:
        told = json.loads(urlsafe_b64decode(id_ + "=" * (-len(id_) % 4)))
        key, version_id = (str(part) for part in told)
        parse_file_name(key)
    except (Base64Error, ValueError, TypeError, RecursionError, DeliveryRefused):
        return None
    return (key, version_id) if version_id.isprintable() else None
