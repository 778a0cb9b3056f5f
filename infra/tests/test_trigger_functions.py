"""Functions of the triggers: what their archive holds and knows, and what they may do."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analytics_platform.triggers.lambda_package import HANDLERS
from infra.configuration import configuration
from infra.stacks.functions import described
from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, rights

_ASK_THE_ARCHIVE = """
import sys
from datetime import UTC, datetime
from analytics_platform.triggers.lambdas import expected_deliveries, route_upload
from analytics_platform.triggers.lambdas.configuration import configuration
known = configuration()
for told in sys.argv[1:]:
    asked = expected_deliveries.read_request({"time": told}, told, known, datetime.now(UTC))
    print(asked.session, known.sessions.has(asked.session), expected_deliveries.__file__)
"""


@pytest.fixture
def archive(templates: Templates, assembly: Path) -> Path:
    """Folder of the archive that all functions have."""
    functions = of_type(templates["triggers"], "AWS::Lambda::Function").values()
    (name,) = {each["Code"]["S3Key"].removesuffix(".zip") for each in functions}
    return assembly / f"asset.{name}"


def test_functions_are_the_handlers_from_one_archive(templates: Templates, archive: Path) -> None:
    functions = of_type(templates["triggers"], "AWS::Lambda::Function").values()
    assert {each["Handler"] for each in functions} == set(HANDLERS.values())
    assert {(each["Runtime"], *each["Architectures"]) for each in functions} == {("python3.13", "arm64")}
    for handler in HANDLERS.values():
        module = handler.rsplit(".", 1)[0].replace(".", "/")
        assert (archive / f"{module}.py").is_file()
    binaries = [file for file in archive.rglob("*") if file.suffix in {".so", ".pyd", ".dylib"}]
    assert binaries == []  # else the archive would be for one architecture only


def test_functions_know_the_landing_zone_of_their_installation(archive: Path, production: Templates) -> None:
    (told,) = archive.glob("*.json")
    assert json.loads(told.read_text("utf-8"))["bucket"] == configuration("dev").bucket("landing")
    other = of_type(production["triggers"], "AWS::Lambda::Function").values()
    assert archive.name not in {f"asset.{each['Code']['S3Key'].removesuffix('.zip')}" for each in other}


def test_functions_know_nothing_of_the_machine_that_synthesises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_SESSION_ZONE", "Asia/Tokyo")
    monkeypatch.setenv("ANALYTICS_LANDING_URL", "s3://another")
    config = configuration("dev")
    told = described(config)
    assert (told.session_zone, told.landing_url) == ("Etc/GMT-3", config.landing_url)


def test_functions_may_write_their_own_log_and_one_may_list_the_landing_zone(templates: Templates) -> None:
    template = templates["triggers"]
    functions = of_type(template, "AWS::Lambda::Function").values()
    told = {
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    allowed = {each["FunctionName"]: rights(template, each["Role"]["Fn::GetAtt"][0]) for each in functions}
    assert allowed == {
        "analytics-dev-route-upload": told,
        "analytics-dev-expected-deliveries": told | {"s3:ListBucket"},
    }
    logs = [each["LoggingConfig"]["LogGroup"]["Ref"] for each in functions]
    assert len(set(logs)) == len(logs)
    assert {template["Resources"][each]["Properties"]["RetentionInDays"] for each in logs} == {30}
    (look,) = [
        each
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for each in policy["PolicyDocument"]["Statement"]
        if each.get("Sid") == "LookAtLanding"
    ]
    assert "Landing" in json.dumps(look["Resource"])


def test_the_machine_understands_the_moment_of_the_schedule_as_the_day_that_has_just_ended(
    templates: Templates, archive: Path
) -> None:
    (schedule,) = of_type(templates["triggers"], "AWS::Scheduler::Schedule").values()
    minute, hour = map(int, re.findall(r"cron\((\d+) (\d+) ", schedule["ScheduleExpression"])[0])
    zone = ZoneInfo(schedule["ScheduleExpressionTimezone"])
    moments = [
        datetime(2013, month, day, hour, minute, tzinfo=zone) for month, day in ((3, 2), (3, 3), (7, 4))
    ]
    told = [f"{each.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for each in moments]  # as EventBridge writes it
    answered = subprocess.run(  # noqa: S603 - this Python, the archive of this test
        [sys.executable, "-B", "-c", _ASK_THE_ARCHIVE, *told],
        cwd=archive,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answered.stderr == ""
    lines = [line.split() for line in answered.stdout.splitlines()]
    assert [(day, is_session) for day, is_session, _ in lines] == [
        ("2013-03-01", "True"),  # a Friday
        ("2013-03-02", "False"),
        ("2013-07-03", "True"),
    ]
    assert {Path(file).parents[3].name for *_, file in lines} == {archive.name}
