"""Buckets, queues and the topic: what is delivered stays, and what cannot be read is told."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of

BUCKETS = ("landing", "lake", "archives", "results", "logs")


def _bucket(template: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(
        each for each in of_type(template, "AWS::S3::Bucket").values() if f"-{name}-" in each["BucketName"]
    )


def _policy(template: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    logical = next(
        key for key, each in of_type(template, "AWS::S3::Bucket").items() if f"-{name}-" in each["BucketName"]
    )
    return next(
        list(each["PolicyDocument"]["Statement"])
        for each in of_type(template, "AWS::S3::BucketPolicy").values()
        if each["Bucket"] == {"Ref": logical}
    )


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_private_encrypted_and_keeps_versions(templates: Templates, name: str) -> None:
    bucket = _bucket(templates["storage"], name)
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["LifecycleConfiguration"]["Rules"]


@pytest.mark.parametrize("name", set(BUCKETS) - {"logs"})
def test_who_reads_and_writes_is_logged(templates: Templates, name: str) -> None:
    logged = _bucket(templates["storage"], name)["LoggingConfiguration"]
    assert logged["LogFilePrefix"] == f"access/{name}/"


def test_load_balancers_of_this_account_leave_their_logs(templates: Templates) -> None:
    allowed = [each for each in _policy(templates["storage"], "logs") if each["Effect"] == "Allow"]
    (balancers,) = [each for each in allowed if "AWS" in each["Principal"]]
    assert balancers["Principal"] == {"AWS": "arn:aws:iam::054676820928:root"}  # of AWS, for eu-central-1
    assert balancers["Action"] == "s3:PutObject"
    assert balancers["Resource"]["Fn::Join"][1][1] == "/balancer/AWSLogs/111122223333/*"


def test_uploads_are_told_to_the_queue_and_to_eventbridge(templates: Templates) -> None:
    told = _bucket(templates["storage"], "landing")["NotificationConfiguration"]
    assert told["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}
    assert [each["Event"] for each in told["QueueConfigurations"]] == ["s3:ObjectCreated:*"]
    allowed = [
        statement
        for each in of_type(templates["storage"], "AWS::SQS::QueuePolicy").values()
        for statement in each["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "s3.amazonaws.com"}
    ]
    assert [set(each["Condition"]) for each in allowed] == [{"StringEquals", "ArnEquals"}]


def test_nobody_deletes_what_was_delivered(templates: Templates) -> None:
    landing = [each for each in _policy(templates["storage"], "landing") if each["Effect"] == "Deny"]
    removed = {action for each in landing for action in each["Action"] if "Delete" in action}
    assert removed == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    lake = [each for each in _policy(templates["storage"], "lake") if each["Effect"] == "Deny"]
    assert "s3:DeleteObjectVersion" in json.dumps(lake)


def test_what_was_delivered_is_kept_in_production_also_as_old_versions(
    templates: Templates, production: Templates
) -> None:
    for name in ("landing", "lake"):
        rules = _bucket(production["storage"], name)["LifecycleConfiguration"]["Rules"]
        assert not [
            rule for rule in rules if "NoncurrentVersionExpiration" in rule or "ExpirationInDays" in rule
        ]
    for installation, policy in ((production, "Retain"), (templates, "Delete")):
        resources = installation["storage"]["Resources"].values()
        assert {each["DeletionPolicy"] for each in resources if each["Type"] == "AWS::S3::Bucket"} == {policy}


def test_what_is_exchanged_expires_after_a_day(templates: Templates) -> None:
    rules = _bucket(templates["storage"], "results")["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule} == {
        "staging/": 1,
        "athena/": 7,
    }
    old = [rule["NoncurrentVersionExpiration"] for rule in rules if "NoncurrentVersionExpiration" in rule]
    assert old == [{"NoncurrentDays": 1}]


@pytest.mark.parametrize("name", ["uploads", "requests"])
def test_a_queue_gives_up_after_five_readings_and_an_alarm_tells(templates: Templates, name: str) -> None:
    template = templates["storage"]
    queues = {each["QueueName"]: each for each in of_type(template, "AWS::SQS::Queue").values()}
    queue, dead = queues[f"analytics-dev-{name}"], queues[f"analytics-dev-{name}-dead"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queue["VisibilityTimeout"] == 180
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    (alarm,) = (
        each
        for each in of_type(template, "AWS::CloudWatch::Alarm").values()
        if each["AlarmName"] == f"analytics-dev-{name}-dead-letters"
    )
    assert alarm["AlarmActions"]
    assert alarm["Threshold"] == 0


def test_alarms_and_budgets_may_publish_and_people_are_subscribed(templates: Templates) -> None:
    template = templates["storage"]
    topic = only_of(template, "AWS::SNS::TopicPolicy")
    allowed = json.dumps([each for each in topic["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"])
    assert "cloudwatch.amazonaws.com" in allowed
    assert "budgets.amazonaws.com" in allowed
    subscribed = only_of(template, "AWS::SNS::Subscription")
    assert subscribed["Endpoint"] == "analytics-dev@example.com"
