"""Templates of both installations, synthesised once a session without any account."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.checks.synthesis import Template, read_templates, synthesise

Templates = Mapping[str, Template]
"""By the short names of the stacks, such as ``network``."""


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with templates and assets of the installation ``dev``."""
    folder = tmp_path_factory.mktemp("dev")
    synthesise("dev", folder)
    return folder


@pytest.fixture(scope="session")
def templates(assembly: Path) -> Templates:
    """Templates of the installation ``dev``."""
    return read_templates(assembly)


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Templates of the installation ``prod``."""
    return synthesise("prod", tmp_path_factory.mktemp("prod"))
