"""The pipeline asks AWS for nothing that its roles may not: the calls before a deployment, counted."""

import gc
import json
import socket
from collections.abc import Iterator

import pytest

from analytics_platform.cli.deploying.account import examine
from analytics_platform.cli.deploying.checkout import Target
from infra.checks.iam import statements
from infra.configuration import configuration
from infra.release import Release
from infra.target import target
from infra.tests.conftest import Templates
from infra.tests.emulation.server import PROGRAM, Emulation, running_emulation

pytestmark = [
    pytest.mark.skipif(not PROGRAM.exists(), reason="no emulation: make test-infra"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_FREE = {"sts:GetCallerIdentity"}
"""Whoever has credentials may."""

_ACTION_OF = {"s3:HeadBucket": "s3:ListBucket", "s3:HeadObject": "s3:GetObject"}
"""Calls that are not called like the right to them."""

_CONFIG = configuration("dev")


@pytest.fixture
def emulation(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulation]:
    log = tmp_path_factory.mktemp("rights") / "log"
    with running_emulation(_CONFIG.account, _CONFIG.region, log) as emulation:
        for name, value in emulation.environment.items():
            monkeypatch.setenv(name, value)
        yield emulation


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Hear the calls of the SDK, as its monitoring by clients tells them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(1)
        monkeypatch.setenv("AWS_CSM_ENABLED", "true")
        monkeypatch.setenv("AWS_CSM_PORT", str(heard.getsockname()[1]))
        yield heard
        gc.collect()  # the SDK leaves its socket open: its warning belongs here


def _heard(calls: socket.socket) -> set[str]:
    found = set()
    while True:
        try:
            told = json.loads(calls.recv(8192))
        except TimeoutError:
            return found
        if told["Type"] == "ApiCall":
            called = f"{told['Service'].lower()}:{told['Api']}"
            found.add(_ACTION_OF.get(called, called))


def _installed(emulation: Emulation) -> Target:
    """Make a bucket of a stack, the archives and the image, so that nothing ends the checks early."""
    emulation.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": _CONFIG.bucket("archives")}}
    emulation.client("cloudformation").create_stack(
        StackName=_CONFIG.named("storage"), TemplateBody=json.dumps({"Resources": {"Archives": bucket}})
    )
    ecr = emulation.client("ecr")
    ecr.create_repository(repositoryName=_CONFIG.named("slim"))
    manifest = json.dumps({"schemaVersion": 2, "layers": []})
    put = ecr.put_image(repositoryName=_CONFIG.named("slim"), imageManifest=manifest)["image"]
    release = Release("1.2.0", put["imageId"]["imageDigest"], "a" * 64, "b" * 64)
    found = Target.model_validate(target(_CONFIG, release))
    for key in found.archives:
        emulation.client("s3").put_object(Bucket=found.archives_bucket, Key=key, Body=b"archive")
    return found


def test_who_deploys_may_ask_what_is_asked_before_a_deployment(
    emulation: Emulation, calls: socket.socket, templates: Templates
) -> None:
    installed = _installed(emulation)
    _heard(calls)
    examine(installed, None, with_release=True)
    asked = _heard(calls) - _FREE
    allowed = {
        action
        for each in statements(templates["delivery"])
        if each.owner.startswith("DeployRoleDefaultPolicy")
        for action in each.actions
    }
    assert len(asked) >= 5
    assert asked <= allowed, asked - allowed
