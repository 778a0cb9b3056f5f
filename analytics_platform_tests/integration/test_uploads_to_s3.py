"""Uploads into a bucket: the same promises as on disk."""

from pathlib import Path

import pytest

from analytics_platform.api.actions.upload_form import Received
from analytics_platform.api.actions.uploads import Uploads, UploadState
from analytics_platform.api.problems import Problem
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.storage.files import sha256_of
from analytics_platform.storage.landing.zone import open_landing_zone
from analytics_platform_tests.integration.aws import EmulatedS3


def _uploads(bucket: str, folder: Path) -> Uploads:
    return Uploads(
        f"s3://{bucket}/in",
        f"sqlite:///{folder / 'ledger.sqlite'}",
        sources=folder / "sources",
        scratch=folder / "uploads",
        limits=Limits(),
        audit=AuditLog(folder / "audit.jsonl"),
    )


def _received(folder: Path, text: str, name: str = "vendor_2013-03-01.csv") -> Received:
    file = folder / "content"
    file.write_text(text)
    return Received(file, name, "prices", len(text), sha256_of(file))


def test_a_file_is_put_into_the_bucket_once(s3: EmulatedS3, tmp_path: Path) -> None:
    bucket = s3.new_bucket()
    uploads = _uploads(bucket, tmp_path)
    first = uploads.land(_received(tmp_path, "one"), by="desk", from_="here")
    again = uploads.land(_received(tmp_path, "one"), by="desk", from_="here")
    changed = uploads.land(_received(tmp_path, "two"), by="desk", from_="here")
    assert [each.is_new for each in (first, again, changed)] == [True, False, True]
    assert first.id == again.id != changed.id
    versions = list(open_landing_zone(f"s3://{bucket}/in").versions())
    assert [version.version_id for version in versions] == [first.version_id, changed.version_id]
    assert uploads.status(first.id).state is UploadState.WAITING
    assert uploads.status(first.id).known_at == versions[0].known_at
    with pytest.raises(Problem, match="Nothing was landed"):
        uploads.land(_received(tmp_path, "%PDF-1.4"), by="desk", from_="here")
    assert len(list(open_landing_zone(f"s3://{bucket}/in").versions())) == 2


def test_a_bucket_that_cannot_be_used_is_told(s3: EmulatedS3, tmp_path: Path) -> None:
    uploads = _uploads(s3.new_bucket(versioning=None), tmp_path)
    with pytest.raises(Problem, match="ANALYTICS_LANDING_URL") as refused:
        uploads.land(_received(tmp_path, "one"), by="desk", from_="here")
    assert refused.value.status == 503
