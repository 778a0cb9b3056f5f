"""Events of the emulation, where moto's differ: targets, and what S3 tells."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from analytics_platform_tests.integration.local_aws.cluster import Cluster

KEY = "prices/a b+c_2013-03-01.csv"


def _rule(cluster: Cluster, bucket: str, *targets: Mapping[str, Any]) -> str:
    """Send what is put into a bucket to these targets; return the name of the rule."""
    events, name = cluster.client("events"), uuid.uuid4().hex
    # moto also tells of tags at every put, which AWS does not.
    pattern = {"detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    told = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    events.put_targets(Rule=name, Targets=told)
    cluster.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return name


def _machine(cluster: Cluster) -> str:
    return cluster.machine({"Type": "Pass"})


def _inputs(cluster: Cluster, machine: str, count: int = 1) -> list[Any]:
    return [json.loads(each["input"]) for each in cluster.executions(machine, count)]


def test_an_upload_starts_a_machine_with_the_event_as_aws_tells_it(cluster: Cluster) -> None:
    bucket, machine = cluster.bucket(), _machine(cluster)
    _rule(cluster, bucket, {"Arn": machine})
    s3 = cluster.client("s3")
    versions = [s3.put_object(Bucket=bucket, Key=KEY, Body=body)["VersionId"] for body in (b"1", b"22")]
    first, second = sorted(_inputs(cluster, machine, 2), key=lambda event: event["detail"]["object"]["size"])
    told = [event["detail"]["object"] for event in (first, second)]
    assert [(each["key"], each["version-id"]) for each in told] == [(KEY, each) for each in versions]
    assert told[0]["sequencer"] < told[1]["sequencer"]
    assert told[0]["etag"] == "c4ca4238a0b923820dcc509a6f75849b"
    assert "eTag" not in told[0]
    assert first["id"] != second["id"]
    assert first["time"].endswith("Z")


def test_an_object_of_a_bucket_without_versions_has_none(cluster: Cluster) -> None:
    bucket, machine = cluster.bucket(versioning=False), _machine(cluster)
    _rule(cluster, bucket, {"Arn": machine})
    cluster.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"1")
    (told,) = _inputs(cluster, machine)
    assert "version-id" not in told["detail"]["object"]


def test_all_targets_of_all_rules_are_told_the_same_event(cluster: Cluster) -> None:
    bucket, machine, (queue, arn) = cluster.bucket(), _machine(cluster), cluster.queue()
    _rule(cluster, bucket, {"Arn": machine})
    _rule(cluster, bucket, {"Arn": arn})
    cluster.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"1")
    ((one,), (other,)) = _inputs(cluster, machine), cluster.received(queue)
    assert (one["id"], one["detail"]) == (other["id"], other["detail"])


def test_a_target_that_is_not_there_keeps_nothing_from_the_others(cluster: Cluster) -> None:
    bucket, machine, (queue, arn) = cluster.bucket(), _machine(cluster), cluster.queue()
    _rule(cluster, bucket, {"Arn": f"{machine}-gone"}, {"Arn": machine}, {"Arn": arn})
    cluster.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"1")
    assert len(_inputs(cluster, machine)) == len(cluster.received(queue)) == 1


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"constant": 1}'}, {"constant": 1}),
        ({"InputPath": "$.detail.object.key"}, KEY),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"key": "$.detail.object.key", "size": "$.detail.object.size"},
                    "InputTemplate": '{"key": <key>, "size": <size>, "url": "s3://bucket/<key>"}',
                }
            },
            {"key": KEY, "size": 1, "url": f"s3://bucket/{KEY}"},
        ),
    ],
    ids=["constant", "part", "template"],
)
def test_a_machine_receives_the_input_of_its_target(
    cluster: Cluster, target: Mapping[str, Any], expected: object
) -> None:
    bucket, machine = cluster.bucket(), _machine(cluster)
    _rule(cluster, bucket, {"Arn": machine, **target})
    cluster.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"1")
    assert _inputs(cluster, machine) == [expected]


def test_a_disabled_rule_starts_nothing(cluster: Cluster) -> None:
    bucket, off, on = cluster.bucket(), _machine(cluster), _machine(cluster)
    cluster.client("events").disable_rule(Name=_rule(cluster, bucket, {"Arn": off}))
    _rule(cluster, bucket, {"Arn": on})
    cluster.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"1")
    assert len(_inputs(cluster, on)) == 1
    assert cluster.client("stepfunctions").list_executions(stateMachineArn=off)["executions"] == []


def test_an_upload_calls_a_function(cluster: Cluster) -> None:
    queue, _ = cluster.queue()
    code = (
        "import boto3, json, os\n"
        "def handler(event, context):\n"
        "    boto3.client('sqs').send_message(QueueUrl=os.environ['QUEUE'], MessageBody=json.dumps(event))\n"
    )
    function = cluster.function(code, Environment={"Variables": {"QUEUE": queue}})
    bucket = cluster.bucket()
    _rule(cluster, bucket, {"Arn": function})
    cluster.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"1")
    assert cluster.received(queue)[0]["detail"]["object"]["key"] == KEY


def test_a_notification_of_s3_tells_version_and_sequencer(cluster: Cluster) -> None:
    bucket, (queue, arn) = cluster.bucket(), cluster.queue()
    s3 = cluster.client("s3")
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    versions = [s3.put_object(Bucket=bucket, Key=KEY, Body=body)["VersionId"] for body in (b"1", b"22")]
    _, *told = cluster.received(queue, 3)
    facts = [each["Records"][0]["s3"]["object"] for each in told]
    facts.sort(key=lambda each: each["sequencer"])
    assert [each["versionId"] for each in facts] == versions
