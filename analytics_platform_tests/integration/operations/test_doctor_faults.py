"""`analytics doctor` on an account with a fault: it is told in one line, with cure or lacking permission."""

import json
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
import urllib3
from dagster._daemon.types import DaemonHeartbeat

from analytics_platform.cli.doctor_aws import buckets, databases, machines, queues
from analytics_platform.cli.doctor_aws.asking import Answer
from analytics_platform.cli.doctor_aws.machines import Machines
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform_tests.integration.operations.conftest import Installed


def _start_daemon(of: Settings, ago: float = 0.0) -> None:
    instance = prepare_instance(of.dagster_template, of.dagster_home)
    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - ago, "SENSOR", "id", []))


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
