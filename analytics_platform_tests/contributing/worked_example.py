"""A worked example of docs/contributing: its files, its changes and its commands. No test is here.

A block belongs to the file that the line above it names: ``(new)`` is written, a ``diff`` changes what is
there. A block of ``sh`` is run, line by line; the ``text`` behind it are words that it prints, in order. A
block of ``sh whole`` goes through Dagster or the whole project, which takes longer.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENTS = CHECKOUT / "docs" / "contributing"

_COPIED = (
    "analytics_platform",
    "analytics_platform_tests",
    "dbt",
    "docker",
    "infra",
    "sample_data",
    "sources",
)
_BESIDE = (".sqlfluff", ".sqlfluffignore", "pyproject.toml", "workspace.yaml")
_PARSED = {"manifest.json", "partial_parse.msgpack"}
"""Of what dbt has made: the project as `make setup` has parsed it."""
_BLOCK = re.compile(
    r"(?:^`(?P<path>[^`\n]+)`(?P<new> \(new\))?:\n\n)?^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block, and the file that the line above it names."""

    kind: str
    text: str
    path: str = ""
    is_new: bool = False


@dataclass(frozen=True)
class Checkout:
    """A copy of what a contributor has cloned, with the environment of the real one."""

    folder: Path

    def apply(self, blocks: list[Block]) -> list[str]:
        """Write and change the files of blocks; return their names."""
        path = ""
        for block in blocks:
            path = block.path or path
            if block.is_new:
                assert not (self.folder / path).exists(), f"{path} is there already"
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / path).write_text(block.text, "utf-8")
            elif block.kind == "diff":
                self._change(path, block.text)
        return list(dict.fromkeys(block.path for block in blocks if block.path))

    def _change(self, path: str, change: str) -> None:
        """Replace the lines that a diff shows, which must be there once."""
        text = (self.folder / path).read_text("utf-8")
        lines = change.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(before) == 1, f"{path} has {text.count(before)} times:\n{before}"
        (self.folder / path).write_text(text.replace(before, after), "utf-8")

    def run(self, command: str) -> str:
        """Run a command as a contributor would; return what it prints."""
        done = subprocess.run(  # noqa: S602 - the documents are ours
            command,
            shell=True,
            cwd=self.folder,
            env={
                **_without_foreign_variables(),
                "PYTHONPATH": str(self.folder),
                "ANALYTICS_HOME": str(self.folder / ".analytics"),
                "COLUMNS": "160",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout


def blocks(name: str) -> list[Block]:
    """Return the blocks of a document in order."""
    text = (DOCUMENTS / f"{name}.md").read_text("utf-8")
    return [
        Block(found["kind"], found["text"], found["path"] or "", bool(found["new"]))
        for found in _BLOCK.finditer(text)
    ]


def checkout(folder: Path) -> Checkout:
    """Copy the checkout into an empty folder; the environment is that which runs the tests."""
    for name in _COPIED:
        shutil.copytree(CHECKOUT / name, folder / name, ignore=_left_out)
    for name in _BESIDE:
        shutil.copy(CHECKOUT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    return Checkout(folder)


def do(example: list[Block], at: Checkout, *, whole: bool = False) -> None:
    """Apply an example, then run its commands, which print what it says."""
    at.apply(example)
    printed = ""
    for block in example:
        if block.kind in {"sh", "sh whole"}:
            is_run = whole or block.kind == "sh"
            printed = "".join(at.run(line) for line in block.text.splitlines() if is_run)
        elif block.kind == "text" and printed:
            _look_for(block.text, printed)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Tell what no clone has, but for the parsed project."""
    made = {"cdk.out", "logs"} | (set(names) - _PARSED if Path(folder).name == "target" else set())
    return {name for name in names if name in made or name.endswith("_cache")}


def _look_for(expected: str, printed: str) -> None:
    words = " ".join(printed.split())
    for line in expected.splitlines():
        place = words.find(" ".join(line.split()))
        assert place >= 0, f"{line!r} is not printed, but:\n{printed}"
        words = words[place:]


def _without_foreign_variables() -> dict[str, str]:
    foreign = ("ANALYTICS_", "AWS_", "DAGSTER_", "DBT_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}  # noqa: TID251 - passed on
