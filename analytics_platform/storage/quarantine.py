"""Quarantine: what was refused, with its report, in a form that the sender can work on."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from analytics_platform.ingestion.faults import Finding
from analytics_platform.storage import files
from analytics_platform.storage.landing_zone import ObjectVersion

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text cell that opens so would run as a formula when a spreadsheet opens the export."""


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
        """Return the folder of one object version."""
        return self.root / version.key / version.version_id

    def keep(
        self,
        version: ObjectVersion,
        *,
        file: Path,
        verdict: str,
        findings: Sequence[Finding],
        rejected: pl.DataFrame | None = None,
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
            What is wrong with it.
        rejected : DataFrame, optional
            Rejected rows in the sender's own columns, with row number and reason.

        Returns
        -------
        Path
            Folder of the version.
        """
        folder = self.folder(version)
        files.copy(file, folder / Path(version.key).name)
        report = {
            "file": version.key,
            "version": version.version_id,
            "known_at": version.known_at.isoformat(),
            "verdict": verdict,
            "findings": [finding.model_dump(mode="json") for finding in findings],
        }
        files.write_text(folder / "report.json", json.dumps(report, indent=2, sort_keys=True))
        lines = [f"{version.key} ({version.version_id})", verdict, "", *map(str, findings)]
        files.write_text(folder / "report.txt", "\n".join(lines) + "\n")
        if rejected is not None and not rejected.is_empty():
            _write_rows(folder / "rejected.csv", rejected)
        return folder


def _write_rows(target: Path, rows: pl.DataFrame) -> None:
    with files.replacing(target) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([neutral(name) for name in rows.columns])
        writer.writerows([neutral(cell) for cell in row] for row in rows.iter_rows())


def neutral(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are.

    Examples
    --------
    >>> neutral("=1+1")
    "'=1+1"
    >>> neutral("-1.5")
    '-1.5'
    """
    if not isinstance(cell, str) or not cell.startswith(FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
