"""What messages about uploads hint at, in every form that they come in."""

import contextlib
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.storage.landing.events import Hint, UnreadableEventError, hints_of, key_in_zone

KEY = "landing/prices/vendor one+two_2013-03-01.csv"


def _record(key: str, event: str = "ObjectCreated:Put", **told: str) -> dict[str, object]:
    place = {"bucket": {"name": "files"}, "object": {"key": key, **told}}
    return {"eventSource": "aws:s3", "eventName": event, "s3": place}


def _event(key: str, kind: str = "Object Created", **told: str) -> dict[str, object]:
    detail = {"bucket": {"name": "files"}, "object": {"key": key, **told}}
    return {"version": "0", "source": "aws.s3", "detail-type": kind, "detail": detail}


@pytest.mark.parametrize(
    ("told", "hints"),
    [
        pytest.param({"Records": [_record(quote_plus(KEY))]}, [Hint("files", KEY)], id="as a form"),
        pytest.param({"Records": [_record(quote(KEY, safe="/"))]}, [Hint("files", KEY)], id="as a path"),
        pytest.param(
            {"Records": [_record("a", versionId="v"), _record("b", "ObjectCreated:Copy", versionId="null")]},
            [Hint("files", "a", "v"), Hint("files", "b")],
            id="several",
        ),
        pytest.param(_event(KEY), [Hint("files", KEY)], id="EventBridge does not encode"),
        pytest.param(
            _event("a", **{"version-id": "v"}), [Hint("files", "a", "v")], id="EventBridge, version"
        ),
        pytest.param(_event("a", "Object Deleted"), [], id="EventBridge, deletion"),
        pytest.param({"Records": [_record("a", "ObjectRemoved:Delete")]}, [], id="deletion"),
        pytest.param({"Records": []}, [], id="nothing"),
        pytest.param({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}, [], id="test event"),
    ],
)
def test_every_form_is_read_also_in_an_envelope(told: object, hints: list[Hint]) -> None:
    assert hints_of(json.dumps(told)) == hints
    assert hints_of(json.dumps({"Type": "Notification", "Message": json.dumps(told)})) == hints


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        pytest.param("", "no JSON: ''", id="empty"),
        pytest.param("[" * 100_000, "no JSON", id="deep"),
        pytest.param("3", "the message is no JSON object: 3", id="number"),
        pytest.param("{}", "neither a notification of S3 nor an event of EventBridge: '{}'", id="nothing"),
        pytest.param('{"Type": "Notification", "Message": "hello"}', "no JSON: 'hello'", id="envelope"),
        pytest.param('{"Records": [1]}', "a record is no JSON object: 1", id="record"),
        pytest.param(json.dumps({"Records": [_record("%ff")]}), "'%ff' is not UTF-8", id="bytes"),
        pytest.param(json.dumps({"Records": [_record("")]}), "key of an object is missing", id="no key"),
        pytest.param(
            '{"source": "aws.s3", "detail-type": "Object Created"}', "detail of an event", id="detail"
        ),
    ],
)
def test_poison_is_told_apart_and_says_what_is_wrong(body: str, cause: str) -> None:
    with pytest.raises(UnreadableEventError) as refused:
        hints_of(body)
    assert cause in str(refused.value)
    assert len(str(refused.value)) < 300


@given(st.text(min_size=1).filter(lambda key: key.isprintable() and not key.endswith("/")))
def test_every_key_comes_back_as_it_was_put(key: str) -> None:
    assert hints_of(json.dumps({"Records": [_record(quote_plus(key))]})) == [Hint("files", key)]
    assert hints_of(json.dumps(_event(key))) == [Hint("files", key)]
    assert key_in_zone("s3://files/landing", "files", f"landing/{key}") == key
    assert key_in_zone("s3://files", "files", key) == key


@given(
    st.text() | st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(json.dumps)
)
def test_whatever_is_sent_is_read_or_refused(body: str) -> None:
    with contextlib.suppress(UnreadableEventError):
        assert hints_of(body) == []


@pytest.mark.parametrize(
    ("zone", "bucket", "key"),
    [
        pytest.param("s3://files/landing", "other", "landing/a", id="bucket"),
        pytest.param("s3://files/landing", "files", "landings/a", id="prefix"),
        pytest.param("s3://files/landing", "files", "landing/", id="the zone"),
        pytest.param("s3://files/landing", "files", "landing/a/", id="folder"),
        pytest.param("s3://files", "files", "a\0b", id="control character"),
        pytest.param("/data/landing", "data", "landing/a", id="no bucket"),
    ],
)
def test_what_is_not_in_the_zone_has_no_name_there(zone: str, bucket: str, key: str) -> None:
    assert key_in_zone(zone, bucket, key) is None
