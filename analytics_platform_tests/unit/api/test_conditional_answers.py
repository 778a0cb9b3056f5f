"""Tags, compression and what may be kept: a reader never gets old bytes for new ones."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from analytics_platform.api import answers
from analytics_platform.api.answers import VERSION_HEADER, Answer, Answers
from analytics_platform.calendars.moments import written
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import client_of, publish

PLAIN = {"Accept-Encoding": "identity"}
ADDRESS = "/positions?from_date=2013-01-01"


def test_a_reader_who_has_it_gets_no_body(published: TestClient) -> None:
    tag = published.get(ADDRESS).headers["etag"]
    for sent in (tag, f'"other", W/{tag}', "*"):
        again = published.get(ADDRESS, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert VERSION_HEADER in again.headers
    assert published.get(ADDRESS, headers={"If-None-Match": '"other"'}).status_code == 200


def test_tags_differ_wherever_the_bytes_do(published: TestClient) -> None:
    asked = [
        published.get(ADDRESS),
        published.get(ADDRESS, headers=PLAIN),
        published.get(ADDRESS, headers={"Accept": "text/csv"}),
        published.get(f"{ADDRESS}&limit=5"),
        published.get(f"{ADDRESS}&portfolio_id=GLOBAL"),
        published.get("/portfolios"),
    ]
    tags = {answer.headers["etag"] for answer in asked}
    assert len(tags) == len(asked)
    assert not any(tag.startswith("W/") for tag in tags)


def test_a_new_version_has_a_new_tag(store: ServingStore, tmp_path: Path) -> None:
    client = client_of(store, tmp_path)
    publish(store, 1)
    tag = client.get(ADDRESS).headers["etag"]
    second = publish(store, 2)
    answer = client.get(ADDRESS, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers[VERSION_HEADER]) == (200, second.name)


def test_gzip_is_sent_to_who_takes_it(published: TestClient) -> None:
    plain = published.get(ADDRESS, headers=PLAIN)
    assert "content-encoding" not in plain.headers
    with published.stream("GET", ADDRESS, headers={"Accept-Encoding": "gzip"}) as zipped:
        raw = b"".join(zipped.iter_raw())
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) == len(raw) < len(plain.content)
    assert gzip.decompress(raw) == plain.content
    refused = published.get(ADDRESS, headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


def test_what_may_change_is_asked_for_anew_and_what_may_not_is_kept(
    store: ServingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(store, tmp_path)
    first = publish(store, 1)
    then = f"{ADDRESS}&as_known_at={written(first.published_at)}"
    assert client.get(ADDRESS).headers["cache-control"] == "private, no-cache"
    assert client.get(then).headers["cache-control"] == "private, no-cache"
    monkeypatch.setattr(answers, "SETTLED", timedelta(0))
    assert "immutable" in client.get(f"{then}&limit=9").headers["cache-control"]
    later = written(first.published_at + timedelta(days=1))
    assert client.get(f"{ADDRESS}&as_known_at={later}").headers["cache-control"] == "private, no-cache"


def test_every_answer_tells_what_it_depends_on(published: TestClient) -> None:
    assert published.get(ADDRESS).headers["vary"] == "Accept, Accept-Encoding"


def _answer(size: int) -> Answer:
    return Answer(b"x" * size, {}, "t", 1)


def test_answers_that_are_held_are_bounded() -> None:
    held = Answers(largest=100_000)
    for number in range(100):
        held.keep("mark", (str(number),), _answer(5_000))
    kept = [number for number in range(100) if held.get("mark", (str(number),))]
    assert kept == list(range(100 - len(kept), 100))
    assert 1 < len(kept) <= 100_000 // 10_000
    held.keep("mark", ("large",), _answer(60_000))
    assert held.get("mark", ("large",)) is None


def test_answers_of_another_publication_are_forgotten() -> None:
    held = Answers()
    held.keep("one", ("key",), _answer(1))
    assert held.get("two", ("key",)) is None
    held.keep("two", ("key",), _answer(2))
    assert held.get("one", ("key",)) is None


def test_what_an_answer_is_found_by_counts_too() -> None:
    held = Answers(largest=100_000)
    held.keep("mark", ("x" * 60_000,), _answer(1))
    assert held.get("mark", ("x" * 60_000,)) is None
