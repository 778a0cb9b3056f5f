"""`docs/runbook.md`: every command in it is there, with its options; its links lead somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from analytics_platform.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "runbook.md").read_text("utf-8")
_SPAN = re.compile(r"`(analytics [^`]+)`")
_LINE = re.compile(r"^(?:\.venv/bin/)?(analytics [^#\n]+)", re.MULTILINE)
TOPICS = (
    "does not show up",
    "quarantine",
    "run failed",
    "worker was lost",
    "STARTED for hours",
    "never starts",
    "queue grows",
    "dead-letter queue",
    "timed out",
    "Deliveries are late",
    "daemon is down",
    "code server is down",
    "Redshift conflicts",
    "catalogue is out of step",
    "disk is full",
    "ledger's database is away",
    "number looks wrong",
    "day again",
    "burst of uploads",
    "Duplicate uploads",
    "78, 75",
    "digest of an archive",
    "Spot",
    "bill surprises",
    "Something was lost",
)


def _commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    found = {*_SPAN.findall(TEXT), *(each for block in blocks for each in _LINE.findall(block))}
    return sorted({each.strip() for each in found})


def _resolved(command: str) -> tuple[list[str], Any, list[str]]:
    """Return the names of a command, the command, and its options."""
    words = shlex.split(command)[1:]
    found: Any = typer.main.get_command(app)
    names: list[str] = []
    while hasattr(found, "commands"):
        assert words, f"{command}: which of {sorted(found.commands)}?"
        name = words.pop(0)
        assert name in found.commands, f"{command}: there is no {name} among {sorted(found.commands)}"
        names, found = [*names, name], found.commands[name]
    return names, found, [word for word in words if word.startswith("--")]


def test_the_runbook_names_commands() -> None:
    assert len(_commands()) > 30


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_there_with_its_options(command: str) -> None:
    _, found, options = _resolved(command)
    known = {option for each in found.params for option in (*each.opts, *each.secondary_opts)}
    assert set(options) <= known


@pytest.mark.parametrize("names", sorted({tuple(_resolved(each)[0]) for each in _commands()}), ids=" ".join)
def test_every_command_helps(names: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*names, "--help"])
    assert told.exit_code == 0
    assert "Usage" in told.output


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_there(topic: str) -> None:
    assert topic in TEXT


def _anchors() -> Iterator[str]:
    for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE):
        yield re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-")


def test_links_lead_somewhere() -> None:
    anchors = set(_anchors())
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        file, _, anchor = target.partition("#")
        assert not file or (ROOT / "docs" / file).exists(), target
        assert not anchor or file or anchor in anchors, target
