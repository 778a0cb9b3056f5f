"""Putting a release where an installation takes it from: the same bytes everywhere. Nothing is built here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.bundles import CERTIFICATES, MANIFEST, NO_IMAGE, image_name
from analytics_platform.archives.releases.images import image_digest, push_image
from analytics_platform.archives.releases.sums import read_sums
from analytics_platform.archives.store import Built, upload

_SHORT = 16


@dataclass(frozen=True)
class Place:
    """Where an installation takes a release from.

    Attributes
    ----------
    account, region : str
        Of the installation.
    bucket : str
        Of the archives.
    repository : str
        Of the slim image.
    """

    account: str
    region: str
    bucket: str
    repository: str


def promote(folder: Path, place: Place) -> list[str]:
    """Put the archives and the image of a release; return a line on each.

    Every file is compared with the digests of the release first, and nothing is put if one differs.

    Raises
    ------
    ArchiveError
        If the release is not whole, the credentials are of another account, or AWS refuses.
    """
    known = read_sums(folder)
    told = _manifest(folder)
    archives = [_archive(folder, known, kind, told[f"{kind}_archive"]) for kind in ("environment", "code")]
    session = boto3.Session(region_name=place.region)
    try:
        _same_account(session, place)
        lines = [_told(*upload(archive, f"s3://{place.bucket}/archives")) for archive in archives]
        if CERTIFICATES in known:
            lines.append(_certificates(session, folder / CERTIFICATES, place))
        lines.append(_image(session, folder, told["slim_image"], place))
    except (BotoCoreError, ClientError) as error:
        message = f"the release cannot be put: {error}; look at the role, and whether the stacks are there"
        raise ArchiveError(message) from error
    return lines


def _manifest(folder: Path) -> dict[str, str]:
    told: dict[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))
    if told["slim_image"] == NO_IMAGE:
        message = f"{folder} has no image, so nothing of it is put: build it anew with --image"
        raise ArchiveError(message)
    image = folder / image_name(told["slim_image"])
    if image_digest(image) != told["slim_image"]:
        message = f"{image.name} is another image than {MANIFEST} says: take the release as it was built"
        raise ArchiveError(message)
    return told


def _same_account(session: boto3.Session, place: Place) -> None:
    account = session.client("sts").get_caller_identity()["Account"]
    if account != place.account:
        message = (
            f"the credentials are of account {account}, the installation is in {place.account}; "
            "take the role that puts releases there"
        )
        raise ArchiveError(message)


def _archive(folder: Path, known: dict[str, str], kind: str, sha256: str) -> Built:
    file = folder / f"{kind}-{sha256[:_SHORT]}.tar.gz"
    if known.get(file.name) != sha256:
        message = f"{file.name}, which {MANIFEST} names, is not in {folder}: take the release as it was built"
        raise ArchiveError(message)
    return Built(file, sha256)


def _told(what: str, is_new: bool) -> str:  # noqa: FBT001 - as `upload` returns it
    return f"{'put' if is_new else 'there already'}: {what}"


def _certificates(session: boto3.Session, file: Path, place: Place) -> str:
    """Put the authorities by their plain name: they are renewed, and the bucket keeps versions."""
    s3, key = session.client("s3"), f"archives/{CERTIFICATES}"
    try:
        is_there: bool = s3.get_object(Bucket=place.bucket, Key=key)["Body"].read() == file.read_bytes()
    except s3.exceptions.NoSuchKey:
        is_there = False
    if not is_there:
        s3.put_object(Bucket=place.bucket, Key=key, Body=file.read_bytes())
    return _told(f"s3://{place.bucket}/{key}", is_new=not is_there)


def _image(session: boto3.Session, folder: Path, digest: str, place: Place) -> str:
    """Copy the image, unless the registry has it."""
    ecr = session.client("ecr")
    if _has_image(ecr, place.repository, digest):
        return _told(f"{place.repository}@{digest}", is_new=False)
    login = ecr.get_authorization_token()["authorizationData"][0]
    registry = str(login["proxyEndpoint"]).split("//")[-1]
    tag = digest.removeprefix("sha256:")[:_SHORT]
    push_image(
        folder / image_name(digest), registry, str(login["authorizationToken"]), f"{place.repository}:{tag}"
    )
    if not _has_image(ecr, place.repository, digest):
        message = f"the registry has not kept {digest}: build the image as an OCI archive, with: make image"
        raise ArchiveError(message)
    return _told(f"{place.repository}@{digest}", is_new=True)


def _has_image(ecr: Any, repository: str, digest: str) -> bool:  # noqa: ANN401 - boto3 has no types
    """Ask as the role of the pipeline may: it pulls and pushes, it does not describe."""
    return bool(
        ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": digest}]).get("images")
    )
