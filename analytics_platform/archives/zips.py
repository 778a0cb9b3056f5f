"""Zip files of the Lambda functions: the same content makes the same file. Not what is in them."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
_UNIX, _FILE_MODE = 3, 0o100644


def write_zip(files: Mapping[str, bytes], target: Path) -> str:
    """Write a zip file with the files in the order of their names; return its sha256.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by name.
    target : Path
        File to write.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
            entry.create_system, entry.external_attr = _UNIX, _FILE_MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)
    return hashlib.sha256(target.read_bytes()).hexdigest()
