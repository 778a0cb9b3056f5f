"""Files that are sent: those that may come in are landed once, all others are refused and are nowhere."""

import asyncio
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from analytics_platform.api.actions.upload_form import received
from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.files import sha256_of
from analytics_platform.storage.landing.zone import DiskLandingZone
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform_tests.unit.api.actions.installed import Installed, installed

NAME = "vendor_2013-03-01.csv"
PRICES = b"instrument_id,business_date,close_local\nEQ_AAPL,2013-03-01,430.47\n"


def _send(
    at: Installed, content: bytes = PRICES, name: str = NAME, dataset: str | None = "prices"
) -> httpx2.Response:
    data = {} if dataset is None else {"dataset": dataset}
    return at.client.post("/uploads", files={"file": (name, content)}, data=data)


def _landed(at: Installed) -> list[str]:
    return [version.key for version in DiskLandingZone(Path(at.of.landing_url)).versions()]


def _raw(at: Installed, body: bytes, kind: str = "multipart/form-data; boundary=b") -> httpx2.Response:
    return at.client.post("/uploads", content=body, headers={"Content-Type": kind})


def _workbook(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_file_is_landed_as_it_was_sent(alone: Installed, tmp_path: Path) -> None:
    answer = _send(alone)
    told = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/uploads/{told['id']}")
    assert (told["key"], told["dataset"], told["is_new"]) == (f"prices/{NAME}", "prices", True)
    (version,) = DiskLandingZone(Path(alone.of.landing_url)).versions()
    assert (version.version_id, version.size) == (told["version_id"], told["bytes"])
    content = DiskLandingZone(Path(alone.of.landing_url)).fetch(version, tmp_path)
    assert content.read_bytes() == PRICES
    assert told["sha256"] == sha256_of(content)
    assert list((alone.of.home / "uploads").iterdir()) == []
    (line,) = alone.audited()
    assert (line["who"], line["what"]) == ("desk", "upload")
    assert NAME in line["about"]
    assert version.version_id in line["outcome"]


def test_the_same_content_again_changes_nothing(alone: Installed) -> None:
    first = _send(alone).json()
    again = _send(alone)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert again.json()["version_id"] == first["version_id"]
    assert _landed(alone) == [f"prices/{NAME}"]
    changed = _send(alone, PRICES + b"EQ_GOOG,2013-03-01,806.19\n")
    assert changed.status_code == 201
    assert _landed(alone) == [f"prices/{NAME}"] * 2
    back = _send(alone)
    assert (back.status_code, back.json()["is_new"]) == (201, True)


@pytest.mark.parametrize(
    ("name", "dataset", "key"),
    [
        ("prices/vendor_2013-03-01.csv", None, "prices/vendor_2013-03-01.csv"),
        ("prices/vendor_2013-03-01.csv", "prices", "prices/vendor_2013-03-01.csv"),
        ("treasury_2013-03-01.csv", None, "curve_quotes/treasury_2013-03-01.csv"),
        ("treasury_2013-03-01.csv", "", "curve_quotes/treasury_2013-03-01.csv"),
        ("treasury_2013-03-01.csv", "prices", "prices/treasury_2013-03-01.csv"),
    ],
)
def test_the_dataset_is_told_or_known_by_the_name(
    alone: Installed, name: str, dataset: str | None, key: str
) -> None:
    answer = _send(alone, name=name, dataset=dataset)
    assert (answer.status_code, answer.json().get("key")) == (201, key)


@pytest.mark.parametrize(
    ("name", "dataset", "field"),
    [
        (NAME, None, "dataset"),
        ("exchange_2013-03-01.csv", None, "dataset"),
        ("../sources/ecb_2013-03-01.csv", None, "dataset"),
        (NAME, "price", "dataset"),
        (NAME, "..", "dataset"),
        (NAME, "prices/..", "dataset"),
        (NAME, "x" * 2000, "dataset"),
        ("prices.csv", "prices", "file"),
        ("vendor_2013-02-30.csv", "prices", "file"),
        ("vendor_2099-01-01.csv", "prices", "file"),
        ("Vendor_2013-03-01.csv", "prices", "file"),
        ("vendor_2013-03-01.exe", "prices", "file"),
        ("vendor_2013-03-01.csv/..", "prices", "file"),
        ("../vendor_2013-03-01.csv", "prices", "file"),
        ("/etc/vendor_2013-03-01.csv", "prices", "file"),
        ("..\\vendor_2013-03-01.csv", "prices", "file"),
        (".vendor_2013-03-01.csv", "prices", "file"),
        ("vendor_2013-03-01.csv\x00.png", "prices", "file"),
        ("vendor_2013-03-01\u202e.csv", "prices", "file"),
        ("x" * 3000 + "_2013-03-01.csv", "prices", "file"),
        ("", "prices", "file"),
    ],
)
def test_a_name_that_will_not_do_is_refused_and_lands_nothing(
    alone: Installed, name: str, dataset: str | None, field: str
) -> None:
    answer = _send(alone, name=name, dataset=dataset)
    assert (answer.status_code, answer.json().get("field")) == (422, field)
    assert _landed(alone) == []


@pytest.mark.parametrize(
    ("content", "extension", "said"),
    [
        (b"", "csv", "the file is empty"),
        (b"%PDF-1.4", "csv", "it is PDF"),
        (b"PK\x03\x04rest", "csv", "a zip archive"),
        (PRICES, "xlsx", "does not start as such a file does"),
        (PRICES, "parquet", "does not start as such a file does"),
        (b"PAR1" + b"\xff" * 20, "parquet", "cut off"),
        (_workbook({"xl/workbook.xml": b"<a/>", "xl/vbaProject.bin": b""}), "xlsx", "macros"),
        (_workbook({"xl/workbook.xml": b"0" * 50_000_000}), "xlsx", "times its size"),
    ],
    ids=["empty", "pdf", "zip", "no xlsx", "no parquet", "cut off", "macros", "bomb"],
)
def test_what_the_guard_refuses_lands_nowhere(
    alone: Installed, content: bytes, extension: str, said: str
) -> None:
    answer = _send(alone, content, f"vendor_2013-03-01.{extension}")
    assert (answer.status_code, answer.json()["field"]) == (422, "file")
    assert "Nothing was landed" in answer.json()["detail"]
    assert said in answer.json()["detail"]
    assert _landed(alone) == []
    assert not alone.of.quarantine.exists()
    assert [line["outcome"].split()[0] for line in alone.audited()] == ["422"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, "body"),
        (b"no form at all", 422, "body"),
        (b"--b\r\n", 422, "body"),
        (b"--b\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\nhalf of it", 422, "body"),
        (b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--\r\n", 422, "file"),
        (b"--b\r\nContent-Disposition: form-data; name=\xff; filename=x\r\n\r\nx\r\n--b--\r\n", 422, "body"),
        (b"--b\r\nContent-Disposition: form-data; name=path\r\n\r\n/etc\r\n--b--\r\n", 422, "path"),
        (b"--b\r\n\r\nx\r\n--b--\r\n", 422, "body"),
        (b"--b\r\n" + b"X: y\r\n" * 1000, 422, "body"),
        (b"--b\r\nX: " + b"y" * 100_000, 422, "body"),
        (b"--b\r\nContent-Disposition: form-data; name=dataset\r\n\r\n" + b"x" * 5000, 422, "dataset"),
    ],
)
def test_a_broken_form_is_a_problem(shared: Installed, body: bytes, status: int, field: str) -> None:
    answer = _raw(shared, body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "text/plain", "", "multipart/mixed"]
)
def test_only_a_multipart_form_is_taken(shared: Installed, kind: str) -> None:
    answer = _raw(shared, b"{}", kind)
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Type")


