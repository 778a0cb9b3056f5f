"""`analytics doctor` on an account: what is well is told, each fault in one line with its cure, no secret."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import urllib3
from dagster._daemon.types import DaemonHeartbeat

from analytics_platform.cli import doctor
from analytics_platform.cli.doctor_aws import buckets, databases, machines, queues
from analytics_platform.cli.doctor_aws.asking import Answer, Question, answer, secrets_of
from analytics_platform.cli.doctor_aws.machines import Machines, differences
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.local_aws.bootstrap import Account, Bootstrap
from analytics_platform.local_aws.instance import local_instance
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.triggers.lambda_package import lambda_files
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud

CANARY = "canary-that-must-not-be-shown"
AWS_YAML = Path(__file__).parents[3] / "docker" / "dagster.aws.yaml"


@dataclass(frozen=True)
class Installed:
    """An account with everything in it, and the settings of an installation there."""

    cloud: Cloud
    account: Account
    of: Settings

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a client of one service."""
        return self.cloud.client(service)

    def ask(self, ask: Callable[[], str], service: str = "") -> Answer:
        """Put one question."""
        return answer(Question("question", ask, service))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as emulated:
        yield emulated


def _install(cloud: Cloud, name: str, home: Path) -> tuple[Account, dict[str, str]]:
    """Make an account; return it and the variables of an installation in it."""
    files = lambda_files(Settings(landing_url=f"s3://{name}-landing"))
    account = Bootstrap(cloud.endpoint, name=name).make(files, {"command": ["true"]})
    template = home / "dagster.yaml"
    template.write_text(local_instance(AWS_YAML.read_text("utf-8")))
    told = {"ANALYTICS_HOME": str(home), "ANALYTICS_DAGSTER_TEMPLATE": str(template)}
    return account, {**account.environment(), **told}


