"""Every stack is made from its template in an emulated CloudFormation; an upload takes its way through them.

The platform's own sensors and intake work on what the templates made: buckets, queues, rule, state machine,
function. All of AWS is emulated (ministack); lake and ledger are on this machine. Results are not computed,
so of a file that was loaded the last answer is given by hand; what is refused is answered by the platform.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import dagster as dg
import pytest
import yaml
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_graphql.schema import create_schema

from analytics_platform.storage.queues import sqs
from analytics_platform.tables.registry import TABLES
from infra.configuration import configuration
from infra.tests.conftest import Templates
from infra.tests.emulation.deployment import UNKNOWN, deploy
from infra.tests.emulation.installation import Daemon, Installation, until
from infra.tests.emulation.server import running_emulation
from infra.tests.task_definitions import tasks
from infra.tests.template_parts import documented_order, rights

STACKS = documented_order()
_OTHERWISE = (
    *("delivery", "storage", "network", "entrance", "warehouse", "orchestration"),
    *("api", "triggers", "observability"),
)
"""Another order in which each comes after those that it needs; the history jobs are not for everybody."""

_FILE = Path(__file__).parents[2] / "sample_data/deliveries/1_first/currencies/iso_2012-12-31.csv"

_INSTANCE = Path(__file__).parents[2] / "docker" / "dagster.aws.yaml"
_RUN = ["a-run", "compute_logs", "a-step"]
_PAGES = """
query ($log: [String!]!) {
  instance { info runLauncher { name } runQueuingSupported }
  capturedLogs(logKey: $log) { stdout stderr }
  capturedLogsMetadata(logKey: $log) { stdoutLocation stdoutDownloadUrl }
}
"""
_CANCEL = 'mutation { terminateRun(runId: "a-run") { __typename } }'
_ACTION_OF = {"HeadObject": "s3:GetObject", "ListObjectsV2": "s3:ListBucket"}
"""Calls that are not called like the right to them."""


@pytest.fixture(scope="module")
def installed(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    config = configuration("dev")
    log = tmp_path_factory.mktemp("emulation") / "log"
    with running_emulation(config.account, config.region, log) as emulation:
        yield Installation(config, emulation, deploy(emulation, assembly, STACKS))


@pytest.fixture
def daemon(installed: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    for name, value in installed.emulation.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 1)
    return Daemon(installed, tmp_path)


def test_every_stack_is_made_and_only_what_the_emulation_does_not_know_is_left_out(
    installed: Installation,
) -> None:
    assert {name: stack.status for name, stack in installed.stacks.items()} == dict.fromkeys(
        STACKS, "CREATE_COMPLETE"
    )
    assert frozenset().union(*(stack.left_out for stack in installed.stacks.values())) == UNKNOWN


def test_a_stack_is_made_alone_where_those_that_it_needs_are_there_and_is_refused_where_they_are_not(
    assembly: Path, tmp_path: Path
) -> None:
    config = configuration("dev")
    with running_emulation(config.account, config.region, tmp_path / "log") as emulation:
        with pytest.raises(RuntimeError, match=r"Export 'analytics-dev-\w+:.*' not found"):
            deploy(emulation, assembly, ["glue"])
        for name in _OTHERWISE:
            (made,) = deploy(emulation, assembly, [name]).values()
            assert made.status == "CREATE_COMPLETE"


def test_the_buckets_are_what_the_template_says(installed: Installation) -> None:
    s3, queues = installed.client("s3"), installed.client("sqs")
    for name in ("landing", "lake", "archives", "results", "logs"):
        bucket = installed.config.bucket(name)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    told = s3.get_bucket_notification_configuration(Bucket=installed.config.bucket("landing"))
    (queue,) = told["QueueConfigurations"]
    assert queue["QueueArn"].endswith(":analytics-dev-uploads")
    assert "EventBridgeConfiguration" in told
    url = installed.told("storage", "UploadsQueue")
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(":analytics-dev-uploads-dead")
    assert int(redrive["maxReceiveCount"]) == 5


def test_a_webserver_that_only_reads_asks_for_no_more_than_its_role_may(
    installed: Installation, templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tasks(templates["orchestration"])
    log = f"dagster/storage/{'/'.join(_RUN)}"
    for kind in ("out", "err"):
        installed.client("s3").put_object(
            Bucket=installed.config.bucket("logs"), Key=f"{log}.{kind}", Body=f"said to {kind}".encode()
        )
    variables = {**installed.emulation.environment, **told["viewer"].environment}
    for name, value in {**variables, "DAGSTER_RUN_TASK_DEFINITION": told["run"].properties["Family"]}.items():
        monkeypatch.setenv(name, value)
    asked = _shown(tmp_path, monkeypatch)
    may = rights(templates["orchestration"], told["viewer"].properties["TaskRoleArn"]["Fn::GetAtt"][0])
    assert {"ecs:DescribeTaskDefinition", "s3:GetObject"} <= asked
    assert asked <= may, asked - may


def _shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Show the pages that ask AWS, on the instance as shipped but for its database; return what they ask."""
    shipped = yaml.safe_load(_INSTANCE.read_text("utf-8"))
    kept = {name: value for name, value in shipped.items() if name != "storage"}
    (folder / "dagster.yaml").write_text(yaml.safe_dump(kept), "utf-8")
    asked: set[str] = set()

    def hear(event_name: str, **_: object) -> None:
        service, call = event_name.split(".")[1:]
        asked.add(_ACTION_OF.get(call, f"{service}:{call}"))

    session = boto3.Session()
    session.events.register("before-call", hear)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    with (
        dg.DagsterInstance.from_config(str(folder)) as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget(), read_only=True) as process,
    ):
        context, schema = process.create_request_context(), create_schema()
        shown = asyncio.run(
            schema.execute_async(_PAGES, context_value=context, variable_values={"log": _RUN})
        )
        refused = asyncio.run(schema.execute_async(_CANCEL, context_value=context))
    assert shown.errors is None
    assert shown.data["capturedLogs"] == {"stdout": "said to out", "stderr": "said to err"}
    assert shown.data["instance"]["runLauncher"] == {"name": "EcsRunLauncher"}
    assert refused.data == {"terminateRun": {"__typename": "UnauthorizedError"}}
    return asked


