"""The manifest of a published version, and its name, which tells when it was published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

_STAMP = "%Y%m%dT%H%M%S"
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Part:
    """One object of a table.

    Attributes
    ----------
    name : str
        Calendar month or year of its rows, ``all`` where the table has no date.
    rows : int
        Number of rows.
    sha256 : str
        Digest of the Parquet object, and its name.
    """

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Version:
    """The manifest of one published version.

    Attributes
    ----------
    name : str
        Moment of publication and run; names sort in the order of publication.
    published_at : datetime
        From when on readers see it, in UTC.
    run_id : str
        Run that published it.
    known_at : datetime
        The run knew what had been put until then.
    code_version : str
        Version of the package and of the risk model.
    tables : mapping of str to tuple of Part
        Objects of each table, in order.
    """

    name: str
    published_at: datetime
    run_id: str
    known_at: datetime
    code_version: str
    tables: Mapping[str, tuple[Part, ...]]

    def to_json(self) -> str:
        """Return the manifest as it is stored."""
        return json.dumps(asdict(self), indent=1, default=_written)

    @classmethod
    def from_json(cls, text: str) -> "Version":
        """Return a manifest that was stored."""
        stored = json.loads(text)
        moments = {field: datetime.fromisoformat(stored[field]) for field in ("published_at", "known_at")}
        tables = {
            table: tuple(Part(**part) for part in parts) for table, parts in stored.pop("tables").items()
        }
        return cls(**{**stored, **moments}, tables=tables)


def version_name(published_at: datetime, run_id: str) -> str:
    """Return the name of a version; names sort in the order of publication.

    Examples
    --------
    >>> version_name(datetime(2013, 3, 1, 22, 5, 7, 250_000, UTC), "5f2c1d7e-9a")
    '20130301T220507250Z_5f2c1d7e'
    """
    return f"{published_at:{_STAMP}}{published_at.microsecond // 1000:03}Z_{run_id[:8]}"


def published_at(name: str) -> datetime:
    """Return when the version with a name was published."""
    stamp = name.partition("_")[0].removesuffix("Z")
    return datetime.strptime(stamp[:-3], _STAMP).replace(tzinfo=UTC) + int(stamp[-3:]) * _TICK


def next_moment(names: Sequence[str]) -> datetime:
    """Return now in milliseconds, but always after the newest version, also if the clock went back."""
    now = datetime.now(UTC)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return max(now, published_at(names[-1]) + _TICK) if names else now


def _written(moment: datetime) -> str:
    return moment.isoformat()
