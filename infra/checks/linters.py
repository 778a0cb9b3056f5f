"""Linters of others, and what they are wrong about: templates, workflows, images, editors."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TOOLS = Path(sys.executable).parent

_IGNORED = {
    "W3005": "a dependency on a role stands for that on its policies too",
    "W3010": "the zones are those of the configuration, so that nothing is asked of the account",
}
"""Rules of cfn-lint that are not for us."""

_MISTAKEN = ("E3601", "'OutputPath' was unexpected")
"""A state that succeeds may have an OutputPath: so says the language, so does AWS."""


@dataclass(frozen=True)
class Linter:
    """A linter and what it looks at.

    Attributes
    ----------
    name : str
        What people are told.
    command : tuple of str
        Program and arguments.
    files : tuple of str
        Patterns below the root of the repository.
    """

    name: str
    command: tuple[str, ...]
    files: tuple[str, ...]


LINTERS = (
    Linter("actionlint: workflows", ("actionlint", "-no-color", "-oneline"), (".github/workflows/*.yml",)),
    Linter(
        "zizmor: workflows",
        ("zizmor", "--offline", "--quiet", "--format=plain"),
        (".github/workflows/*.yml",),
    ),
    Linter(
        "schema: workflows",
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
        (".github/workflows/*.yml",),
    ),
    Linter(
        "schema: dependabot",
        ("check-jsonschema", "--builtin-schema", "vendor.dependabot"),
        (".github/dependabot.yml",),
    ),
    Linter(
        "schema: workflow of CodeCatalyst",
        ("check-jsonschema", "--schemafile", ".codecatalyst/workflow.schema.json"),
        (".codecatalyst/workflows/*.yaml",),
    ),
    Linter(
        "hadolint: images",
        ("hadolint", "--config", "docker/hadolint.yaml"),
        ("docker/*/Dockerfile", ".devcontainer/Dockerfile"),
    ),
    Linter(
        "schema: compose",
        ("check-jsonschema", "--builtin-schema", "vendor.compose-spec"),
        ("docker/compose.yaml",),
    ),
    Linter(
        "schema: devcontainer",
        ("check-jsonschema", "--schemafile", ".devcontainer/devcontainer.schema.json"),
        (".devcontainer/devcontainer.json",),
    ),
)


def lint(linter: Linter) -> list[str]:
    """Return what a linter finds; also that there is nothing to look at, where there should be."""
    files = sorted(str(file.relative_to(ROOT)) for each in linter.files for file in ROOT.glob(each))
    if not files:
        return [f"there is no {' or '.join(linter.files)}; put it back, or take the linter out"]
    ended = _run([*linter.command, *files])
    said = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
    return said or [f"it ended with {ended.returncode} and said nothing"] if ended.returncode else []


def lint_templates(files: Sequence[Path]) -> list[str]:
    """Return what cfn-lint finds in templates, one line each."""
    options = ["--format", "json", "--ignore-checks", *_IGNORED]
    ended = _run(["cfn-lint", *options, "--", *map(str, files)])
    try:
        told = json.loads(ended.stdout)
    except ValueError:
        return [f"cfn-lint ended with {ended.returncode}: {(ended.stdout + ended.stderr).strip()[:500]}"]
    return [
        f"{Path(each['Filename']).name}: {'/'.join(map(str, each['Location']['Path']))}: "
        f"{each['Rule']['Id']} {each['Message']}"
        for each in told
        if not (each["Rule"]["Id"] == _MISTAKEN[0] and _MISTAKEN[1] in each["Message"])
    ]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    program = _TOOLS / command[0]
    return subprocess.run(  # noqa: S603 - programs of this environment, files of this repository
        [str(program), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
