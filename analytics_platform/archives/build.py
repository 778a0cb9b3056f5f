"""Building one archive of each kind into a folder. How it is written and put is not known here."""

import tempfile
from pathlib import Path

from analytics_platform.archives.code import CHECKOUT, code_files
from analytics_platform.archives.environments import build_environment, environment_files
from analytics_platform.archives.store import Built, keep
from analytics_platform.archives.tars import write_tar
from analytics_platform.archives.zips import write_zip
from analytics_platform.settings import Settings
from analytics_platform.triggers.lambda_package import lambda_files

LOCK = CHECKOUT / "requirements" / "aws.txt"
"""What runs on AWS."""


def environment_archive(output: Path, lock: Path = LOCK) -> Built:
    """Build the environment from a lock; raises ArchiveError if that fails."""
    with tempfile.TemporaryDirectory(dir=_made(output)) as folder:
        venv = Path(folder, "venv")
        build_environment(lock, venv)
        return pack_environment(venv, output)


def pack_environment(venv: Path, output: Path) -> Built:
    """Pack an environment that was built before."""
    written = _made(output) / ".environment"
    return keep(written, "environment", ".tar.gz", write_tar(environment_files(venv), written))


def code_archive(output: Path, checkout: Path = CHECKOUT) -> Built:
    """Build the code archive of a checkout; raises ArchiveError if that fails."""
    written = _made(output) / ".code"
    return keep(written, "code", ".tar.gz", write_tar(code_files(checkout), written))


def lambda_archive(output: Path, settings: Settings) -> Built:
    """Build the archive of the Lambda functions; raises DueListError if what they know is wrong."""
    written = _made(output) / ".lambdas"
    return keep(written, "lambdas", ".zip", write_zip(lambda_files(settings), written))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
