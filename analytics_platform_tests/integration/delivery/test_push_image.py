"""An image pushed by the real skopeo into a real registry that asks for a login keeps its digest."""

import base64
import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.images import push_image
from analytics_platform_tests.integration.delivery.oci import oci_archive

_MISSING = [each for each in ("skopeo", "docker-registry") if shutil.which(each) is None]
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"not installed: {', '.join(_MISSING)}")

_SECRET = "AWS:$2y$05$b6u.y7bKNe4gbsAY13kh/.C/Qk65HbPDyL.jnq4pnjI4OrQoHnlq2"  # noqa: S105 - of this test
"""User AWS with the password `secret`, as htpasswd keeps it."""

_START_SECONDS = 20.0
_MANIFEST = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
_CONFIGURATION = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "{address}"}}
auth: {{htpasswd: {{realm: images, path: {folder}/htpasswd}}}}
"""


def _login(password: str) -> str:
    return base64.b64encode(f"AWS:{password}".encode()).decode()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a registry without TLS, and let skopeo know that it has none."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    (tmp_path / "htpasswd").write_text(f"{_SECRET}\n", "utf-8")
    (tmp_path / "config.yml").write_text(_CONFIGURATION.format(folder=tmp_path, address=address), "utf-8")
    plain = tmp_path / ".config" / "containers" / "registries.conf"
    plain.parent.mkdir(parents=True)
    plain.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n', "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    process = subprocess.Popen(  # noqa: S603 - a program of this machine
        ["docker-registry", "serve", str(tmp_path / "config.yml")],  # noqa: S607
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(address: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            urllib3.request("GET", f"http://{address}/v2/", retries=False, timeout=2.0)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the registry did not start")


def test_the_registry_has_the_same_bytes_under_the_same_digest(registry: str, tmp_path: Path) -> None:
    digest = oci_archive(tmp_path / "slim.oci.tar")
    for _ in range(2):
        push_image(tmp_path / "slim.oci.tar", registry, _login("secret"), "analytics-dev-slim:tag")
    headers = {**_MANIFEST, "Authorization": f"Basic {_login('secret')}"}
    address = f"http://{registry}/v2/analytics-dev-slim/manifests"
    for name in (digest, "tag"):
        kept = urllib3.request("GET", f"{address}/{name}", headers=headers)
        assert kept.status == 200
        assert f"sha256:{hashlib.sha256(kept.data).hexdigest()}" == digest


def test_with_another_password_nothing_is_put_and_it_is_not_told(registry: str, tmp_path: Path) -> None:
    oci_archive(tmp_path / "slim.oci.tar")
    with pytest.raises(ArchiveError, match=r"skopeo failed: .*look at the role") as refused:
        push_image(tmp_path / "slim.oci.tar", registry, _login("wrong"), "analytics-dev-slim:tag")
    assert _login("wrong") not in str(refused.value)
    assert not (tmp_path / "data" / "docker" / "registry" / "v2" / "repositories").exists()
