"""Tasks are recipes of make, launch configurations start, and the dev container is that of the editor."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analytics_platform.cli.app import app

ROOT = Path(__file__).resolve().parents[3]


def read(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / name).read_text("utf-8")))


EXTENSIONS: list[str] = read(".vscode/extensions.json")["recommendations"]
TASKS: list[dict[str, Any]] = read(".vscode/tasks.json")["tasks"]
LAUNCHES: list[dict[str, Any]] = read(".vscode/launch.json")["configurations"]
CONTAINER = read(".devcontainer/devcontainer.json")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
of_the_cli = pytest.mark.parametrize(
    "launch",
    [launch for launch in LAUNCHES if launch.get("module") == "analytics_platform.cli"],
    ids=lambda launch: str(launch["name"]),
)


def test_what_the_work_needs_is_recommended() -> None:
    assert {
        "ms-python.python",
        "charliermarsh.ruff",
        "innoverio.vscode-dbt-power-user",
        "bastienboutonnet.vscode-dbt",
        "dorzey.vscode-sqlfluff",
        "ms-azuretools.vscode-docker",
        "amazonwebservices.aws-toolkit-vscode",
    } <= set(EXTENSIONS)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: str(task["label"]))
def test_a_task_is_a_recipe(task: dict[str, Any]) -> None:
    assert task["command"] == "make"
    (recipe,) = task["args"]
    assert re.search(rf"^{recipe}:.*## ", MAKEFILE, re.MULTILINE), f"make has no {recipe}"


def test_daily_recipes_are_tasks() -> None:
    assert {"setup", "demo", "test", "lint", "format", "dev", "serve"} <= {task["args"][0] for task in TASKS}


@of_the_cli
def test_a_launch_is_a_command_with_options_that_it_has(launch: dict[str, Any]) -> None:
    words = launch["args"]
    command = [word for word in words if re.fullmatch(r"[a-z-]+", word) and not word.startswith("--")]
    told = CliRunner().invoke(app, [*command, "--help"])
    assert told.exit_code == 0, told.output
    for option in (word for word in words if word.startswith("--")):
        assert option in told.output


def test_other_launches_start() -> None:
    others = {launch.get("module") or launch["program"]: launch for launch in LAUNCHES}
    del others["analytics_platform.cli"]
    program = others.pop("${workspaceFolder}/docker/slim/entry_point.py")
    started = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, program["program"].replace("${workspaceFolder}", str(ROOT)), *program["args"]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.stdout.startswith("Python 3.")
    assert others.pop("pytest")["args"][-1] == "${file}"
    # Needs .venv-infra, so it is looked at and not run: `make lint-infra` runs the same module.
    ((module, synthesis),) = others.items()
    tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_text("utf-8"))
    assert any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)
    assert synthesis["python"] == "${workspaceFolder}/.venv-infra/bin/python"


def test_every_question_that_is_asked_is_put() -> None:
    text = (ROOT / ".vscode" / "launch.json").read_text("utf-8")
    put = {each["id"] for each in read(".vscode/launch.json")["inputs"]}
    assert set(re.findall(r"\$\{input:(\w+)\}", text)) == put


def test_the_editor_uses_the_environment_of_make() -> None:
    settings = read(".vscode/settings.json")
    for name in ("python.defaultInterpreterPath", "dbt.dbtPythonPathOverride", "sqlfluff.executablePath"):
        assert settings[name].startswith("${workspaceFolder}/.venv/bin/")
    assert settings["editor.rulers"] == [110]


def test_the_dev_container_makes_the_environment_and_has_the_extensions() -> None:
    assert CONTAINER["postCreateCommand"] == "make setup"
    assert CONTAINER["customizations"]["vscode"]["extensions"] == EXTENSIONS
    assert (ROOT / ".devcontainer" / CONTAINER["build"]["dockerfile"]).is_file()


def test_the_dev_container_installs_what_contributing_tells() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (packages,) = re.findall(r"apt-get install ([^`]+)`", told)
    dockerfile = (ROOT / ".devcontainer" / "Dockerfile").read_text("utf-8")
    assert set(packages.split()) <= set(dockerfile.replace("\\", " ").split())
