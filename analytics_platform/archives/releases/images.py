"""The slim image as one file: an OCI archive, whose digest registries keep. It is built by `make image`."""

import json
import re
import tarfile
from pathlib import Path

from analytics_platform.archives.faults import ArchiveError

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
