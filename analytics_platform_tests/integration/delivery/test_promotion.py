"""A release put into two installations of emulated AWS: the same bytes, once each, or not at all."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.bundles import CERTIFICATES, MANIFEST, NO_IMAGE, image_name
from analytics_platform.archives.releases.promotion import Place, promote
from analytics_platform.archives.releases.sums import write_sums
from analytics_platform.archives.store import keep
from analytics_platform.archives.tars import write_tar
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud
from analytics_platform_tests.integration.delivery.oci import oci_archive

SKOPEO = Path(__file__).with_name("skopeo.py")


@dataclass(frozen=True)
class Emulated:
    """Installations in one emulated account."""

    cloud: Cloud
    dev: Place
    prod: Place

    def keys(self, place: Place) -> list[str]:
        """List what is in the bucket of an installation, once for each version."""
        listed = self.cloud.client("s3").list_object_versions(Bucket=place.bucket).get("Versions", [])
        return sorted(each["Key"] for each in listed)

    def digests(self, place: Place) -> list[str]:
        """List the images of an installation."""
        listed = self.cloud.client("ecr").list_images(repositoryName=place.repository)["imageIds"]
        return [each["imageDigest"] for each in listed]


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulated]:
    program = tmp_path / "bin" / "skopeo"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {SKOPEO} "$@"\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    with emulated_cloud() as cloud:
        account = cloud.client("sts").get_caller_identity()["Account"]
        places = [
            Place(account, cloud.region, f"{tmp_path.name.replace('_', '-')}-{name}"[-60:], f"{name}-slim")
            for name in ("dev", "prod")
        ]
        s3, ecr = cloud.client("s3"), cloud.client("ecr")
        for place in places:
            where = {"LocationConstraint": cloud.region}
            s3.create_bucket(Bucket=place.bucket, CreateBucketConfiguration=where)
            s3.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
            ecr.create_repository(repositoryName=place.repository, imageTagMutability="IMMUTABLE")
        yield Emulated(cloud, *places)
        for place in places:
            ecr.delete_repository(repositoryName=place.repository, force=True)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Make a release of small archives."""
    folder = tmp_path / "release"
    folder.mkdir()
    built = {}
    for kind in ("environment", "code"):
        written = folder / f".{kind}"
        built[kind] = keep(written, kind, ".tar.gz", write_tar({kind: kind.encode()}, written))
    image = tmp_path / "slim.oci.tar"
    digest = oci_archive(image)
    image.rename(folder / image_name(digest))
    (folder / CERTIFICATES).write_text("authorities", "utf-8")
    told = {
        "version": "1.2.0",
        "slim_image": digest,
        "environment_archive": built["environment"].sha256,
        "code_archive": built["code"].sha256,
    }
    (folder / MANIFEST).write_text(json.dumps(told), "utf-8")
    write_sums(folder)
    return folder


def test_what_was_built_once_is_put_everywhere_under_the_names_of_its_content(
    aws: Emulated, release: Path
) -> None:
    told = json.loads((release / MANIFEST).read_text("utf-8"))
    for place in (aws.dev, aws.prod):
        lines = promote(release, place)
        assert [line.split(": ")[0] for line in lines] == ["put"] * 4
        assert aws.digests(place) == [told["slim_image"]]
        assert aws.keys(place) == [
            f"archives/code-{told['code_archive'][:16]}.tar.gz",
            f"archives/environment-{told['environment_archive'][:16]}.tar.gz",
            f"archives/{CERTIFICATES}",
        ]


def test_put_again_nothing_is_put(aws: Emulated, release: Path) -> None:
    promote(release, aws.dev)
    before = aws.keys(aws.dev)
    assert [line.split(": ")[0] for line in promote(release, aws.dev)] == ["there already"] * 4
    assert aws.keys(aws.dev) == before


def test_renewed_authorities_become_a_version(aws: Emulated, release: Path) -> None:
    promote(release, aws.dev)
    (release / CERTIFICATES).write_text("renewed", "utf-8")
    write_sums(release)
    promote(release, aws.dev)
    assert aws.keys(aws.dev).count(f"archives/{CERTIFICATES}") == 2


@pytest.mark.parametrize("changed", ["code", "image", "manifest", "no-image", "left-out"])
def test_of_a_release_that_is_not_whole_nothing_is_put(aws: Emulated, release: Path, changed: str) -> None:
    told = json.loads((release / MANIFEST).read_text("utf-8"))
    match changed:
        case "code":
            next(release.glob("code-*")).write_bytes(b"other")
        case "image":
            oci_archive(release / image_name(told["slim_image"]), "other")
            write_sums(release)
        case "manifest":
            (release / MANIFEST).write_text(json.dumps({**told, "code_archive": "0" * 64}), "utf-8")
            write_sums(release)
        case "no-image":
            (release / MANIFEST).write_text(json.dumps({**told, "slim_image": NO_IMAGE}), "utf-8")
            write_sums(release)
        case "left-out":
            next(release.glob("environment-*")).unlink()
            write_sums(release)
    with pytest.raises(
        ArchiveError, match=r": (take the release as it was built|build it anew with --image)$"
    ):
        promote(release, aws.dev)
    assert (aws.keys(aws.dev), aws.digests(aws.dev)) == ([], [])


def test_credentials_of_another_account_put_nothing(aws: Emulated, release: Path) -> None:
    with pytest.raises(ArchiveError, match="the installation is in 999988887777; take the role"):
        promote(release, replace(aws.dev, account="999988887777"))
    assert aws.keys(aws.dev) == []


def test_a_missing_repository_is_told_in_a_line(aws: Emulated, release: Path) -> None:
    with pytest.raises(ArchiveError, match=r"the release cannot be put: .*whether the stacks are there"):
        promote(release, replace(aws.dev, repository="none"))


def test_without_skopeo_the_cure_is_told(
    aws: Emulated, release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ArchiveError, match=r"skopeo cannot be started .*; install skopeo"):
        promote(release, aws.dev)
    assert aws.digests(aws.dev) == []
