"""Run every check that needs no account: ``python -m infra.checks``; ends with 1 if one finds something."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.checks.iam import findings
from infra.checks.linters import LINTERS, lint, lint_templates
from infra.checks.synthesis import SynthesisError, read_templates, synthesise
from infra.configuration import environments


def check(environment: str, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each check of an installation with what it found."""
    try:
        synthesise(environment, folder, with_nag=True)
    except SynthesisError as error:
        yield "synthesis, cdk-nag", error.findings
        return
    yield "synthesis, cdk-nag", []
    templates = read_templates(folder)
    yield "IAM", [str(each) for name, template in templates.items() for each in findings(name, template)]
    yield "cfn-lint", lint_templates(sorted(folder.glob("*.template.json")))


def main() -> int:
    """Print one line a check, and one a finding; return the exit code."""
    n_found = 0
    for environment in environments():
        with tempfile.TemporaryDirectory() as folder:
            for name, found in check(environment, Path(folder)):
                n_found += _tell(f"{environment}: {name}", found)
    for linter in LINTERS:
        n_found += _tell(linter.name, lint(linter))
    return 1 if n_found else 0


def _tell(name: str, found: list[str]) -> int:
    print(f"{'FAIL' if found else 'ok  '} {name}")  # noqa: T201 - what people run it for
    for each in found:
        print(f"     {each}")  # noqa: T201
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
