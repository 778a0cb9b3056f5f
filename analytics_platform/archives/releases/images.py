"""The slim image as one file: an OCI archive, whose digest registries keep. It is built by `make image`."""

import json
import re
import tarfile
import tempfile
from pathlib import Path

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.programs import run

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOST_BYTES = 1_000_000


def image_digest(archive: Path) -> str:
    """Return the digest of the one image of an OCI archive, which it has in any registry.

    Raises
    ------
    ArchiveError
        If this is no OCI archive of one image.
    """
    try:
        with tarfile.open(archive) as opened:
            index = opened.extractfile("index.json")
            manifests = json.loads(index.read(_MOST_BYTES))["manifests"] if index else []
        (digest,) = [str(each["digest"]) for each in manifests]
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        message = f"{archive} is no OCI archive of one image ({error}): make it with: make image"
        raise ArchiveError(message) from error
    if not _DIGEST.fullmatch(digest):
        message = f"{archive} names its image {digest[:80]!r}, no SHA-256: make it anew with: make image"
        raise ArchiveError(message)
    return digest


def push_image(archive: Path, registry: str, login: str, name: str) -> None:
    """Copy the image of an archive into a registry as it is.

    Parameters
    ----------
    archive : Path
        OCI archive of one image.
    registry : str
        Host of the registry, with its port if it has one.
    login : str
        User and password, as registries take them: with a colon between, in base64.
    name : str
        Repository and tag.

    Raises
    ------
    ArchiveError
        If skopeo is missing or refuses, also where the registry would get another digest.
    """
    with tempfile.TemporaryDirectory() as private:
        logins = Path(private, "auth.json")
        logins.touch(mode=0o600)
        logins.write_text(json.dumps({"auths": {registry: {"auth": login}}}), "utf-8")
        places = [f"oci-archive:{archive.absolute()}", f"docker://{registry}/{name}"]
        copy = ["skopeo", "copy", "--preserve-digests", "--dest-authfile", str(logins), *places]
        run(copy, archive.parent, cure="install skopeo 1.9 or later, and look at the role")
