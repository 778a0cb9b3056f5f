"""Commands and links that a document names, held against what is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from analytics_platform.cli.app import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
_SPAN = re.compile(r"`(analytics [^`]+)`")
_LINE = re.compile(r"^(?:\.venv/bin/)?(analytics [^#\n]+)", re.MULTILINE)
_IN_TASK = re.compile(r"^in_task ([^#\n]+)", re.MULTILINE)
"""A function of the shell that runs a command of the platform in a task."""


def commands(text: str) -> list[str]:
    """Return the commands of the platform that a text names."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    found = {*_SPAN.findall(text), *(each for block in blocks for each in _LINE.findall(block))}
    found |= {f"analytics {each}" for block in blocks for each in _IN_TASK.findall(block)}
    return sorted({each.strip() for each in found})


def recipes(text: str) -> set[str]:
    """Return the recipes of make that a text names."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    return {*re.findall(r"`make ([a-z-]+)", text), *re.findall(r"^make ([a-z-]+)", blocks, re.MULTILINE)}


def resolved(command: str) -> tuple[list[str], Any, list[str]]:
    """Return the names of a command, the command, and its options."""
    words = shlex.split(command)[1:]
    found: Any = typer.main.get_command(app)
    names: list[str] = []
    while hasattr(found, "commands") and words not in ([], ["..."]):  # else all commands of a group are meant
        name = words.pop(0)
        assert name in found.commands, f"{command}: there is no {name} among {sorted(found.commands)}"
        names, found = [*names, name], found.commands[name]
    return names, found, [word for word in words if word.startswith("--")]


def options(command: Any) -> set[str]:  # noqa: ANN401 - of Click or of Typer
    """Return the options that a command has."""
    return {option for each in command.params for option in (*each.opts, *each.secondary_opts)}


def dead_links(document: str) -> list[str]:
    """Return the links of a document in `docs` that lead nowhere."""
    text = (DOCS / document).read_text("utf-8")
    return [target for target in re.findall(r"\]\(([^)]+)\)", text) if not _leads(target, document)]


def _leads(target: str, document: str) -> bool:
    if target.startswith("http"):
        return True
    file, _, anchor = target.partition("#")
    path = DOCS / (file or document)
    return path.exists() and (not anchor or anchor in set(_anchors(path.read_text("utf-8"))))


def _anchors(text: str) -> Iterator[str]:
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        yield re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-")
