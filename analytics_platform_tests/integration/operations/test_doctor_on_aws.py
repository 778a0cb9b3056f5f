"""`analytics doctor` on an account: what is well is told, each fault in one line with its cure, no secret."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dagster._daemon.types import DaemonHeartbeat

from analytics_platform.cli import doctor
from analytics_platform.cli.doctor_aws import queues
from analytics_platform.cli.doctor_aws.asking import Answer, Question, answer, secrets_of
from analytics_platform.cli.doctor_aws.machines import differences
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.settings import Settings
from analytics_platform_tests.integration.operations.conftest import Installed

CANARY = "canary-that-must-not-be-shown"


def _start_daemon(of: Settings, ago: float = 0.0) -> None:
    instance = prepare_instance(of.dagster_template, of.dagster_home)
    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - ago, "SENSOR", "id", []))


def test_all_is_well_after_the_bootstrap(installed: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    _start_daemon(installed.of)
    assert doctor.examine("local") == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "BAD" not in told
    for name in (
        "credentials: account 123456789012",
        "region: eu-west-1",
        "landing zone: s3://analytics-landing, versioned, tells analytics-uploads",
        "queue of uploads: analytics-uploads",
        "queue of requests: analytics-requests: 0 wait",
        "notifications topic: analytics-notifications, 1 subscribed",
        "state machine on_upload: analytics-on_upload, ACTIVE, as in this version",
        "state machine fan_out: analytics-fan_out",
        "functions: analytics-expected_deliveries, analytics-route_upload",
        "ECS cluster: analytics, ACTIVE",
        "task definition of runs: analytics-run:1, ACTIVE, container run",
        "dagster: 0 runs queued, 0 started, daemon seen",
    ):
        assert name in told


def test_half_a_profile_is_told_with_all_that_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANALYTICS_LAKE_URL", "s3://lake/lake")
    assert doctor.examine("aws") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("BAD settings: ANALYTICS_PROFILE=aws needs ANALYTICS_STAGING_URL")
    monkeypatch.setenv("ANALYTICS_REDSHIFT_PORT", CANARY)
    assert doctor.examine("aws") == 1
    told = capsys.readouterr().out
    assert "ANALYTICS_REDSHIFT_PORT: " in told
    assert CANARY not in told


def test_half_a_profile_in_the_environment_is_no_traceback_of_the_command(tmp_path: Path) -> None:
    given = {"PATH": os.defpath, "ANALYTICS_HOME": str(tmp_path), "ANALYTICS_PROFILE": "aws"}
    for more in ([], ["--profile", "aws"], ["--profile", "local"], ["--profile", "other"]):
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "analytics_platform.cli", "doctor", *more],
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stdout.startswith("BAD settings: ")
        assert done.stderr == ""


def test_nothing_is_asked_of_aws_where_nothing_of_it_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANALYTICS_HOME", str(tmp_path))
    assert doctor.examine("local") == 0
    assert "credentials" not in capsys.readouterr().out


def test_no_secret_is_shown_whatever_fails(
    installed: Installed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = {
        "ANALYTICS_LAKE_URL": "s3://analytics-lake/lake",
        "ANALYTICS_STAGING_URL": "s3://missing/staging",
        "ANALYTICS_REDSHIFT_HOST": "127.0.0.1",
        "ANALYTICS_REDSHIFT_PORT": "1",
        "ANALYTICS_REDSHIFT_USER": "somebody",
        "ANALYTICS_REDSHIFT_PASSWORD": CANARY,
        "ANALYTICS_REDSHIFT_TLS": "off",
        "ANALYTICS_LEDGER_URL": "postgresql://somebody@127.0.0.1:1/ledger",
        "ANALYTICS_SESSION_SECRET": f"{CANARY}-of-cookies-that-is-long",
        "PGPASSWORD": CANARY,
        "AWS_SECRET_ACCESS_KEY": CANARY,
        "AWS_SESSION_TOKEN": CANARY,
    }
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ANALYTICS_DAGSTER_TEMPLATE")
    assert doctor.examine("aws") == 1
    told = capsys.readouterr().out
    assert CANARY not in told
    assert "Traceback" not in told
    bad = {line.split(":")[0].removeprefix("BAD ") for line in told.splitlines() if line.startswith("BAD")}
    bad.discard("dbt project")  # parsed for Redshift or not, as the checkout is
    assert bad == {"ledger", "staging bucket", "glue catalogue", "redshift", "dagster"}
    assert "ok  lake bucket: s3://analytics-lake/lake: put, read, listed, deleted" in told
    assert "there is no bucket missing" in told
    assert "`analytics catalog sync` mends them" in told
    assert "check ANALYTICS_REDSHIFT_HOST" in told
    assert "set them as the services have them" in told
    left = installed.client("s3").list_objects_v2(Bucket="analytics-lake").get("Contents", [])
    assert left == [], "the probe is gone"


def test_a_secret_in_an_error_is_struck_out(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", CANARY)

    def fails() -> str:
        message = f"password {CANARY} is wrong"
        raise OSError(message)

    told = answer(Question("any", fails), secrets_of(installed.of))
    assert told == Answer(is_good=False, text="password *** is wrong")


def test_a_question_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "nobody")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        started = time.monotonic()
        told = answer(Question("queue", lambda: queues.topic("arn:aws:sns:a:b:c"), "sns", seconds=0.5))
        assert time.monotonic() - started < 3
    assert not told.is_good
    assert "the VPC endpoint of sns" in told.text


def test_without_credentials_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    told = answer(Question("topic", lambda: queues.topic("arn:aws:sns:a:b:c"), "sns"))
    assert told.text.startswith("there are no credentials; ")


def test_placeholders_stand_for_what_is_deployed_and_nothing_else() -> None:
    shipped = {"States": [{"Queue": "${Url}", "Path": "$.a"}, {"Arn": "x:${Name}:y"}]}
    deployed = {"States": [{"Queue": "https://a", "Path": "$.b"}, {"Arn": "x:n:z", "More": 1}]}
    assert list(differences(shipped, shipped)) == []
    assert list(differences(shipped, deployed)) == [
        "States[0].Path is '$.b', not '$.a'",
        "States[1].Arn is 'x:n:z', not 'x:${Name}:y'",
        "States[1].More is not of this version",
    ]
