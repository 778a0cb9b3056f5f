"""Task tokens on the databases that they run on: each is written down once and answered once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.storage.ledger.task_tokens import Answer, TaskToken
from analytics_platform.storage.ledger.token_store import TokenStore

NINE = datetime(2013, 3, 1, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def store(url: str) -> Iterator[TokenStore]:
    yield (opened := TokenStore(url))
    opened.close()


def _token(name: str, minute: int = 0) -> TaskToken:
    return TaskToken(name, "arn:execution", "Load/0", "{}", NINE + timedelta(minutes=minute), run_key="k")


def test_a_token_is_kept_as_it_is_and_once(store: TokenStore) -> None:
    token = replace(_token("a"), key="prices/x", version_id="v", error="Request.Invalid", cause="no session")
    assert store.keep([token, _token("b", 1), token]) == 2
    assert store.keep([_token("a")]) == 0
    assert store.get("a") == token
    assert store.get("c") is None
    assert [each.token for each in store.open()] == ["a", "b"]
    assert "'a'" not in repr(token), "who reads a log cannot answer"


def test_an_answered_token_is_closed_for_good_and_forgotten_later(store: TokenStore) -> None:
    first, second = _token("a"), _token("b", 1)
    store.keep([first, second])
    store.note_answered([first], Answer.FAILURE, "Dagster.RunFailed", "no price")
    store.note_answered([first], Answer.SUCCESS)
    found = store.get("a")
    assert found is not None
    assert (found.answer, found.error, found.cause) == (Answer.FAILURE, "Dagster.RunFailed", "no price")
    assert store.keep([first]) == 0, "its message came again"
    assert store.open() == [second]
    assert store.forget(datetime.now(UTC) - timedelta(days=1)) == 0
    assert store.forget(datetime.now(UTC) + timedelta(days=1)) == 1
    assert store.get("a") is None
    assert store.open() == [second]


def test_a_cause_that_quotes_control_characters_is_kept(store: TokenStore) -> None:
    first, second = replace(_token("a"), error="E", cause="no '\0'"), _token("b", 1)
    store.keep([first, second])
    store.note_answered([second], Answer.FAILURE, "E", "one\ntwo\0\ud800 ü")
    found = [store.get(each) for each in "ab"]
    assert [each and each.cause for each in found] == ["no '\\x00'", "one\\ntwo\\x00\\ud800 ü"]


def test_what_was_told_longest_ago_comes_first_and_asking_is_counted(store: TokenStore) -> None:
    tokens = [_token(name, minute) for minute, name in enumerate("abc")]
    store.keep(tokens)
    store.note_told(tokens[:1])
    store.note_asked(tokens[:2])
    store.note_asked(tokens[:1])
    assert [(each.token, each.asked) for each in store.open()] == [("b", 1), ("c", 0), ("a", 2)]


def test_thousands_of_tokens_and_their_files_are_read_together(store: TokenStore, url: str) -> None:
    ledger = Ledger(url)
    keys = [f"prices/vendor-{number}_2013-03-01.csv" for number in range(1200)]
    ledger.observe_all([(ObjectVersion(NINE, key, "v", 1), parse_file_name(key)) for key in keys])
    assert store.keep([_token(key) for key in keys]) == len(keys)
    assert set(store.entries(keys)) == {(key, "v") for key in keys}
    assert store.entries([]) == {}
    store.note_answered(store.open(), Answer.GONE)
    assert store.open() == []
    ledger.close()
