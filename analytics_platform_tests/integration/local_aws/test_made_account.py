"""What the bootstrap makes in the emulation, and that its parts speak to each other."""

import json

import pytest

from analytics_platform.local_aws.bootstrap import RUNS_ANYTHING, Account, Bootstrap
from analytics_platform.settings import Settings
from analytics_platform.triggers.lambda_package import lambda_files
from analytics_platform_tests.integration.local_aws.cluster import Cluster, until

NAME = "made"


@pytest.fixture(scope="module")
def account(cluster: Cluster) -> Account:
    files = lambda_files(Settings(landing_url=f"s3://{NAME}-landing"))
    return Bootstrap(cluster.cloud.endpoint, name=NAME).make(files, RUNS_ANYTHING)


def test_queues_keep_what_is_received_in_vain_five_times(cluster: Cluster, account: Account) -> None:
    sqs = cluster.client("sqs")
    for queue, dead in (
        (account.uploads_queue, account.uploads_dead),
        (account.requests_queue, account.requests_dead),
    ):
        told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        policy = json.loads(told["RedrivePolicy"])
        assert policy["maxReceiveCount"] in {5, "5"}
        assert policy["deadLetterTargetArn"].endswith(dead.rpartition("/")[2])
        assert int(told["VisibilityTimeout"]) > Settings().sensor_interval_seconds


def test_an_upload_is_told_to_the_queue_and_asked_for_by_the_machine(
    cluster: Cluster, account: Account
) -> None:
    key = "prices/vendor_2013-03-01.csv"
    version = cluster.client("s3").put_object(Bucket=account.landing, Key=key, Body=b"1")["VersionId"]
    told = cluster.received(account.uploads_queue, 2)[-1]["Records"][0]["s3"]["object"]
    assert told["versionId"] == version
    (asked,) = cluster.received(account.requests_queue)
    assert asked["request"] == {
        "kind": "upload",
        "bucket": account.landing,
        "key": key,
        "version_id": version,
    }
    failed = {"taskToken": asked["token"], "error": "Delivery.Refused", "cause": "row 3"}
    cluster.client("stepfunctions").send_task_failure(**failed)
    assert cluster.execution(asked["execution"])["status"] == "FAILED"


def test_what_is_published_to_the_topic_can_be_read(cluster: Cluster, account: Account) -> None:
    cluster.client("sns").publish(TopicArn=account.topic, Message='{"told": "once"}')
    until(lambda: {"told": "once"} in cluster.received(account.notifications_queue))


@pytest.mark.parametrize(
    ("override", "printed"),
    [
        ({"command": ["echo", "an argument"]}, "an argument\n"),
        ({"environment": [{"name": "COMMAND", "value": "echo a script && false"}]}, "a script\n"),
    ],
    ids=["arguments", "script"],
)
def test_the_task_definition_runs_its_arguments_or_else_the_script(
    cluster: Cluster, account: Account, override: dict[str, object], printed: str
) -> None:
    arn = cluster.run(account.task_definition, override)
    assert cluster.ended(arn)[0] == (0 if "command" in override else 1)
    assert cluster.log(arn).read_text("utf-8") == printed


def test_the_environment_of_the_account_is_settings_of_the_platform(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in account.environment().items():
        monkeypatch.setenv(name, value)
    of = Settings()
    assert of.landing_url == f"s3://{account.landing}"
    assert of.uploads_queue_url == account.uploads_queue
    assert of.requests_queue_url == account.requests_queue
    assert of.notifications_topic == account.topic
    assert of.materialize_machine == account.machines["materialize"]
