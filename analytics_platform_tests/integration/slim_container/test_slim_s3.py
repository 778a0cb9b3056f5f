"""The slim container and S3, spoken to by the AWS CLI over HTTP."""

import hashlib
import os
import shutil
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.store import Built, keep, upload
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.refusing_relay import relay
from analytics_platform_tests.integration.slim_container.slim_process import Container, ended, file, tar

needs_cli = pytest.mark.skipif(
    shutil.which("aws", path=os.defpath) is None, reason="the AWS CLI is missing: install the package awscli"
)


@pytest.fixture
def on_s3(s3: EmulatedS3, container: Container) -> Container:
    """Give a container that reaches the emulation as this process does."""
    assert s3.client is not None
    told = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}  # noqa: TID251 - passed on
    return Container(container.folder, {**told, "AWS_MAX_ATTEMPTS": "1"})


def built(folder: Path, content: bytes = b"x") -> Built:
    """Return an archive with one file."""
    written = folder / "written"
    packed = tar([file("a", content)])
    written.write_bytes(packed)
    return keep(written, "code", ".tar.gz", hashlib.sha256(packed).hexdigest())


@needs_cli
def test_the_version_that_is_named_is_run(s3: EmulatedS3, on_s3: Container, tmp_path: Path) -> None:
    bucket = s3.new_bucket()
    address, is_new = upload(built(tmp_path), f"s3://{bucket}/archives/")
    key = urlsplit(address).path.removeprefix("/")
    s3.put(bucket, key, "something else")
    done = on_s3.run(CODE_ARCHIVE=address, COMMAND="cat a")
    assert (done.code, done.output, is_new) == (0, "x", True), done.errors


@needs_cli
def test_an_object_that_was_replaced_is_refused(s3: EmulatedS3, on_s3: Container, tmp_path: Path) -> None:
    bucket = s3.new_bucket()
    address, _ = upload(built(tmp_path), f"s3://{bucket}/archives")
    s3.put(bucket, urlsplit(address).path.removeprefix("/"), "something else")
    unversioned = address.partition("?")[0] + "?sha256=" + parse_qs(urlsplit(address).query)["sha256"][0]
    done = on_s3.run(CODE_ARCHIVE=unversioned, COMMAND="cat a")
    assert (done.code, done.output) == (78, "")
    assert "has the sha256" in done.error


ABSENT = {
    "object": ("s3://{bucket}/none.tar.gz", "no such object"),
    "bucket": ("s3://{bucket}-none/none.tar.gz", "no such bucket"),
    "version": ("s3://{bucket}/there?versionId=00000000-0000-0000-0000-000000000000", "versionId"),
}


@needs_cli
@pytest.mark.parametrize(("address", "why"), ABSENT.values(), ids=list(ABSENT))
def test_what_is_not_there_is_told_at_once(s3: EmulatedS3, on_s3: Container, address: str, why: str) -> None:
    bucket = s3.new_bucket()
    s3.put(bucket, "there", "x")
    done = on_s3.run(CODE_ARCHIVE=address.format(bucket=bucket), COMMAND="true")
    assert done.code == 78
    assert "CODE_ARCHIVE" in done.error
    assert why in done.error
    assert done.seen("download failed") == 0


def behind(on_s3: Container) -> str:
    """Return host and port of the emulation."""
    return urlsplit(on_s3.variables["AWS_ENDPOINT_URL"]).netloc


@needs_cli
@pytest.mark.parametrize("told", [(503, 75, 4), (403, 78, 0)], ids=["busy", "forbidden"])
def test_only_what_passes_is_tried_again(
    s3: EmulatedS3, on_s3: Container, tmp_path: Path, told: tuple[int, int, int]
) -> None:
    status, code, attempts = told
    address, _ = upload(built(tmp_path), f"s3://{s3.new_bucket()}/archives")
    with relay(behind(on_s3)) as refusing:
        refusing.refused["archives/"] = status
        done = on_s3.run(CODE_ARCHIVE=address, COMMAND="true", AWS_ENDPOINT_URL=refusing.url)
    assert (done.code, done.seen("download failed")) == (code, attempts), done.errors


@needs_cli
def test_a_fault_that_passes_delays_only(s3: EmulatedS3, on_s3: Container, tmp_path: Path) -> None:
    address, _ = upload(built(tmp_path), f"s3://{s3.new_bucket()}/archives")
    with relay(behind(on_s3)) as refusing:
        refusing.refused["archives/"] = 503
        process = on_s3.start(
            CODE_ARCHIVE=address,
            COMMAND="cat a",
            AWS_ENDPOINT_URL=refusing.url,
            SLIM_RETRY_MILLISECONDS="1000",
        )
        assert process.stderr is not None
        first = process.stderr.readline()
        refusing.refused.clear()
        done = ended(process)
    assert '"download failed"' in first
    assert (done.code, done.output) == (0, "x")


@needs_cli
def test_the_log_of_a_failure_is_in_s3(s3: EmulatedS3, on_s3: Container) -> None:
    bucket = s3.new_bucket()
    done = on_s3.run(COMMAND="echo why; exit 3", LOG_ARCHIVE=f"s3://{bucket}/logs/nightly")
    (kept,) = s3.client.list_objects_v2(Bucket=bucket)["Contents"]
    assert done.code == 3
    assert kept["Key"].startswith(time.strftime("logs/nightly/%Y-"))
    assert s3.client.get_object(Bucket=bucket, Key=kept["Key"])["Body"].read() == b"why\n"
    assert f"s3://{bucket}/{kept['Key']}" in done.errors


@needs_cli
def test_a_log_that_s3_refuses_changes_nothing(on_s3: Container) -> None:
    done = on_s3.run(COMMAND="exit 3", LOG_ARCHIVE="s3://no-such-bucket-of-ours/logs")
    assert done.code == 3
    assert done.seen("log not kept") == 1


@pytest.mark.parametrize("versioning", ["Enabled", None], ids=["versioned", "unversioned"])
def test_an_archive_is_put_once(s3: EmulatedS3, tmp_path: Path, versioning: str | None) -> None:
    bucket = s3.new_bucket(versioning=versioning)
    archive = built(tmp_path)
    first, again = (upload(archive, f"s3://{bucket}/some/archives") for _ in range(2))
    assert first == (again[0], True)
    assert again[1] is False
    assert parse_qs(urlsplit(first[0]).query)["sha256"] == [archive.sha256]
    assert ("versionId" in first[0]) == (versioning is not None)
    assert len(s3.client.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_another_object_of_the_name_is_not_taken_for_the_archive(s3: EmulatedS3, tmp_path: Path) -> None:
    bucket, archive = s3.new_bucket(), built(tmp_path)
    s3.put(bucket, archive.file.name, "something else")
    with pytest.raises(ArchiveError, match="is another object"):
        upload(archive, f"s3://{bucket}")


@pytest.mark.parametrize("prefix", ["archives", "https://bucket/archives", "s3:///archives", "s3://b/?x=1"])
def test_archives_are_put_below_a_bucket(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(ArchiveError, match="give s3://bucket/prefix"):
        upload(built(tmp_path), prefix)


def test_a_bucket_that_is_missing_is_told(s3: EmulatedS3, tmp_path: Path) -> None:
    assert s3.client is not None
    with pytest.raises(ArchiveError, match="correct the bucket"):
        upload(built(tmp_path), "s3://no-such-bucket-of-ours/archives")
