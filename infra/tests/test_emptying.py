"""Emptying the buckets of an installation: only one that keeps nothing, only after its name was typed."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.configuration import configuration
from infra.emptying import EmptyingError, empty
from infra.tests.emulation.server import PROGRAM, Emulation, running_emulation

_DEV = configuration("dev")
_LANDING = _DEV.bucket("landing")


@pytest.fixture
def emulation(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulation]:
    if not PROGRAM.exists():
        pytest.skip("no emulation: make test-infra")
    log = tmp_path_factory.mktemp("emptying") / "log"
    with running_emulation(_DEV.account, _DEV.region, log) as emulation:
        for name, value in emulation.environment.items():
            monkeypatch.setenv(name, value)
        s3 = emulation.client("s3")
        for bucket in (_LANDING, "somebody-elses"):
            s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": emulation.region}
            )
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            for content in (b"first", b"second"):
                s3.put_object(Bucket=bucket, Key="prices/vendor_2013-03-01.csv", Body=content)
        s3.delete_object(Bucket=_LANDING, Key="prices/vendor_2013-03-01.csv")
        yield emulation


def _n_versions(emulation: Emulation, bucket: str) -> int:
    listed = emulation.client("s3").list_object_versions(Bucket=bucket)
    return len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))


def test_all_versions_go_of_the_buckets_that_are_there_and_of_no_other(emulation: Emulation) -> None:
    asked: list[str] = []

    def confirmed(question: str) -> str:
        asked.append(question)
        return "analytics-dev"

    assert _n_versions(emulation, _LANDING) == 3
    assert empty(_DEV, confirmed) == [_LANDING]
    assert _LANDING in asked[0]
    assert _n_versions(emulation, _LANDING) == 0
    assert _n_versions(emulation, "somebody-elses") == 2


@pytest.mark.parametrize("typed", ["", "y", "analytics-prod"])
def test_without_its_name_nothing_goes(emulation: Emulation, typed: str) -> None:
    with pytest.raises(EmptyingError, match=r"^nothing was deleted$"):
        empty(_DEV, lambda _: typed)
    assert _n_versions(emulation, _LANDING) == 3


@pytest.mark.usefixtures("emulation")
def test_with_credentials_of_another_account_nothing_goes() -> None:
    elsewhere = _DEV.model_copy(update={"account": "999988887777"})
    with pytest.raises(EmptyingError, match="are of account 111122223333, analytics-dev is in 999988887777;"):
        empty(elsewhere, lambda _: "analytics-dev")


def test_an_installation_that_keeps_its_data_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(EmptyingError, match=r"^analytics-prod keeps its data"):
        empty(configuration("prod"), lambda _: "analytics-prod")


class _Guarded(BaseHTTPRequestHandler):
    """Answers as S3 does for a bucket whose policy refuses deletes; the emulation has no policies."""

    def do_HEAD(self) -> None:
        self._answer(200 if self.path.startswith(f"/{_LANDING}") else 404, "")

    def do_GET(self) -> None:
        version = "<Version><Key>a.csv</Key><VersionId>1</VersionId><IsLatest>true</IsLatest></Version>"
        self._answer(
            200, f"<ListVersionsResult><IsTruncated>false</IsTruncated>{version}</ListVersionsResult>"
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if b"GetCallerIdentity" in body:
            told = f"<GetCallerIdentityResult><Account>{_DEV.account}</Account></GetCallerIdentityResult>"
            self._answer(200, f"<GetCallerIdentityResponse>{told}</GetCallerIdentityResponse>")
        else:
            refused = "<Error><Key>a.csv</Key><Code>AccessDenied</Code></Error>"
            self._answer(200, f"<DeleteResult>{refused}</DeleteResult>")

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_what_a_policy_keeps_is_told_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Guarded) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = Emulation(f"http://127.0.0.1:{server.server_port}", _DEV.account, _DEV.region).environment
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        cure = rf"a\.csv stays \(AccessDenied\).*aws s3api delete-bucket-policy --bucket {_LANDING}$"
        with pytest.raises(EmptyingError, match=cure):
            empty(_DEV, lambda _: "analytics-dev")
        server.shutdown()
