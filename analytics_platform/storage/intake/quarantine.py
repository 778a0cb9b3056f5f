"""Quarantine: what was refused, with its report, in a form that the sender can work on."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import polars as pl

from analytics_platform.ingestion.faults import Finding, shown
from analytics_platform.storage import files
from analytics_platform.storage.intake.spreadsheet_text import neutral, neutral_cells
from analytics_platform.storage.landing.zone import ObjectVersion

REPORT, READABLE, REJECTED = "report.json", "report.txt", "rejected.csv"
_LONGEST_PART = 120
_READABLE_CHARACTERS = " ()+,=@"


@dataclass(frozen=True)
class Discarded:
    """The decision of a person that a file is never loaded.

    Attributes
    ----------
    by : str
        Who decided.
    at : datetime
        When, in UTC.
    reason : str
        Why.
    """

    by: str
    at: datetime
    reason: str


class Quarantine:
    """One folder per refused object version.

    Parameters
    ----------
    root : Path
        Folder of the quarantine.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, version: ObjectVersion) -> Path:
        """Return the folder of one object version: below the root, whatever it is called."""
        parts = [*version.key.split("/"), version.version_id]
        return self.root.joinpath(*(_safe_part(part) for part in parts))

    def keep(
        self,
        version: ObjectVersion,
        *,
        file: Path,
        verdict: str,
        findings: Sequence[Finding],
        rejected: Path | None = None,
    ) -> Path:
        """Keep a file, its report for people and for programs, and its rejected rows.

        Parameters
        ----------
        version : ObjectVersion
            What was delivered.
        file : Path
            Its content.
        verdict : str
            What became of the file, in a sentence.
        findings : sequence of Finding
            What is wrong with it, or the first of it.
        rejected : Path, optional
            Parquet file of all rejected rows in the sender's own columns, with row number and reason.

        Returns
        -------
        Path
            Folder of the version.
        """
        folder = self.folder(version)
        files.copy(file, folder / _kept_name(version))
        if rejected is not None and pl.scan_parquet(rejected).select(pl.len()).collect().item():
            _write_rows(folder / REJECTED, rejected)
        report = {
            "file": version.key,
            "version": version.version_id,
            "known_at": version.known_at.isoformat(),
            "verdict": verdict,
            "findings": [finding.model_dump(mode="json") for finding in findings],
        }
        files.write_text(folder / REPORT, json.dumps(report, indent=2, sort_keys=True))
        files.write_text(folder / READABLE, _readable(version, verdict, findings))
        return folder

    def report(self, version: ObjectVersion) -> str | None:
        """Return the readable report of a version; None if none is kept."""
        report = self.folder(version) / READABLE
        return report.read_text("utf-8") if report.exists() else None

    def kept(self, version: ObjectVersion) -> list[Path]:
        """Return the files kept of a version."""
        folder = self.folder(version)
        return sorted(path for path in folder.glob("[!.]*") if path.is_file()) if folder.is_dir() else []

    def discard(self, version: ObjectVersion, decision: Discarded) -> None:
        """Write the decision into both reports, then take away everything else. Again, it changes nothing."""
        report = self.folder(version) / REPORT
        known = json.loads(report.read_text("utf-8")) if report.exists() else {"file": version.key}
        if "discarded" not in known:
            known["discarded"] = {
                "by": decision.by,
                "at": decision.at.isoformat(timespec="seconds"),
                "reason": decision.reason,
            }
            files.write_text(report, json.dumps(known, indent=2, sort_keys=True))
            text = f"discarded by {shown(decision.by)} at {decision.at:%Y-%m-%d %H:%M} UTC: "
            before = self.report(version) or f"{shown(version.key)}\n"
            files.write_text(
                self.folder(version) / READABLE, f"{before}\n{text}{shown(decision.reason, 2000)}\n"
            )
        for path in self.kept(version):
            if path.name not in {REPORT, READABLE}:
                path.unlink(missing_ok=True)


def _readable(version: ObjectVersion, verdict: str, findings: Sequence[Finding]) -> str:
    title = f"{shown(version.key, 1024)} ({shown(version.version_id)})"
    lines = [title, verdict, "", *map(str, findings)]
    return "\n".join(str(neutral(line)) for line in lines) + "\n"


def _kept_name(version: ObjectVersion) -> str:
    """Return the name that the content is kept under: the sender's, unless a report is called so."""
    name = _safe_part(PurePosixPath(version.key).name)
    return f"file_{name}" if name in {REPORT, READABLE, REJECTED} or name.startswith(".") else name


def _safe_part(part: str) -> str:
    """Return a folder name for a part of a key: one name a part, no way up, not too long for a disk.

    Examples
    --------
    >>> _safe_part("fund-admin_2013-02-28.xlsx"), _safe_part(".."), _safe_part("a/b")
    ('fund-admin_2013-02-28.xlsx', '%2E%2E', 'a%2Fb')
    >>> len(_safe_part("long" * 250 + ".csv"))
    120
    """
    if not part.strip("."):
        return part.replace(".", "%2E") or "%"
    name = quote(part, safe=_READABLE_CHARACTERS)
    if len(name) <= _LONGEST_PART:
        return name
    digest = hashlib.sha256(part.encode()).hexdigest()[:16]
    return f"{name[:80]}~{digest}~{name[-22:]}"


def _write_rows(target: Path, rejected: Path) -> None:
    """Write rejected rows as they come: there may be millions of them."""
    rows = pl.scan_parquet(rejected)
    schema = rows.collect_schema()
    with files.replacing(target) as temporary, temporary.open("wb") as file:
        header = io.StringIO()
        csv.writer(header).writerow([neutral(name) for name in schema.names()])
        file.write(header.getvalue().encode())
        file.flush()
        rows.select(neutral_cells(schema)).sink_csv(file, include_header=False, line_terminator="\r\n")
