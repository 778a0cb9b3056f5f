"""Queues and the topic: what waits, what nobody could read, and who is told."""

import json
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.cli.doctor_aws.asking import ProblemFoundError, client
from analytics_platform.storage.queues.sqs import VISIBILITY_SECONDS

_LEAST_RECEIVES = 3
_OLD = timedelta(hours=1)


def queue(url: str, name: str) -> str:
    """Tell whether a queue is set up as the sensors need it, and what waits in it and in its dead letters."""
    sqs = client("sqs")
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    policy = json.loads(told.get("RedrivePolicy", "{}"))
    if "deadLetterTargetArn" not in policy:
        message = f"{_named(url)} has no dead-letter queue: what nobody can read comes back for days; set one"
        raise ProblemFoundError(message)
    if int(policy.get("maxReceiveCount", 0)) < _LEAST_RECEIVES:
        message = (
            f"{_named(url)} gives up after {policy.get('maxReceiveCount')} receives: a short outage fills "
            "its dead letters; set maxReceiveCount to 5"
        )
        raise ProblemFoundError(message)
    seconds = int(told["VisibilityTimeout"])
    if seconds < VISIBILITY_SECONDS:
        message = (
            f"{_named(url)} hides messages for {seconds} s by default: a tick of a sensor may take longer; "
            f"set its VisibilityTimeout to {VISIBILITY_SECONDS}"
        )
        raise ProblemFoundError(message)
    waiting, hidden = (
        int(told[each]) for each in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    )
    age = _oldest(url)
    if age is not None and age > _OLD:
        message = (
            f"the oldest of {waiting} messages of {_named(url)} is {age.total_seconds() / 3600:.1f} hours "
            "old: nobody receives; look at the daemon and its sensors"
        )
        raise ProblemFoundError(message)
    dead = _dead(sqs, str(policy["deadLetterTargetArn"]))
    if dead:
        message = (
            f"{dead} dead letters of {_named(url)}; `analytics redrive --queue {name} --dry-run` shows them"
        )
        raise ProblemFoundError(message)
    told_age = "" if age is None else f", the oldest {age.total_seconds():.0f} s old"
    return f"{_named(url)}: {waiting} wait{told_age}, {hidden} are being read, no dead letters"


def topic(arn: str) -> str:
    """Tell whether anybody hears what is published to the topic."""
    pages = client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    every = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
    pending = sum(not each.startswith("arn:") for each in every)
    confirmed = len(every) - pending
    if not confirmed:
        asked = f", {pending} have not confirmed" if pending else ""
        message = f"nobody is subscribed to {arn}{asked}: alerts reach nobody; subscribe an address"
        raise ProblemFoundError(message)
    return f"{arn.rpartition(':')[2]}, {confirmed} subscribed"


def _dead(sqs: object, arn: str) -> int:
    _, _, _, _, account, name = arn.split(":", 5)
    url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]  # type: ignore[attr-defined] # untyped
    wanted = ["ApproximateNumberOfMessages"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]  # type: ignore[attr-defined] # untyped
    return int(told[wanted[0]])


def _oldest(url: str) -> timedelta | None:
    """Return the age of the oldest message as CloudWatch knows it: receiving would count as an attempt."""
    now = datetime.now(UTC)
    try:
        told = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": _named(url)}],
            StartTime=now - timedelta(minutes=15),
            EndTime=now,
            Period=300,
            Statistics=["Maximum"],
        )
    except (BotoCoreError, ClientError):
        return None  # no permission for figures: the queue itself has been asked
    points = sorted(told["Datapoints"], key=lambda each: each["Timestamp"])
    return timedelta(seconds=float(points[-1]["Maximum"])) if points else None


def _named(url: str) -> str:
    return url.rpartition("/")[2]
