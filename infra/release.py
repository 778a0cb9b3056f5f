"""What is deployed: image and archives by their digests, built once and promoted between installations."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

_IMAGE = re.compile(r"^sha256:[0-9a-f]{64}$")
_ARCHIVE = re.compile(r"^[0-9a-f]{64}$")
_NONE = "0" * 64


class ReleaseError(ValueError):
    """The file of a release cannot be used."""


@dataclass(frozen=True)
class Release:
    """One release.

    Attributes
    ----------
    version : str
        Of the platform.
    slim_image : str
        Digest of the slim image in the repository of images, ``sha256:...``.
    environment_archive, code_archive : str
        SHA-256 of the archives in the bucket of archives, which names them.
    """

    version: str
    slim_image: str
    environment_archive: str
    code_archive: str

    @property
    def is_built(self) -> bool:
        """Whether there is something to deploy."""
        return _NONE not in {
            self.slim_image.removeprefix("sha256:"),
            self.environment_archive,
            self.code_archive,
        }


UNBUILT = Release("unbuilt", f"sha256:{_NONE}", _NONE, _NONE)
"""Stands for a release where stacks are only looked at."""


def read_release(file: Path) -> Release:
    """Read the file that the pipeline has written.

    Raises
    ------
    ReleaseError
        If it lacks something, or a digest is none.
    """
    try:
        release = Release(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        message = f"{file} is no release: {error}; take the one that the pipeline has written"
        raise ReleaseError(message) from error
    digests = (
        (_IMAGE, "slim_image", release.slim_image),
        (_ARCHIVE, "environment_archive", release.environment_archive),
        (_ARCHIVE, "code_archive", release.code_archive),
    )
    for form, name, digest in digests:
        if not form.fullmatch(str(digest)):
            message = (
                f"{file}: {name} is '{digest}', which is no SHA-256; take the file of the pipeline as it is"
            )
            raise ReleaseError(message)
    return release