def test_an_upload_is_routed_loaded_and_answered(installed: Installation, daemon: Daemon) -> None:
    installed.put("currencies/iso_2012-12-31.csv", _FILE.read_bytes())
    execution = installed.execution("currencies/iso_2012-12-31.csv")
    jobs = until(lambda: daemon.tick() or None)
    assert "ingest" in jobs
    with daemon.intake.opened() as intake:
        outcome = intake.load(TABLES["currencies"], "run-1")
    assert (outcome.loaded, outcome.refused) == (1, [])
    daemon.tick()
    assert installed.status(execution) == "RUNNING"  # its results are not computed
    (token,) = daemon.waiting_tokens()
    installed.client("stepfunctions").send_task_success(
        taskToken=token, output=json.dumps({"state": "loaded"})
    )
    ended = installed.ended(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"state": "loaded"})


def test_a_file_that_is_refused_ends_its_execution_by_name(installed: Installation, daemon: Daemon) -> None:
    installed.put("currencies/iso_2013-01-31.csv", b"x\n")
    execution = installed.execution("currencies/iso_2013-01-31.csv")
    until(lambda: daemon.tick() or None)
    with daemon.intake.opened() as intake:
        assert len(intake.load(TABLES["currencies"], "run-2").refused) >= 1
    daemon.tick()
    ended = installed.ended(execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "Delivery.Refused")
    assert "iso_2013-01-31.csv" in ended["cause"]


def test_a_name_that_says_nothing_is_rejected_by_the_function(installed: Installation) -> None:
    installed.put("currencies/whatever.csv", b"x\n")
    ended = installed.ended(installed.execution("currencies/whatever.csv"))
    assert (ended["status"], ended["error"]) == ("FAILED", "Upload.Rejected")
    assert "whatever.csv" in ended["cause"]


def test_another_bucket_starts_nothing(installed: Installation) -> None:
    states, machine = installed.client("stepfunctions"), installed.told("triggers", "OnUploadMachine")
    installed.client("s3").put_object(Bucket=installed.config.bucket("lake"), Key="lake/x", Body=b"x")
    installed.put("currencies/again.csv", b"x\n")
    installed.execution("currencies/again.csv")
    inputs = [
        states.describe_execution(executionArn=each["executionArn"])["input"]
        for each in states.list_executions(stateMachineArn=machine)["executions"]
    ]
    assert not [each for each in inputs if "lake/x" in each]
