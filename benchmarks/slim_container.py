"""Benchmark `slim`: the start of the slim container with an environment in emulated S3, cold and warm."""

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from analytics_platform.archives.build import pack_environment
from analytics_platform.archives.code import CHECKOUT
from analytics_platform.archives.store import Built, upload
from analytics_platform_tests.integration.aws import EmulatedS3, emulated_s3
from benchmarks.processes import Watched, run_watched
from benchmarks.result import Measured, Result, share_of_peer

_ENTRY_POINT = CHECKOUT / "docker" / "slim" / "entry_point.py"
_PACKAGES = ("botocore", "dagster", "numpy", "numpy.libs", "scipy", "scipy.libs")
_QUICK_PACKAGES = ("dagster",)
_ROUNDS, _QUICK_ROUNDS = 3, 1
_WORK = "python -c 'import sys; print(sys.prefix)'"
_PEER = f"""
aws --endpoint-url "$AWS_ENDPOINT_URL" s3 cp --only-show-errors "$ARCHIVE" "$TO/archive"
mkdir "$TO/environment"
tar -xzf "$TO/archive" -C "$TO/environment"
mkdir -p "$TO/environment/bin"
ln -s "$PYTHON" "$TO/environment/bin/python"
export PATH="$TO/environment/bin:$PATH"
exec {_WORK}
"""
_SHELL = ("bash", "-euo", "pipefail", "-c")


def measure(*, is_quick: bool) -> Measured:
    """Start ours and the peer in turns; what AWS's own command line costs is in both."""
    with tempfile.TemporaryDirectory() as folder, emulated_s3() as s3:
        built = _environment(Path(folder), _QUICK_PACKAGES if is_quick else _PACKAGES)
        address, _ = upload(built, f"s3://{s3.new_bucket()}/archives")
        rounds = [
            _round(Path(folder, str(number)), s3, address)
            for number in range(_QUICK_ROUNDS if is_quick else _ROUNDS)
        ]
        megabytes = built.file.stat().st_size / 1e6
    cold, peer, warm = ([each[place] for each in rounds] for place in range(3))
    known = "`aws s3 cp`, `tar xzf`, exec"
    return Measured(
        (
            _result("cold start", cold, known, peer, "wall"),
            _result("cold start", cold, known, peer, "CPU"),
            _result("warm start", warm, known, peer, "wall"),
        ),
        (
            (
                f"An environment of {megabytes:.0f} MB (tar.gz) in emulated S3 on this machine, so the "
                f"network costs nothing; median of {len(rounds)} rounds, ours and the peer in turns. Ours "
                "compares the digest, looks at every entry before it is unpacked, and keeps it for "
                "the next task; the peer does none of it."
            ),
        ),
    )


def _result(name: str, ours: list[Watched], known: str, peer: list[Watched], kind: str) -> Result:
    seconds = [
        median(each.wall_seconds if kind == "wall" else each.cpu_seconds for each in runs)
        for runs in (ours, peer)
    ]
    target = share_of_peer(0.5 if name == "warm start" else 2.0)
    return Result(
        f"{name}, {kind}", seconds[0], known, seconds[1], "s" if kind == "wall" else "CPU s", target
    )


def _round(folder: Path, s3: EmulatedS3, address: str) -> tuple[Watched, Watched, Watched]:
    """Start cold, as the peer does, and warm."""
    folder.mkdir()
    (folder / "peer").mkdir()
    base = _variables(s3, folder)
    ours = {**base, "ENVIRONMENT_ARCHIVE": address, "COMMAND": _WORK, "SLIM_CACHE": str(folder / "cache")}
    command = (sys.executable, str(_ENTRY_POINT))
    peer = {
        **base,
        "ARCHIVE": address.partition("?")[0],
        "TO": str(folder / "peer"),
        "PYTHON": sys.executable,
    }
    return run_watched(command, ours), run_watched((*_SHELL, _PEER), peer), run_watched(command, ours)


def _variables(s3: EmulatedS3, folder: Path) -> Mapping[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": s3.client.meta.endpoint_url,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _environment(folder: Path, packages: tuple[str, ...]) -> Built:
    """Pack some packages of this environment: no network, and about as large as one of a light task."""
    below = Path("lib", f"python3.{sys.version_info.minor}", "site-packages")
    for name in packages:
        source = Path(sysconfig.get_path("purelib"), name)
        shutil.copytree(source, folder / "venv" / below / name, ignore=shutil.ignore_patterns("__pycache__"))
    return pack_environment(folder / "venv", folder / "dist")
