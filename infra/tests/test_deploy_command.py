"""`analytics deploy` with the real CLI of the CDK against the emulation; needs `npm ci` in infra/."""

from collections.abc import Iterator

import pytest

from analytics_platform.cli.deploying.running import run_apply
from infra.configuration import configuration
from infra.tests.emulation.server import ROOT, Emulation, running_emulation

_CDK = ROOT / "infra" / "node_modules" / "aws-cdk" / "bin" / "cdk"
pytestmark = pytest.mark.skipif(not _CDK.exists(), reason="no CLI of the CDK: cd infra && npm ci")


@pytest.fixture
def emulation(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulation]:
    config = configuration("dev")
    log = tmp_path_factory.mktemp("deploying") / "log"
    with running_emulation(config.account, config.region, log) as emulation:
        for name, value in emulation.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_REGION", raising=False)
        monkeypatch.chdir(ROOT)
        yield emulation


def _stacks(emulation: Emulation) -> list[str]:
    return [each["StackName"] for each in emulation.client("cloudformation").describe_stacks()["Stacks"]]


def test_what_is_not_confirmed_is_shown_and_not_applied(
    emulation: Emulation, capfd: pytest.CaptureFixture[str]
) -> None:
    emulation.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    ended = run_apply("dev", None, ["storage"], lambda: False)
    told = capfd.readouterr().out
    assert ended == 1, told
    assert "Account 111122223333, region eu-central-1, analytics-dev" in told
    assert "[+] AWS::S3::Bucket" in told
    assert "| **total** |" in told
    assert "Nothing was changed." in told
    assert _stacks(emulation) == []
