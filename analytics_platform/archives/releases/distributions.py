"""Wheel, source distribution and bill of materials of a checkout. Archives for AWS are elsewhere."""

import base64
import hashlib
import sys
import tarfile
import zipfile
from pathlib import Path

from analytics_platform.archives.build import LOCK
from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.commit import Commit
from analytics_platform.archives.releases.programs import run
from analytics_platform.archives.zips import write_zip

BESIDE = "analytics_platform/_beside/"
"""Where a wheel holds what stands beside the package in a checkout: dbt project, dialects, instance."""

BILL = Path(".venv-infra", "bin", "cyclonedx-py")
"""What writes the bill; `make lint-infra` makes its environment."""


def build_distributions(checkout: Path, commit: Commit, code: Path, output: Path) -> list[Path]:
    """Build wheel and source distribution; the same commit makes the same files.

    Parameters
    ----------
    checkout : Path
        A clone of the repository.
    commit : Commit
        What it is of.
    code : Path
        The code archive: the wheel takes from it what stands beside the package, so that an installed one
        loads the definitions without parsing the dbt project.
    output : Path
        Folder for the files.

    Raises
    ------
    ArchiveError
        If hatchling cannot build them.
    """
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(output.absolute())]
    run(build, checkout, cure="make the environment with: make setup", variables=_moment(commit))
    wheel, source = (
        next(output.glob(f"analytics_platform-*{suffix}")) for suffix in ("-py3-none-any.whl", ".tar.gz")
    )
    _complete(wheel, code)
    return [wheel, source]


def _complete(wheel: Path, code: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    with tarfile.open(code) as packed:
        for entry in packed:
            content = packed.extractfile(entry) if entry.isfile() else None
            if content and not entry.name.startswith(("analytics_platform", "bin/")):
                files[BESIDE + entry.name] = content.read()
    (record,) = [name for name in files if name.endswith(".dist-info/RECORD")]
    listed = [f"{name},{_record(files[name])}" for name in sorted(files.keys() - {record})]
    files[record] = "\n".join([*listed, f"{record},,", ""]).encode()
    write_zip(files, wheel)


def _record(content: bytes) -> str:
    """Return digest and size as the record of a wheel has them."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(content)}"


def write_bill(checkout: Path, commit: Commit, output: Path, lock: Path = LOCK) -> Path:
    """Write what the environment archive holds, as CycloneDX.

    Raises
    ------
    ArchiveError
        If its program is missing or refuses.
    """
    program = checkout / BILL
    if not program.exists():
        message = f"{BILL} is missing; make it with: make lint-infra"
        raise ArchiveError(message)
    bill = output / f"analytics-platform-{commit.version}.cdx.json"
    command = [str(program), "requirements", "--pyproject", str(checkout / "pyproject.toml")]
    form = ["--output-reproducible", "--output-format", "JSON", "--output-file", str(bill.absolute())]
    run([*command, *form, str(lock)], checkout, cure="renew it with: make lock", variables=_moment(commit))
    return bill


def _moment(commit: Commit) -> dict[str, str]:
    return {"SOURCE_DATE_EPOCH": commit.seconds}
