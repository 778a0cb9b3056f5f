"""Templates of an installation as they would be deployed, made here without an account."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.app import build, new_app
from infra.configuration import configuration
from infra.release import UNBUILT

Template = Mapping[str, Any]
"""A template of CloudFormation, as JSON has it."""

_REPORT = "validation-report.json"


class SynthesisError(RuntimeError):
    """The stacks cannot be synthesised, or break a rule.

    Attributes
    ----------
    findings : list of str
        One line each.
    """

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def synthesise(environment: str, folder: Path, *, with_nag: bool = False) -> dict[str, Template]:
    """Write templates and assets of an installation into a folder; return the templates by stack.

    Raises
    ------
    ConfigurationError
        If the installation is not described.
    SynthesisError
        If a rule of CloudFormation, or with `with_nag` of the pack AwsSolutions, is broken.
    """
    app = new_app(folder)
    build(app, configuration(environment), UNBUILT)
    if with_nag:
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        report = folder / _REPORT
        if not report.exists():
            raise
        raise SynthesisError(list(_violations(json.loads(report.read_text("utf-8"))))) from error
    return read_templates(folder)


def read_templates(folder: Path) -> dict[str, Template]:
    """Return the templates of a folder by the short names of their stacks, such as ``network``."""
    return {
        file.name.removesuffix(".template.json").split("-", 2)[2]: json.loads(file.read_text("utf-8"))
        for file in sorted(folder.glob("*.template.json"))
    }


def _violations(report: Mapping[str, Any]) -> Iterator[str]:
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"] if plugin["conclusion"] != "success" else ():
            for where in violation["violatingConstructs"]:
                yield f"{where['constructPath']}: {violation['ruleName']}: {violation['description']}"