@pytest.fixture(scope="module")
def whole(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, dict[str, str]]:
    return _install(cloud, "analytics", tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def broken_account(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, dict[str, str]]:
    return _install(cloud, "broken", tmp_path_factory.mktemp("broken"))


@pytest.fixture
def installed(
    cloud: Cloud, whole: tuple[Account, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Installed:
    """Give the account in which all is well; nobody changes it."""
    return _seen_by(cloud, whole, monkeypatch)


@pytest.fixture
def broken(
    cloud: Cloud, broken_account: tuple[Account, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Installed:
    """Give the account in which each test breaks something else."""
    return _seen_by(cloud, broken_account, monkeypatch)


def _seen_by(
    cloud: Cloud, made: tuple[Account, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Installed:
    for name, value in made[1].items():
        monkeypatch.setenv(name, value)
    return Installed(cloud, made[0], Settings())


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


def _unversioned(at: Installed) -> None:
    told = {"Status": "Suspended"}
    at.client("s3").put_bucket_versioning(Bucket=at.account.landing, VersioningConfiguration=told)


def _silent_bucket(at: Installed) -> None:
    s3, place = at.client("s3"), {"LocationConstraint": at.cloud.region}
    s3.create_bucket(Bucket="broken-silent", CreateBucketConfiguration=place)
    s3.put_bucket_versioning(Bucket="broken-silent", VersioningConfiguration={"Status": "Enabled"})


def _dead_letter(at: Installed) -> None:
    at.client("sqs").send_message(QueueUrl=at.account.uploads_dead, MessageBody="not json")


def _attribute(name: str, value: str) -> Callable[[Installed], None]:
    def change(at: Installed) -> None:
        at.client("sqs").set_queue_attributes(QueueUrl=at.account.requests_queue, Attributes={name: value})

    return change


def _no_dead_letters(at: Installed) -> None:
    at.client("sqs").create_queue(QueueName="broken-alone")


def _alone(at: Installed) -> str:
    return queues.queue(at.client("sqs").get_queue_url(QueueName="broken-alone")["QueueUrl"], "uploads")


def _nobody_subscribed(at: Installed) -> None:
    sns = at.client("sns")
    for each in sns.list_subscriptions_by_topic(TopicArn=at.account.topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])


def _other_machine(at: Installed) -> None:
    states, arn = at.client("stepfunctions"), at.account.machines["end_of_day"]
    told = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
    told["TimeoutSeconds"] = 5
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(told))


def _nothing(_: Installed) -> None:
    """Break nothing: what is asked for is not there."""


def _machine_elsewhere(at: Installed) -> str:
    other = at.account.machines["materialize"].replace("broken", "other")
    return Machines(at.of.model_copy(update={"materialize_machine": other})).machine("fan_out")


def _no_function(at: Installed) -> None:
    at.client("lambda").delete_function(FunctionName="broken-route_upload")


def _no_cluster(at: Installed) -> None:
    at.client("ecs").delete_cluster(cluster=at.account.cluster)


def _cluster(at: Installed) -> str:
    return Machines(at.of).cluster()


def _inactive_definition(at: Installed) -> None:
    at.client("ecs").deregister_task_definition(taskDefinition=at.account.task_definition)


def _silent_daemon(at: Installed) -> None:
    _start_daemon(at.of, ago=3600)


def _newer_ledger(at: Installed) -> None:
    Ledger(at.of.ledger_url).close()
    engine = sa.create_engine(at.of.ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    engine.dispose()


def _landing(at: Installed) -> str:
    return buckets.landing_zone(at.of)


def _silent_landing(at: Installed) -> str:
    return buckets.landing_zone(at.of.model_copy(update={"landing_url": "s3://broken-silent"}))


def _uploads(at: Installed) -> str:
    return queues.queue(at.account.uploads_queue, "uploads")


def _requests(at: Installed) -> str:
    return queues.queue(at.account.requests_queue, "requests")


def _end_of_day(at: Installed) -> str:
    return Machines(at.of).machine("end_of_day")


def _task_definition(at: Installed) -> str:
    return machines.task_definition(at.of)


FAULTS = {
    "no versions": (_unversioned, _landing, "keeps no versions"),
    "nobody is told": (_silent_bucket, _silent_landing, "add a notification of s3:ObjectCreated:*"),
    "dead letters": (_dead_letter, _uploads, "1 dead letters of broken-uploads; `analytics redrive"),
    "short visibility": (
        _attribute("VisibilityTimeout", "30"),
        _requests,
        "set its VisibilityTimeout to 180",
    ),
    "no dead-letter queue": (_no_dead_letters, _alone, "has no dead-letter queue"),
    "nobody subscribed": (
        _nobody_subscribed,
        lambda at: queues.topic(at.account.topic),
        "subscribe an address",
    ),
    "another machine": (_other_machine, _end_of_day, "is not that of this version (TimeoutSeconds is 5, not"),
    "no machine": (_nothing, _machine_elsewhere, "there is no state machine fan_out; deploy it"),
    "no function": (
        _no_function,
        lambda at: Machines(at.of).functions(),
        "no function broken-route_upload",
    ),
    "no cluster": (_no_cluster, _cluster, "is no active cluster"),
    "inactive definition": (_inactive_definition, _task_definition, "is INACTIVE: no run can start"),
    "silent daemon": (
        _silent_daemon,
        lambda at: databases.dagster(at.of),
        "start `analytics service daemon`",
    ),
    "newer ledger": (_newer_ledger, lambda at: databases.ledger(at.of), "was written by newer code"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_cure(broken: Installed, fault: str) -> None:
    breaks, ask, phrase = FAULTS[fault]
    breaks(broken)
    told = broken.ask(lambda: ask(broken))
    assert not told.is_good
    assert phrase in told.text


def test_a_container_that_the_launcher_does_not_find_is_told(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [{"name": "web", "image": "slim", "memory": 512}]
    installed.client("ecs").register_task_definition(family="analytics-other", containerDefinitions=other)
    monkeypatch.setenv("DAGSTER_RUN_TASK_DEFINITION", "analytics-other:1")
    assert "has no container run, only web" in installed.ask(lambda: _task_definition(installed)).text
    monkeypatch.setenv("DAGSTER_RUN_TASK_DEFINITION", "analytics-missing:1")
    assert "register it" in installed.ask(lambda: _task_definition(installed)).text
    monkeypatch.delenv("DAGSTER_RUN_TASK_DEFINITION")
    assert "is not set: no run can start" in installed.ask(lambda: _task_definition(installed)).text


def test_a_newer_revision_of_the_task_definition_is_told(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = [{"name": "run", "image": "slim", "memory": 512}]
    for _ in range(2):
        installed.client("ecs").register_task_definition(family="analytics-twice", containerDefinitions=run)
    monkeypatch.setenv("DAGSTER_RUN_TASK_DEFINITION", "analytics-twice:1")
    told = installed.ask(lambda: _task_definition(installed))
    assert told.is_good
    assert told.text.endswith("; revision 2 is newer")


@pytest.mark.parametrize(
    ("ask", "service", "lacking"),
    [
        pytest.param(_landing, "s3", "s3:ListBucket", id="bucket"),
        pytest.param(_uploads, "sqs", "sqs:GetQueueAttributes", id="queue"),
        pytest.param(_end_of_day, "states", "states:ListStateMachines", id="state machines"),
        pytest.param(
            lambda at: queues.topic(at.account.topic), "sns", "sns:ListSubscriptionsByTopic", id="topic"
        ),
        pytest.param(_task_definition, "ecs", "ecs:DescribeTaskDefinition", id="task definition"),
        pytest.param(
            lambda at: databases.catalogue(at.of.model_copy(update={"lake_url": "s3://analytics-lake/lake"})),
            "glue",
            "glue:GetTables",
            id="catalogue",
        ),
    ],
)
def test_a_permission_that_is_lacking_is_named(
    installed: Installed,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[Installed], str],
    service: str,
    lacking: str,
) -> None:
    iam = installed.client("iam")
    iam.create_user(UserName=f"poor-{service}")
    key = iam.create_access_key(UserName=f"poor-{service}")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    urllib3.request("POST", f"{installed.cloud.endpoint}/moto-api/reset-auth", body=b"0")
    try:
        told = installed.ask(lambda: ask(installed), service)
    finally:
        urllib3.request("POST", f"{installed.cloud.endpoint}/moto-api/reset-auth", body=b"inf")
    assert told == Answer(
        is_good=False, text=f"access is denied: the role lacks {lacking}; add it to its policy"
    )


def test_placeholders_stand_for_what_is_deployed_and_nothing_else() -> None:
    shipped = {"States": [{"Queue": "${Url}", "Path": "$.a"}, {"Arn": "x:${Name}:y"}]}
    deployed = {"States": [{"Queue": "https://a", "Path": "$.b"}, {"Arn": "x:n:z", "More": 1}]}
    assert list(differences(shipped, shipped)) == []
    assert list(differences(shipped, deployed)) == [
        "States[0].Path is '$.b', not '$.a'",
        "States[1].Arn is 'x:n:z', not 'x:${Name}:y'",
        "States[1].More is not of this version",
    ]
