"""The Glue jobs: what each is made of, and that its role may do what its steps do and nothing else."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from analytics_platform.settings import Settings
from infra.glue.job import arguments
from infra.glue.jobs import read_jobs
from infra.tests.template_parts import of_type, only_of

Template = Mapping[str, Any]


@pytest.fixture
def stack(templates: Mapping[str, Template]) -> Template:
    return templates["glue"]


def _text(value: object) -> str:
    """Return a property as text; what is known only later is its own description."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(_text(part) for part in value["Fn::Join"][1])
    return value if isinstance(value, str) else "later"


def _statements(stack: Template) -> Iterator[dict[str, Any]]:
    for policy in of_type(stack, "AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            for key in ("Action", "Resource"):
                value = statement[key]
                statement = {**statement, key: value if isinstance(value, list) else [value]}  # noqa: PLW2901 - normalised
            yield statement


def _resources(stack: Template, action: str) -> set[str]:
    return {
        _text(each) for told in _statements(stack) if action in told["Action"] for each in told["Resource"]
    }


def test_there_is_one_job_for_each_entry_of_the_list(stack: Template) -> None:
    made = {job["Name"]: job for job in of_type(stack, "AWS::Glue::Job").values()}
    assert set(made) == {f"analytics-dev-history-{job.name}" for job in read_jobs()}
    for job in read_jobs():
        told = made[f"analytics-dev-history-{job.name}"]
        assert (told["GlueVersion"], told["Command"]["Name"]) == ("5.0", "glueetl")
        assert (told["WorkerType"], told["NumberOfWorkers"]) == (job.worker_type, job.workers)
        assert (told["Timeout"], told["MaxRetries"]) == (job.timeout_minutes, job.retries)
        assert told["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert told["SecurityConfiguration"] == only_of(stack, "AWS::Glue::SecurityConfiguration")["Name"]
        connection = only_of(stack, "AWS::Glue::Connection")["ConnectionInput"]
        assert told["Connections"] == {"Connections": [connection["Name"]]}


def test_the_script_understands_its_arguments(stack: Template) -> None:
    for job, entry in zip(of_type(stack, "AWS::Glue::Job").values(), read_jobs(), strict=True):
        words = [word for name, value in job["DefaultArguments"].items() for word in (name, _text(value))]
        given = arguments(words)
        assert (given["job"], given["dataset"], given["span"]) == (entry.name, entry.dataset, entry.span)
        assert (given["workers"], given["seconds"]) == (entry.workers - 1, entry.timeout_minutes * 60)
        settings = json.loads(given["settings"])
        named = {name: value for name, value in settings.items() if name.startswith("ANALYTICS_")}
        of = Settings(**{name.removeprefix("ANALYTICS_").lower(): value for name, value in named.items()})
        assert (of.profile, of.ledger_url.partition(":")[0]) == ("aws", "postgresql")
        assert given["histories"] == of.lake_url.removesuffix("/lake") + "/histories"
        assert "PGPASSWORD" not in json.dumps(job)


def test_the_jobs_run_the_release_that_the_tasks_run(
    templates: Mapping[str, Template], stack: Template
) -> None:
    tasks = of_type(templates["orchestration"], "AWS::ECS::TaskDefinition").values()
    variables = {
        each["Name"]: each["Value"]
        for each in next(iter(tasks))["ContainerDefinitions"][0]["Environment"]
        if "Value" in each
    }
    for job in of_type(stack, "AWS::Glue::Job").values():
        told = job["DefaultArguments"]
        assert told["--environment-archive"] == variables["ENVIRONMENT_ARCHIVE"]
        assert told["--code-archive"] == variables["CODE_ARCHIVE"]


def test_logs_and_bookmarks_are_encrypted_with_a_key_that_changes(stack: Template) -> None:
    told = only_of(stack, "AWS::Glue::SecurityConfiguration")["EncryptionConfiguration"]
    assert told["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS"
    assert told["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "CSE-KMS"
    assert told["S3Encryptions"] == [{"S3EncryptionMode": "SSE-S3"}]
    assert [key["EnableKeyRotation"] for key in of_type(stack, "AWS::KMS::Key").values()] == [True]
    assert all(
        "KmsKeyId" in log and "RetentionInDays" in log
        for log in of_type(stack, "AWS::Logs::LogGroup").values()
    )


def test_the_workers_reach_each_other_and_the_ledger(stack: Template) -> None:
    rules = {
        (rule["FromPort"], rule["ToPort"]): rule
        for rule in of_type(stack, "AWS::EC2::SecurityGroupIngress").values()
    }
    own = rules[0, 65535]
    assert own["GroupId"] == own["SourceSecurityGroupId"]
    assert rules[5432, 5432]["SourceSecurityGroupId"] == own["GroupId"]
    assert "Fn::ImportValue" in rules[5432, 5432]["GroupId"]


def test_the_role_reads_histories_and_puts_deliveries(stack: Template) -> None:
    buckets = {
        name: f"arn:aws:s3:::analytics-dev-{name}-111122223333-eu-central-1" for name in ("lake", "landing")
    }
    assert _resources(stack, "s3:PutObject") == {f"{buckets['lake']}/lake/*", f"{buckets['landing']}/*"}
    assert f"{buckets['lake']}/histories/*" in _resources(stack, "s3:GetObjectVersion")
    assert _resources(stack, "s3:ListBucketVersions") == set(buckets.values())


def test_the_role_deletes_nothing_but_copies(stack: Template) -> None:
    deleting = {action for told in _statements(stack) for action in told["Action"] if "Delete" in action}
    assert deleting == {"s3:DeleteObject", "ec2:DeleteNetworkInterface", "ec2:DeleteTags"}
    assert all(each.endswith("/.by_instrument/*") for each in _resources(stack, "s3:DeleteObject"))


def test_what_the_role_may_do_everywhere_only_looks(stack: Template) -> None:
    for told in _statements(stack):
        if "*" in told["Resource"]:
            writes = [action for action in told["Action"] if not action.split(":")[1].startswith("Describe")]
            assert writes in ([], ["cloudwatch:PutMetricData"]), told
            assert not writes or told["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Glue"}}


def test_the_role_reads_one_secret(stack: Template) -> None:
    reading = [
        told["Resource"] for told in _statements(stack) if "secretsmanager:GetSecretValue" in told["Action"]
    ]
    jobs = [job["DefaultArguments"]["--ledger-secret"] for job in of_type(stack, "AWS::Glue::Job").values()]
    assert reading == [[secret] for secret in jobs[:1]]


def test_people_are_told_of_every_job_that_fails(stack: Template) -> None:
    rule = only_of(stack, "AWS::Events::Rule")
    assert rule["EventPattern"]["detail-type"] == ["Glue Job State Change"]
    assert rule["EventPattern"]["detail"]["jobName"] == [
        job["Name"] for job in of_type(stack, "AWS::Glue::Job").values()
    ]
    assert {"FAILED", "TIMEOUT"} <= set(rule["EventPattern"]["detail"]["state"])
    (target,) = rule["Targets"]
    assert "Notifications" in json.dumps(target["Arn"])
    assert json.loads(target["InputTransformer"]["InputTemplate"]).count("<") == 4
