"""The pipeline asks AWS for nothing that its roles may not: the calls before a deployment, counted."""

import gc
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_platform.archives.releases.bundles import CERTIFICATES, MANIFEST, image_name
from analytics_platform.archives.releases.promotion import Place, promote
from analytics_platform.archives.releases.sums import write_sums
from analytics_platform.archives.store import keep
from analytics_platform.archives.tars import write_tar
from analytics_platform.cli.deploying.account import examine, remarks
from analytics_platform.cli.deploying.checkout import Target
from analytics_platform_tests.integration.delivery.oci import oci_archive
from infra.checks.iam import statements
from infra.configuration import configuration
from infra.release import Release
from infra.target import target
from infra.tests.conftest import Templates
from infra.tests.emulation.server import PROGRAM, ROOT, Emulation, running_emulation

pytestmark = [
    pytest.mark.skipif(not PROGRAM.exists(), reason="no emulation: make test-infra"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SKOPEO = ROOT / "analytics_platform_tests" / "integration" / "delivery" / "skopeo.py"
"""Stands in for skopeo, which asks what is asked of it here by its own means."""

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
    found: set[str] = set()
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
    assert list(remarks(installed, [_CONFIG.named("storage")])) == []
    asked = _heard(calls) - _FREE
    assert len(asked) >= 6
    assert asked <= _allowed(templates, "Deploy"), asked - _allowed(templates, "Deploy")


def test_who_promotes_may_put_what_is_put(
    emulation: Emulation,
    calls: socket.socket,
    templates: Templates,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, image = tmp_path / "bundle", tmp_path / "slim.oci.tar"
    folder.mkdir()
    digest = oci_archive(image)
    image.rename(folder / image_name(digest))
    (folder / CERTIFICATES).write_text("authorities", "utf-8")
    told = {"version": "1.2.0", "slim_image": digest}
    for kind in ("environment", "code"):
        written = folder / f".{kind}"
        told[f"{kind}_archive"] = keep(
            written, kind, ".tar.gz", write_tar({kind: kind.encode()}, written)
        ).sha256
    (folder / MANIFEST).write_text(json.dumps(told), "utf-8")
    write_sums(folder)
    bucket, repository = _CONFIG.bucket("archives"), _CONFIG.named("slim")
    emulation.client("ecr").create_repository(repositoryName=repository)
    where = {"LocationConstraint": emulation.region}
    emulation.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    program = tmp_path / "skopeo"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {SKOPEO} "$@"\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    _heard(calls)
    lines = promote(folder, Place(emulation.account, emulation.region, bucket, repository))
    assert [line.split(": ")[0] for line in lines] == ["put"] * 4
    asked = _heard(calls) - _FREE
    assert {"s3:PutObject", "ecr:PutImage", "ecr:GetAuthorizationToken"} <= asked
    assert asked <= _allowed(templates, "Build"), asked - _allowed(templates, "Build")


def _allowed(templates: Templates, role: str) -> set[str]:
    return {
        action
        for each in statements(templates["delivery"])
        if each.owner.startswith(f"{role}RoleDefaultPolicy")
        for action in each.actions
    }
