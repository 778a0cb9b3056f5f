"""Templates of both installations, synthesised once a session without any account."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.app import new_app
from infra.checks.synthesis import Template, read_templates, synthesise
from infra.configuration import Configuration, configuration
from infra.stacks.entrance import EntranceStack
from infra.stacks.network import NetworkStack
from infra.stacks.storage import StorageStack

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


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Return what an entrance needs where the internet reaches it and Route 53 has its names."""
    told = configuration("dev").model_dump()
    changed = {"is_public": True, "callers": ("10.0.0.0/8", "0.0.0.0/0"), "zone_id": "Z0123456789ABC"}
    config = Configuration.model_validate({**told, **changed})
    folder = tmp_path_factory.mktemp("public")
    app = new_app(folder)
    network, storage = NetworkStack(app, config), StorageStack(app, config)
    EntranceStack(app, config, network=network, storage=storage)
    app.synth()
    return read_templates(folder)
