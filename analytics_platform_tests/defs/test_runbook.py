"""`docs/runbook.md`: every command in it is there, with its options; its links lead somewhere."""

import pytest
from typer.testing import CliRunner

from analytics_platform.cli.app import app
from analytics_platform_tests.defs.documented_commands import DOCS, commands, dead_links, options, resolved

TEXT = (DOCS / "runbook.md").read_text("utf-8")
COMMANDS = commands(TEXT)
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
    "site does not answer",
    "PostgreSQL is full or busy",
    "event was not delivered",
    "There was no publication",
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


def test_the_runbook_names_commands() -> None:
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_there_with_its_options(command: str) -> None:
    _, found, asked = resolved(command)
    assert set(asked) <= options(found)


@pytest.mark.parametrize("names", sorted({tuple(resolved(each)[0]) for each in COMMANDS}), ids=" ".join)
def test_every_command_helps(names: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*names, "--help"])
    assert told.exit_code == 0
    assert "Usage" in told.output


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_there(topic: str) -> None:
    assert topic in TEXT


def test_links_lead_somewhere() -> None:
    assert dead_links("runbook.md") == []
