"""Which uploads are accepted, rejected, ignored; whatever comes has an answer."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.triggers.lambdas.route_upload import route
from analytics_platform_tests.unit.triggers.known import configuration

KNOWN = configuration()
TODAY = date(2013, 3, 4)
KEY = "zone/positions/custodian-a_2013-03-01.csv"


def event(key: object, bucket: object = "landing", **more: object) -> dict[str, object]:
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "version-id": "v1"}}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail, **more}


def notification(*keys: str, bucket: str = "landing") -> dict[str, object]:
    records = [
        {
            "eventName": "ObjectCreated:Put",
            "eventTime": "2013-03-04T06:00:00.000Z",
            "s3": {"bucket": {"name": bucket}, "object": {"key": key, "versionId": "v1"}},
        }
        for key in keys
    ]
    return {"Records": records}


def verdict(told: object) -> str:
    return route(told, KNOWN, TODAY)["verdict"]


def test_an_accepted_upload_tells_what_its_name_declares() -> None:
    assert route(event(KEY), KNOWN, TODAY) == {
        "verdict": "accepted",
        "bucket": "landing",
        "key": KEY,
        "version_id": "v1",
        "shown": f"s3://landing/{KEY}",
        "dataset": "positions",
        "source": "custodian-a",
        "first_date": "2013-03-01",
        "last_date": "2013-03-01",
    }


def test_keys_of_notifications_are_decoded_and_those_of_events_are_not() -> None:
    encoded = "zone%2Fpositions%2Fcustodian-a_2013-03-01.csv"
    assert route(notification(encoded), KNOWN, TODAY)["key"] == KEY
    assert verdict(event(encoded)) == "ignored"
    assert route(event("zone/positions/a+b%20_2013-03-01.csv"), KNOWN, TODAY)["key"].count("%20") == 1
    assert verdict(notification("zone/a+b.csv")) == "rejected"


@pytest.mark.parametrize(
    "told",
    [
        event("zone/"),
        event("zone/positions/"),
        event("zones/positions/custodian-a_2013-03-01.csv"),
        event("positions/custodian-a_2013-03-01.csv"),
        event(KEY, bucket="landing2"),
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "landing"},
        {**event(KEY), "detail-type": "Object Deleted"},
        {"Records": []},
    ],
    ids=["zone", "folder", "prefix only begins so", "outside", "bucket", "test", "deletion", "no records"],
)
def test_what_concerns_nobody_is_ignored(told: object) -> None:
    assert verdict(told) == "ignored"


@pytest.mark.parametrize(
    "told",
    [
        None,
        7,
        "poison",
        [],
        {},
        {"detail": None},
        event(None),
        event(""),
        event(7),
        event(KEY, bucket=None),
        event("zone/positions/custodian-a_2013-02-30.csv"),
        event("zone/position/custodian-a_2013-03-01.csv"),
        event("zone/positions/custodian-a_2013-03-01.exe"),
        event("zone/positions/../positions/custodian-a_2013-03-01.csv"),
        event("zone//positions/custodian-a_2013-03-01.csv"),
        event("zone/positions/custodian-a_2013-03-01.csv\n"),
        event("zone/positions/custodian-a_٢٠١٣-03-01.csv"),
        event("zone/positions/custodian-a_2031-03-01.csv"),
        event("zone/" + "x" * 1019),
        notification("zone/%FF_2013-03-01.csv"),
        notification(KEY, KEY),
    ],
    ids=lambda told: json.dumps(told)[-60:],
)
def test_what_is_no_delivery_is_rejected_with_a_reason_of_one_line(told: object) -> None:
    answer = route(told, KNOWN, TODAY)
    assert answer["verdict"] == "rejected"
    assert answer["reason"].isprintable()
    assert answer["shown"].isprintable()
    assert len(answer["reason"]) < 2_000


def test_the_day_of_the_arrival_is_the_event_s_own() -> None:
    late = event("zone/positions/custodian-a_2013-03-01.csv", time="2010-01-01T00:00:00Z")
    assert verdict(late) == "rejected"
    assert verdict({**late, "time": "no time"}) == "accepted"


keys = st.text(max_size=60).map(lambda text: f"zone/{text}")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(json_values | keys.map(event) | json_values.map(lambda value: {**event(KEY), "detail": value}))
def test_whatever_comes_has_an_answer(told: object) -> None:
    answer = route(told, KNOWN, TODAY)
    assert answer["verdict"] in {"accepted", "rejected", "ignored"}
    assert answer["shown"].isprintable()
