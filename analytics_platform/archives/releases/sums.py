"""Checksums of all files of a release, signed by a key of SSH, so that a stranger can check them."""

import hashlib
import re
from pathlib import Path

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.programs import run

SUMS = "SHA256SUMS"
NAMESPACE = "file"
"""What a signature is for, so that one of another use is none of this: what SSH calls signatures of files."""

_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")


def write_sums(folder: Path) -> Path:
    """Write the digest of each file of a folder, as ``sha256sum`` does."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(SUMS))
    sums = folder / SUMS
    sums.write_text("".join(f"{digest(file)}  {file.name}\n" for file in files), "utf-8")
    return sums


def sign(sums: Path, key: Path) -> Path:
    """Sign the digests by a private key of SSH, or by its public half where an agent holds the key.

    Raises
    ------
    ArchiveError
        If ssh-keygen refuses the key.
    """
    signature = sums.with_name(f"{sums.name}.sig")
    signature.unlink(missing_ok=True)
    sign = ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key.expanduser().absolute()), str(sums)]
    run(sign, sums.parent, cure="give a private key of SSH, or its public half if an agent has the key")
    return signature


def read_sums(folder: Path) -> dict[str, str]:
    """Return the digests of a release by the names of its files, after comparing each.

    Raises
    ------
    ArchiveError
        If one is missing or another, or there is a file without a digest.
    """
    sums = folder / SUMS
    if not sums.is_file():
        message = f"{sums} is missing: give the folder of a release as it was built"
        raise ArchiveError(message)
    lines = [_LINE.fullmatch(line) for line in sums.read_text("utf-8").splitlines()]
    known = {line[2]: line[1] for line in lines if line}
    if None in lines or any("/" in name or name.startswith(".") for name in known):
        message = f"{sums} has lines that are no digest of a file beside it: take the release as it was built"
        raise ArchiveError(message)
    there = {path.name for path in folder.iterdir() if not path.name.startswith(SUMS)}
    for name in sorted(known.keys() | there):
        if name not in known or name not in there or digest(folder / name) != known[name]:
            message = f"{name} is not what {sums} says: take the release as it was built"
            raise ArchiveError(message)
    return known


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
