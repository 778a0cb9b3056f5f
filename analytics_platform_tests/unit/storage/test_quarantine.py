"""What quarantine keeps: below its root, safe to open, complete."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.ingestion.faults import Finding
from analytics_platform.storage.intake.quarantine import Discarded, Quarantine
from analytics_platform.storage.intake.spreadsheet_text import neutral
from analytics_platform.storage.landing.zone import ObjectVersion

NOW = datetime(2013, 3, 1, 18, 30, tzinfo=UTC)
FINDING = Finding(
    file="prices/vendor_2013-02-28.csv", message="this is not a number", cure="Correct the cell"
)


def _version(key: str = FINDING.file, version_id: str = "v1") -> ObjectVersion:
    return ObjectVersion(NOW, key, version_id, 1)


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "quarantine")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "delivered"
    path.write_text("content")
    return path


@pytest.mark.parametrize(
    ("key", "version_id"),
    [
        pytest.param("../../outside.csv", "v1", id="way up"),
        pytest.param("prices/..", "..", id="nothing but ways up"),
        pytest.param("prices//x.csv", "a/../../../b", id="version with a way up"),
        pytest.param("prices/\x00\n.csv", "v1", id="control characters"),
        pytest.param(f"prices/{'l' * 900}.csv", "v" * 900, id="longer than a disk allows"),
        pytest.param("prices/report.json", "v1", id="called as a report"),
    ],
)
def test_whatever_a_key_is_called_its_folder_is_below_the_root(
    quarantine: Quarantine, file: Path, key: str, version_id: str
) -> None:
    folder = quarantine.keep(_version(key, version_id), file=file, verdict="refused", findings=[FINDING])
    assert folder.resolve().is_relative_to(quarantine.root.resolve())
    assert json.loads((folder / "report.json").read_text())["file"] == key
    kept = {path.name: path for path in quarantine.kept(_version(key, version_id))}
    (content,) = kept.keys() - {"report.json", "report.txt"}
    assert kept[content].read_text() == "content"


def test_two_keys_never_share_a_folder(quarantine: Quarantine) -> None:
    long = "l" * 300
    keys = ["a/b", "a%2Fb", "a/%2E", "a/.", f"{long}1.csv", f"{long}2.csv"]
    assert len({quarantine.folder(_version(key)) for key in keys}) == len(keys)


def test_all_rejected_rows_are_kept_and_no_cell_runs_as_a_formula(
    quarantine: Quarantine, file: Path, tmp_path: Path
) -> None:
    hostile = ["=1+1", "+SUM(A1)", "-cmd|x", "@x", "\t=1", "\r=1", " =1", "\uff1d1", 'a,"b"\nc']
    harmless = ["-1.5", "+2", "-1.250,00", "-5%", "text", "", None]
    rows = pl.DataFrame({"row_number": range(1, 17), "=Price": [*hostile, *harmless], "reason": "bad"})
    rows.write_parquet(tmp_path / "rejected.parquet")
    folder = quarantine.keep(
        _version(), file=file, verdict="refused", findings=[FINDING], rejected=tmp_path / "rejected.parquet"
    )
    with (folder / "rejected.csv").open(newline="", encoding="utf-8") as export:
        header, *cells = csv.reader(export)
    assert header == ["row_number", "'=Price", "reason"]
    assert [row[1] for row in cells] == [f"'{cell}" for cell in hostile[:-1]] + [hostile[-1]] + [
        cell or "" for cell in harmless
    ]
    assert [neutral(cell) for cell in hostile[:-1]] == [f"'{cell}" for cell in hostile[:-1]]


def test_a_discarded_file_goes_and_its_report_keeps_who_when_and_why(
    quarantine: Quarantine, file: Path
) -> None:
    quarantine.keep(_version(), file=file, verdict="refused", findings=[FINDING])
    for reason in ("sent twice", "another reason"):
        quarantine.discard(_version(), Discarded(by="ann", at=NOW, reason=reason))
    assert [path.name for path in quarantine.kept(_version())] == ["report.json", "report.txt"]
    report = json.loads((quarantine.folder(_version()) / "report.json").read_text())
    assert report["discarded"] == {"by": "ann", "at": "2013-03-01T18:30:00+00:00", "reason": "sent twice"}
    assert report["findings"][0]["message"] == "this is not a number"
    assert (quarantine.report(_version()) or "").endswith(
        "discarded by ann at 2013-03-01 18:30 UTC: sent twice\n"
    )
