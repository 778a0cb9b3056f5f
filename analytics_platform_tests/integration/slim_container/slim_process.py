"""The entry point of the slim container as a process of its own, in an empty environment. No test is here."""

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ENTRY_POINT = Path(__file__).resolve().parents[3] / "docker" / "slim" / "entry_point.py"
ENOUGH_SECONDS = 120


def image_words(instruction: str) -> list[str]:
    """Return the words of ENTRYPOINT or HEALTHCHECK in the Dockerfile, with the paths of this machine."""
    text = (ENTRY_POINT.parent / "Dockerfile").read_text("utf-8")
    (told,) = re.findall(rf"^{instruction}[^\[]*(\[.*\])$", text, re.MULTILINE)
    here = {"/usr/local/bin/python3": sys.executable}
    words: list[str] = json.loads(told)
    return [here.get(word, word.replace("/opt/slim/", f"{ENTRY_POINT.parent}/")) for word in words]


@dataclass(frozen=True)
class Ended:
    """What a container left behind: its exit code, what it printed, and its own steps."""

    code: int
    output: str
    errors: str

    @property
    def steps(self) -> list[dict[str, object]]:
        """Return the lines of the entry point itself."""
        return [json.loads(line) for line in self.errors.splitlines() if line.startswith('{"slim"')]

    @property
    def error(self) -> str:
        """Return the one error that it told."""
        (told,) = [str(step["error"]) for step in self.steps if step["slim"] == "error"]
        assert "\n" not in told
        assert "Traceback" not in self.errors
        return told

    def seen(self, step: str) -> int:
        """Return how often a step was told."""
        return sum(told["slim"] == step for told in self.steps)


@dataclass(frozen=True)
class Container:
    """A container without a container: a folder, and variables."""

    folder: Path
    variables: Mapping[str, str]
    under: tuple[str, ...] = ()

    @property
    def cache(self) -> Path:
        """Return the folder of unpacked archives."""
        return self.folder / "cache"

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Start it; the caller waits."""
        return subprocess.Popen(  # noqa: S603 - our own program
            [*self.under, *image_words("ENTRYPOINT"), *arguments],
            env={
                "PATH": os.defpath,
                "HOME": str(self.folder),
                "SLIM_CACHE": str(self.cache),
                "SLIM_RETRY_MILLISECONDS": "50",
                **self.variables,
                **more,
            },
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **more: str) -> Ended:
        """Run it to its end."""
        return ended(self.start(*arguments, **more))

    def kept(self) -> list[str]:
        """Return the unpacked archives that count."""
        return sorted(
            path.name
            for path in self.cache.glob("*/*")
            if path.is_dir() and not path.name.endswith(".partial")
        )


def ended(process: "subprocess.Popen[str]") -> Ended:
    """Wait for a container."""
    output, errors = process.communicate(timeout=ENOUGH_SECONDS)
    return Ended(process.returncode, output, errors)


def file(name: str, content: bytes = b"x", **changed: object) -> tuple[tarfile.TarInfo, bytes]:
    """Return an entry of a tar."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    for attribute, value in changed.items():
        setattr(entry, attribute, value)
    return entry, content


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    """Return a link of a tar."""
    return file(name, b"", type=kind, linkname=to)


def tar(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """Return a tar.gz of entries as they are, however wrong."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(out.getvalue(), 1)


def address(path: Path, content: bytes) -> str:
    """Write an archive and return its address with its digest."""
    path.write_bytes(content)
    return f"file://{path}?sha256={hashlib.sha256(content).hexdigest()}"
