"""Templates of an installation as they would be deployed, made here without an account."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.app import build, new_app
from infra.configuration import configuration
from infra.release import UNBUILT

Template = Mapping[str, Any]
"""A template of CloudFormation, as JSON has it."""


def synthesise(environment: str, folder: Path) -> dict[str, Template]:
    """Write templates and assets of an installation into a folder; return the templates by stack.

    Raises
    ------
    ConfigurationError
        If the installation is not described.
    """
    app = new_app(folder)
    build(app, configuration(environment), UNBUILT)
    app.synth()
    return read_templates(folder)


def read_templates(folder: Path) -> dict[str, Template]:
    """Return the templates of a folder by the short names of their stacks, such as ``network``."""
    return {
        file.name.removesuffix(".template.json").split("-", 2)[2]: json.loads(file.read_text("utf-8"))
        for file in sorted(folder.glob("*.template.json"))
    }