def test_a_file_is_refused_as_soon_as_it_is_too_large(alone: Installed) -> None:
    largest = 1 << 20
    assert _send(alone, PRICES + b"\n" * (largest - len(PRICES))).status_code == 201
    for size in (largest + 1, 3 * largest):
        answer = _send(alone, b"\n" * size, "vendor_2013-02-28.csv")
        assert (answer.status_code, answer.json()["field"]) == (413, "file")
    assert _landed(alone) == [f"prices/{NAME}"]
    assert list((alone.of.home / "uploads").iterdir()) == []


def test_a_body_of_unknown_length_ends_at_the_limit(alone: Installed) -> None:
    given_: list[int] = []

    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="vendor_2013-03-01.csv"\r\n\r\n'
        for number in range(1000):
            given_.append(number)
            yield b"\n" * (64 << 10)

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = alone.client.post("/uploads", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (413, "file")
    assert _landed(alone) == []


def test_a_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    size, piece = 64 << 20, b"\n" * (64 << 10)
    pieces = chain([head], repeat(piece, size // len(piece)), [b"\r\n--b--\r\n"])

    async def receive() -> Message:
        body = next(pieces, None)
        return {"type": "http.request", "body": body or b"", "more_body": body is not None}

    async def receive_all() -> int:
        headers = [(b"content-type", b"multipart/form-data; boundary=b")]
        request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
        async with received(request, tmp_path, size) as form:
            assert form.file.stat().st_size == size
            return form.size_bytes

    tracemalloc.start()
    assert asyncio.run(receive_all()) == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 << 20
    assert list(tmp_path.iterdir()) == []


@given(name=st.text(max_size=40), dataset=st.text(max_size=20) | st.just("prices"))
def test_no_name_makes_the_server_fail(shared: Installed, name: str, dataset: str) -> None:
    answer = _send(shared, b"\x00", name.replace('"', ""), dataset)
    assert answer.status_code in {415, 422}
    assert answer.json()["detail"]


@given(st.binary(max_size=80))
def test_no_bytes_make_the_server_fail(shared: Installed, body: bytes) -> None:
    assert _raw(shared, b"--b\r\n" + body).status_code == 422


def test_an_upload_is_followed_through_the_ledger(alone: Installed) -> None:
    sent = _send(alone).json()
    path = f"/uploads/{sent['id']}"
    assert alone.client.get(path).json()["state"] == "waiting"
    ledger = Ledger(alone.of.ledger_url)
    (version,) = DiskLandingZone(Path(alone.of.landing_url)).versions()
    ledger.claim(version, "run-1")
    assert (told := alone.client.get(path).json())["state"] == "loading"
    assert told["run_id"] == "run-1"
    counts = RowCounts(10, 7, 2, 1)
    ledger.finish(version, State.LOADED, sha256=sent["sha256"], counts=counts, run_id="run-1")
    told = alone.client.get(path).json()
    rows = [told[f"rows_{what}"] for what in ("read", "accepted", "rejected", "ignored")]
    assert (told["state"], rows, told["sha256"]) == ("published", [10, 7, 2, 1], sent["sha256"])
    ledger.close()


def test_an_upload_that_is_refused_later_tells_why(alone: Installed) -> None:
    sent = _send(alone).json()
    ledger = Ledger(alone.of.ledger_url)
    (version,) = DiskLandingZone(Path(alone.of.landing_url)).versions()
    ledger.claim(version, "run-1")
    ledger.finish(version, State.QUARANTINED, sha256="abc", message="row 2: no price", run_id="run-1")
    told = alone.client.get(f"/uploads/{sent['id']}").json()
    assert (told["state"], told["message"]) == ("quarantined", "row 2: no price")
    ledger.close()


def test_a_version_that_the_ledger_was_not_told_of_waits(alone: Installed, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(PRICES)
    version = DiskLandingZone(Path(alone.of.landing_url)).put(f"prices/{NAME}", file)
    sent = _send(alone).json()
    assert (sent["version_id"], sent["is_new"]) == (version.version_id, False)
    ledger = Ledger(alone.of.ledger_url)
    assert ledger.entry(version.key, version.version_id) is not None
    assert not ledger.observe(version, parse_file_name(version.key))
    ledger.close()


@pytest.mark.parametrize("id_", ["0", "WyJ4IiwgInkiXQ", "W10", "..%2f..", "%00", "\u00e9", "x" * 4000])
def test_an_upload_that_is_not_there_is_a_problem(shared: Installed, id_: str) -> None:
    answer = shared.client.get(f"/uploads/{id_}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_landing_zone_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    at = installed(tmp_path)
    object.__setattr__(at.uploads, "_landing_url", "ftp://elsewhere")
    answer = _send(at)
    assert (answer.status_code, "ANALYTICS_LANDING_URL" in answer.json()["detail"]) == (503, True)
