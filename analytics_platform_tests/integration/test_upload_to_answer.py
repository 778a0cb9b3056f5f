"""The whole way on the emulated cloud, over HTTP and with real processes: from an upload to the answer."""

import json
import shlex
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import polars as pl
import pytest

from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.integration.conftest import Installation, installation
from analytics_platform_tests.integration.dagster_server import Api, is_up, process, wait_until
from analytics_platform_tests.unit.api.actions.installed import closed_port

pytestmark = pytest.mark.slow

SAMPLE = Settings().sample_data
PRICES = "prices/exchange_2013-03-01.csv"
LANDING = "analytics-landing"


@dataclass(frozen=True)
class Running:
    """The emulation as `analytics local-aws up` has started it, on a home on which the demo ran.

    Attributes
    ----------
    at : Installation
        The home.
    told : dict of str to str
        The variables that it has written for who works with it.
    process : Popen
        The command itself.
    """

    at: Installation
    told: dict[str, str]
    process: subprocess.Popen[bytes]

    def client(self, service: str) -> Any:  # noqa: ANN401 - clients have no types
        """Return a client of the emulated AWS."""
        return boto3.client(
            service,
            endpoint_url=self.told["AWS_ENDPOINT_URL"],
            region_name=self.told["AWS_DEFAULT_REGION"],
            aws_access_key_id=self.told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.told["AWS_SECRET_ACCESS_KEY"],
        )

    def machine(self, name: str) -> str:
        """Return the ARN of a state machine."""
        machines = self.client("stepfunctions").list_state_machines()["stateMachines"]
        return next(str(each["stateMachineArn"]) for each in machines if each["name"] == f"analytics-{name}")

    def put(self, key: str, content: bytes) -> str:
        """Upload a file; return its version."""
        return str(self.client("s3").put_object(Bucket=LANDING, Key=key, Body=content)["VersionId"])

    def start(self, machine: str, name: str, **input_: object) -> str:
        """Start an execution."""
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.machine(machine), name=name, input=json.dumps(input_)
        )
        return str(started["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """Wait for the end of an execution."""
        steps = self.client("stepfunctions")
        wait_until(lambda: steps.describe_execution(executionArn=execution)["status"] != "RUNNING")
        told: dict[str, Any] = steps.describe_execution(executionArn=execution)
        return told

    def of_upload(self, version: str) -> dict[str, Any]:
        """Wait for the execution that EventBridge has started for a version, and for its end."""
        steps = self.client("stepfunctions")

        def found() -> list[str]:
            listed = steps.list_executions(stateMachineArn=self.machine("on_upload"), maxResults=1000)
            arns = [each["executionArn"] for each in listed["executions"]]
            inputs = {arn: steps.describe_execution(executionArn=arn)["input"] for arn in arns}
            return [arn for arn, given in inputs.items() if version in given]

        wait_until(lambda: bool(found()))
        return self.ended(found()[0])

    def runs(self) -> list[dg.DagsterRun]:
        """Return all runs of the home."""
        home = str(self.at.settings.dagster_home)
        with dg.DagsterInstance.from_config(home) as instance:
            return list(instance.get_runs())

    def nav(self) -> float:
        """Return the published net asset value of the whole book on the last session."""
        rows = ServingStore(self.at.settings.serving).read("portfolio_risk")
        last = rows.filter(pl.col("portfolio_id") == "GLOBAL").sort("business_date")
        return float(last["nav_base"][-1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run the demo, then the emulation on its home."""
    at = installation(tmp_path_factory.mktemp("cloud"))
    done = at.run("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    home = at.settings.home
    variables = home / "local-aws.env"
    with process(at.command("local-aws", "up"), at.environment(), home / "up.log") as started:
        wait_until(lambda: variables.exists() or started.poll() is not None)
        assert started.poll() is None, (home / "up.log").read_text("utf-8")
        pairs = (shlex.split(line)[1].split("=", 1) for line in variables.read_text("utf-8").splitlines())
        yield Running(at, dict(pairs), started)


def corrected(share: float) -> bytes:
    """Return the prices of the last session, each of them changed."""
    rows = pl.read_csv(SAMPLE / "1_first" / PRICES, infer_schema=False)
    prices = pl.col("Open", "High", "Low", "Close").cast(pl.Float64) * (1 + share)
    return rows.with_columns(prices.round(4).cast(pl.String)).write_csv().encode()


def test_an_upload_becomes_numbers_and_every_execution_of_it_is_answered(running: Running) -> None:
    before, known = running.nav(), {run.run_id for run in running.runs()}
    definitions = running.client("ecs").list_task_definitions()["taskDefinitionArns"]
    version = running.put(PRICES, corrected(0.01))

    told = running.of_upload(version)
    assert told["status"] == "SUCCEEDED", told
    answer = json.loads(told["output"])
    assert answer["state"] == "loaded"
    assert answer["rows_rejected"] == 0
    assert running.nav() != pytest.approx(before, rel=1e-6)

    (run,) = [run for run in running.runs() if run.run_id not in known]
    assert (run.run_id, run.job_name, run.status) == (
        answer["run_id"],
        "end_of_day",
        dg.DagsterRunStatus.SUCCESS,
    )
    arn = run.tags["ecs/task_arn"]
    (task,) = running.client("ecs").describe_tasks(cluster="analytics", tasks=[arn])["tasks"]
    assert task["containers"][0]["exitCode"] == 0
    assert running.client("ecs").list_task_definitions()["taskDefinitionArns"] == definitions

    again = [
        running.start("on_upload", f"again-{number}", **json.loads(told["input"])) for number in range(5)
    ]
    outputs = [json.loads(running.ended(execution)["output"]) for execution in again]
    assert outputs == [answer] * 5
    assert len([run for run in running.runs() if run.run_id not in known]) == 1


def test_what_cannot_be_loaded_is_told_once_and_ends_by_its_name(running: Running) -> None:
    sqs, queue = running.client("sqs"), running.told["ANALYTICS_REQUESTS_QUEUE_URL"]
    notifications = queue.replace("-requests", "-notifications")
    refused = running.put("prices/vendor_2013-03-01.csv", b"this is, no file\nof, prices\n")
    rejected = running.put("holdings/vendor_2013-03-01.csv", b"x\n")
    invalid = running.start(
        "materialize",
        "saturday",
        id="saturday",
        job="end_of_day",
        assets=None,
        first_session="2013-03-02",
        last_session="2013-03-02",
        requested_by="test",
    )
    ends = [running.of_upload(refused), running.of_upload(rejected), running.ended(invalid)]
    assert [end["error"] for end in ends] == ["Delivery.Refused", "Upload.Rejected", "Request.Invalid"]
    assert "2013-03-02" in ends[2]["cause"]
    told: list[str] = []

    def all_told() -> bool:
        received = sqs.receive_message(QueueUrl=notifications, MaxNumberOfMessages=10).get("Messages", [])
        told.extend(json.loads(each["Body"])["error"] for each in received)
        return len(told) >= 3

    wait_until(all_told)
    assert sorted(told) == ["Delivery.Refused", "Request.Invalid", "Upload.Rejected"]


def test_a_button_that_is_pressed_five_times_is_one_run(running: Running) -> None:
    known = {run.run_id for run in running.runs()}
    asked = {
        "id": "pressed",
        "job": None,
        "assets": ["lake/trading_sessions"],
        "first_session": "2013-03-01",
        "last_session": "2013-03-01",
        "requested_by": "test",
    }
    executions = {running.start("materialize", "pressed", **asked) for _ in range(5)}
    (execution,) = executions
    told = running.ended(execution)
    assert told["status"] == "SUCCEEDED", told
    (run,) = [run for run in running.runs() if run.run_id not in known]
    assert json.loads(told["output"])["run_id"] == run.run_id
    assert run.tags["analytics/request"] == "pressed"


def test_the_button_of_the_api_starts_the_machine_and_tells_how_its_run_ends(running: Running) -> None:
    port = closed_port()
    environment = {**running.at.environment(), **running.told}
    log = running.at.settings.home / "api.log"
    with process(running.at.command("serve", "--port", str(port)), environment, log) as served:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_up(f"{url}/health"))
        api = Api(url, served)
        key, asset = "pressed-in-the-api", "lake/trading_sessions"
        wait_until(lambda: api.materialize(key, asset).status in {200, 202})  # it may yet be loading
        answers = [api.materialize(key, asset) for _ in range(5)]
        (request,) = {answer.json()["id"] for answer in answers}
        told = api.wait_for(request, "success", "failure", "canceled")
    assert told["state"] == "success", told
    executions = running.client("stepfunctions").list_executions(
        stateMachineArn=running.machine("materialize"), maxResults=1000
    )["executions"]
    (execution,) = [each["executionArn"] for each in executions if each["name"] == request]
    assert running.ended(execution)["status"] == "SUCCEEDED"
    runs = [run for run in running.runs() if run.tags.get("analytics/request") == request]
    assert [run.run_id for run in runs] == [told["run_id"]]


def test_nothing_waits_and_nothing_is_left_when_it_ends(running: Running) -> None:
    queues = [running.told[f"ANALYTICS_{kind}_QUEUE_URL"] for kind in ("UPLOADS", "REQUESTS")]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = running.client("sqs")

    def is_empty() -> bool:
        told = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in queues]
        return all(count == "0" for each in told for count in each.values())

    wait_until(is_empty)
    ledger = Ledger(running.at.settings.ledger_url)
    assert [entry.version.key for entry in ledger.entries() if entry.state == "seen"] == []
    ledger.close()
    tasks = running.at.settings.home / "tasks"
    assert len(list(tasks.glob("*.log"))) >= 5
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    assert _processes_of(running.at.settings.home) == []


def _processes_of(home: Path) -> list[str]:
    """Return the commands of processes that work on a home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
            if f"ANALYTICS_HOME={home}" in environment:
                found.append((folder / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found
