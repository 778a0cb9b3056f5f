"""What a server that wants to know its callers tells them: in its document, and on its pages."""

from pathlib import Path

from analytics_platform.api.security.gate import OPEN
from analytics_platform_tests.unit.api.security.servers import Installed, installed


def test_the_document_tells_how_to_show_who_one_is(guarded: Installed) -> None:
    schema = guarded.get("/openapi.json", "read").json()
    schemes = schema["components"]["securitySchemes"]
    assert {name: schemes[name]["type"] for name in schemes} == {"key": "apiKey", "bearer": "http"}
    assert schema["security"] == [{"key": []}, {"bearer": []}]
    assert {"/health", "/ready", "/positions", "/materializations", "/exports"} <= {*schema["paths"]}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            told = {"401", "403", "429"} & {*operation["responses"]}
            assert told >= ({"429"} if path in OPEN else {"401", "403", "429"}), (method, path)
            assert ("security" in operation) == (path in OPEN), (method, path)


def test_an_open_server_asks_for_nothing_in_its_document(tmp_path: Path) -> None:
    with installed(tmp_path, access="open") as it:
        assert "securitySchemes" not in it.get("/openapi.json").json().get("components", {})


def test_who_may_not_read_the_pages_is_told_on_a_page(guarded: Installed) -> None:
    for path in ("/site/", "/pages/index.html"):
        refused = guarded.get(path, "upload")
        assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert "this needs the scope read" in refused.text


def test_who_reads_pages_too_often_is_told_on_a_page(tmp_path: Path) -> None:
    with installed(tmp_path, reads_per_minute=1) as it:
        answers = [it.get("/site/", "read") for _ in range(3)]
        late = next(answer for answer in answers if answer.status_code == 429)
        assert late.headers["content-type"] == "text/html; charset=utf-8"
        assert int(late.headers["retry-after"]) >= 1
