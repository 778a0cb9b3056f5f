"""Documents of deployment and release: every command, recipe and link in them is there."""

import re
from pathlib import Path

import pytest

from analytics_platform_tests.defs.documented_commands import (
    DOCS,
    commands,
    dead_links,
    options,
    recipes,
    resolved,
)

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = ("aws.md", "deploy.md", "release.md")
COMMANDS = [(name, each) for name in DOCUMENTS for each in commands((DOCS / name).read_text("utf-8"))]


def test_the_documents_name_commands() -> None:
    assert len(COMMANDS) > 10


@pytest.mark.parametrize(("document", "command"), COMMANDS)
def test_every_command_is_there_with_its_options(document: str, command: str) -> None:
    _, found, asked = resolved(command)
    assert set(asked) <= options(found), document


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_recipe_is_there(document: str) -> None:
    known = {
        recipe
        for file in ("Makefile", "delivery.mk")
        for recipe in re.findall(r"^([a-z-]+):(?!=).*## ", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    }
    assert recipes((DOCS / document).read_text("utf-8")) <= known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    assert dead_links(document) == []
