"""Our schema of workflows of CodeCatalyst refuses what the service would; a linter holds ours against it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.checks.linters import ROOT

_WORKFLOW = ROOT / ".codecatalyst" / "workflows" / "deploy.yaml"
_SCHEMA = ROOT / ".codecatalyst" / "workflow.schema.json"


def _refused(workflow: dict[str, Any], folder: Path) -> bool:
    file = folder / "workflow.yaml"
    file.write_text(yaml.safe_dump(workflow), "utf-8")
    program = Path(sys.executable).parent / "check-jsonschema"
    ended = subprocess.run(  # noqa: S603 - a program of this environment
        [str(program), "--schemafile", str(_SCHEMA), str(file)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0 or "Schema validation errors" in ended.stdout, ended.stdout + ended.stderr
    return ended.returncode != 0


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        ("Build", {"Identifier": "aws/build@v9"}),
        ("Build", {"Timeouts": 5}),
        ("Dev", {"Configuration": {"Steps": ["make deploy"]}}),
        ("Approval", {"Configuration": {"ApprovalsRequired": 3}}),
    ],
)
def test_what_the_service_would_refuse_is_refused(
    action: str, changed: dict[str, Any], tmp_path: Path
) -> None:
    workflow = yaml.safe_load(_WORKFLOW.read_text("utf-8"))
    assert not _refused(workflow, tmp_path)
    workflow["Actions"][action] |= changed
    assert _refused(workflow, tmp_path)
