"""Workflows of GitHub and CodeCatalyst: only recipes, pinned actions, least rights, one build for all."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CODECATALYST = ROOT / ".codecatalyst" / "workflows" / "deploy.yaml"
RECIPES = {
    recipe
    for file in ("Makefile", "delivery.mk")
    for recipe in re.findall(r"^([a-z-]+):(?!=).*## ", (ROOT / file).read_text("utf-8"), re.MULTILINE)
}
_RUN = re.compile(
    r'make ([a-z-]+)( BUNDLE="\$CATALYST_SOURCE_DIR_bundle/dist/bundle"| >> "\$GITHUB_STEP_SUMMARY")?'
)
_PINNED = re.compile(r"^\s+(?:- )?uses: ([\w./-]+)@([0-9a-f]{40}) # v(\d+\.\d+\.\d+)$")
_OURS = "$/.github/workflows/"
_WRITES = {
    ("ci", "difference"): {"id-token"},
    ("deploy", "dev"): {"id-token"},
    ("deploy", "prod"): {"id-token"},
    ("install", "install"): {"id-token"},
    ("release", "publish"): {"attestations", "contents", "id-token"},
}
"""What a job may write; all others only read."""


def _read(file: Path) -> dict[str, Any]:
    """Read a workflow; `on` is no truth value here."""
    read: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - the safest
    return read


def _jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in _read(file)["jobs"].items():
            yield file.stem, name, job


JOBS = list(_jobs())
EACH_JOB = pytest.mark.parametrize(("workflow", "name", "job"), JOBS, ids=[f"{a}-{b}" for a, b, _ in JOBS])


def _job(workflow: str, name: str) -> dict[str, Any]:
    (found,) = [job for a, b, job in JOBS if (a, b) == (workflow, name)]
    return found


def _runs(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


def _actions(job: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [step for step in job.get("steps", []) if step.get("uses", "").startswith(f"{name}@")]


@EACH_JOB
def test_a_job_runs_recipes_of_make_and_nothing_else(workflow: str, name: str, job: dict[str, Any]) -> None:
    for run in _runs(job):
        found = _RUN.fullmatch(run)
        assert found, f"{workflow}.{name}: {run}"
        assert found[1] in RECIPES, f"{workflow}.{name}: {found[1]}"


@EACH_JOB
def test_a_job_has_the_rights_that_it_needs_and_ends(workflow: str, name: str, job: dict[str, Any]) -> None:
    assert {right for right, level in job["permissions"].items() if level == "write"} == _WRITES.get(
        (workflow, name), set()
    )
    assert "uses" in job or 0 < int(job["timeout-minutes"]) <= 120


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_has_no_right_of_its_own_and_no_secret(file: Path) -> None:
    assert _read(file)["permissions"] == {}
    assert "secrets." not in file.read_text("utf-8")
    assert "pull_request_target" not in file.read_text("utf-8")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_a_digest_and_names_its_version(file: Path) -> None:
    used = [line for line in file.read_text("utf-8").splitlines() if re.search(r"\buses:", line)]
    assert used
    for line in used:
        assert _PINNED.match(line) or f"uses: {_OURS}" in line, line


def test_an_action_has_one_digest_everywhere() -> None:
    found = {
        m.groups() for f in WORKFLOWS for m in map(_PINNED.match, f.read_text("utf-8").splitlines()) if m
    }
    assert len({action for action, _, _ in found}) == len(found)


@EACH_JOB
def test_a_checkout_leaves_no_token_behind(workflow: str, name: str, job: dict[str, Any]) -> None:
    for step in _actions(job, "actions/checkout"):
        assert step["with"]["persist-credentials"] == "false", f"{workflow}.{name}"


def test_one_job_builds_and_what_it_built_goes_everywhere() -> None:
    builds = {(a, b) for a, b, job in JOBS if {"make bundle", "make image"} & set(_runs(job))}
    assert builds == {("deploy", "build"), ("release", "build")}
    for name in ("dev", "prod"):
        assert _job("deploy", name)["uses"] == f"{_OURS}install.yml"
        assert _job("deploy", name)["with"]["environment"] == name
    recipes = ["make origin", "make tools", "make promote", "make deploy"]
    assert _runs(_job("install", "install"))[:4] == recipes


def test_production_comes_after_development_and_each_has_its_environment() -> None:
    assert _job("deploy", "dev")["needs"] == "build"
    assert _job("deploy", "prod")["needs"] == "dev"
    assert "needs.dev.result == 'success'" in _job("deploy", "prod")["if"]
    assert _job("install", "install")["environment"] == "${{ inputs.environment }}"


def test_a_role_is_taken_on_by_identity_and_only_in_its_account() -> None:
    roles = [
        step["with"] for _, _, job in JOBS for step in _actions(job, "aws-actions/configure-aws-credentials")
    ]
    assert [re.sub(r"\$\{\{.*?\}\}", "_", role["role-to-assume"]) for role in roles] == [
        "arn:aws:iam::_:role/analytics-dev-pipeline-plan",
        "arn:aws:iam::_:role/analytics-_-pipeline-build",
        "arn:aws:iam::_:role/analytics-_-pipeline-deploy",
    ]
    for role in roles:
        assert role["allowed-account-ids"] in role["role-to-assume"]
        assert not [key for key in role if "access-key" in key]


@EACH_JOB
def test_nothing_is_installed_once_a_role_was_taken_on(workflow: str, name: str, job: dict[str, Any]) -> None:
    steps = [step.get("run") or step["uses"].split("@")[0] for step in job.get("steps", [])]
    if "aws-actions/configure-aws-credentials" in steps:
        first = steps.index("aws-actions/configure-aws-credentials")
        assert steps.index("make tools") < first, f"{workflow}.{name}"


def test_what_is_signed_was_verified_before_and_is_on_main() -> None:
    steps = [step.get("run") or step["uses"].split("@")[0] for step in _job("release", "publish")["steps"]]
    signed = steps.index("actions/attest-build-provenance")
    assert steps.index("make verify") < signed < steps.index("make publish")
    assert _runs(_job("release", "build"))[0] == "make ancestor"
    (checkout,) = _actions(_job("release", "build"), "actions/checkout")
    assert checkout["with"]["fetch-depth"] == "0"


def test_the_matrix_is_what_the_package_supports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    told = [each.rsplit(" ", 1)[1] for each in project["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert _job("ci", "test")["strategy"]["matrix"]["python"] == told


def test_an_archive_is_built_on_the_python_of_the_image() -> None:
    image = (ROOT / "docker" / "slim" / "Dockerfile").read_text("utf-8")
    (needed,) = re.findall(r"^ARG PYTHON_IMAGE=\S+/python:(3\.\d+)-", image, re.MULTILINE)
    for name in ("deploy", "release"):
        (python,) = _actions(_job(name, "build"), "actions/setup-python")
        assert python["with"]["python-version"] == needed


def _codecatalyst() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(CODECATALYST.read_text("utf-8"))
    return read


def test_codecatalyst_runs_the_recipes_that_github_does() -> None:
    actions = _codecatalyst()["Actions"]
    ran = {
        name: [step["Run"] for step in each["Configuration"].get("Steps", [])]
        for name, each in actions.items()
    }
    recipes = {name: [_RUN.fullmatch(run)[1] for run in runs] for name, runs in ran.items()}  # type: ignore[index]
    assert recipes == {
        "Build": ["image", "bundle"],
        "Dev": ["promote", "deploy"],
        "Approval": [],
        "Prod": ["promote", "deploy"],
    }
    assert [actions[name].get("DependsOn") for name in actions] == [None, ["Build"], ["Dev"], ["Approval"]]
