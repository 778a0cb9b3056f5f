"""Building all of a release into one folder: archives, image, distributions, bill, digests, signature."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analytics_platform.archives.build import code_archive, environment_archive, lambda_archive
from analytics_platform.archives.code import CHECKOUT
from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.commit import Commit, commit_between_versions, commit_of_version
from analytics_platform.archives.releases.distributions import build_distributions, write_bill
from analytics_platform.archives.releases.images import image_digest
from analytics_platform.archives.releases.sums import sign, write_sums
from analytics_platform.archives.store import Built
from analytics_platform.settings import Settings

MANIFEST = "release.json"
NOTES = "NOTES.md"
CERTIFICATES = "rds-global-bundle.pem"
"""The authorities that sign databases on RDS, as Glue looks for them."""

NO_IMAGE = f"sha256:{'0' * 64}"
"""Stands in the manifest where there is no image; such a release cannot be deployed."""

_SHORT = slice(7, 23)


@dataclass(frozen=True)
class Parts:
    """What goes into a release and is not made of the commit alone.

    Attributes
    ----------
    image : Path or None
        OCI archive of the slim image.
    certificates : Path
        Authorities of RDS; left out where the file is missing.
    environment : callable
        Builds the environment archive into a folder.
    signing_key : Path or None
        Key of SSH that signs the digests of a version.
    """

    image: Path | None = None
    certificates: Path = CHECKOUT / "docker" / "slim" / "certificates" / "rds.pem"
    environment: Callable[[Path], Built] = environment_archive
    signing_key: Path | None = None


def build_bundle(output: Path, parts: Parts, checkout: Path = CHECKOUT) -> Path:
    """Build what is deployed of a commit between versions.

    Raises
    ------
    ArchiveError
        If something is not committed, or cannot be built.
    """
    commit = commit_between_versions(checkout)
    digest = image_digest(parts.image) if parts.image else NO_IMAGE
    with _whole(output.absolute()) as folder:
        _archives(folder, commit, parts, digest, checkout)
        write_sums(folder)
    return output


def build_release(
    output: Path,
    asked: str,
    parts: Parts,
    settings: Settings,
    checkout: Path = CHECKOUT,
) -> Path:
    """Build a release into ``release-x.y.z`` below a folder.

    Parameters
    ----------
    output : Path
        Folder for the release.
    asked : str
        Its version.
    parts : Parts
        What is not made of the commit alone.
    settings : Settings
        What the Lambda functions are told; where they name no bucket, there is no archive of functions.
    checkout : Path, optional
        A clone of the repository.

    Raises
    ------
    ArchiveError
        If the version cannot be released, or something cannot be built.
    DueListError
        If what the Lambda functions know is wrong.
    """
    commit = commit_of_version(checkout, asked)
    digest = image_digest(parts.image) if parts.image else NO_IMAGE
    release = output / f"release-{commit.version}"
    with _whole(release.absolute()) as folder:
        (folder / NOTES).write_text(f"{commit.notes}\n", "utf-8")
        write_bill(checkout, commit, folder)
        if is_installation(settings):
            lambda_archive(folder, settings)
        code = _archives(folder, commit, parts, digest, checkout)
        build_distributions(checkout, commit, code.file, folder)
        sums = write_sums(folder)
        if parts.signing_key is not None:
            sign(sums, parts.signing_key)
    return release


def is_installation(settings: Settings) -> bool:
    """Tell whether settings name a bucket that Lambda functions can look at."""
    return str(settings.landing_url).startswith("s3://")


def _archives(folder: Path, commit: Commit, parts: Parts, digest: str, checkout: Path) -> Built:
    """Build what tasks download, and the manifest that names it; return the code."""
    code, environment = code_archive(folder, checkout), parts.environment(folder)
    if parts.image:
        shutil.copyfile(parts.image, folder / image_name(digest))
    if parts.certificates.is_file():
        shutil.copyfile(parts.certificates, folder / CERTIFICATES)
    told = {
        "version": commit.version,
        "slim_image": digest,
        "environment_archive": environment.sha256,
        "code_archive": code.sha256,
    }
    (folder / MANIFEST).write_text(f"{json.dumps(told, indent=2)}\n", "utf-8")
    return code


def image_name(digest: str) -> str:
    """Return the name of the file of an image."""
    return f"slim-{digest[_SHORT]}.oci.tar"


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder to build in, which takes the place of an older release once all of it is built."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        message = f"{folder} holds something else than a release: empty it, or give another --output"
        raise ArchiveError(message)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as begun:
        built = Path(begun, folder.name)
        built.mkdir()
        yield built
        shutil.rmtree(folder, ignore_errors=True)
        built.rename(folder)
