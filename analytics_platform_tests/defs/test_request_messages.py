"""What requests may say: everything else is refused with what is wrong and the cure."""

import contextlib
import json

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_platform.definitions import defs
from analytics_platform.defs.triggers.messages import (
    InvalidRequestError,
    MaterializeRequest,
    UnreadableMessageError,
    UploadRequest,
    envelope_of,
    request_of,
)
from analytics_platform.defs.triggers.offered import Offered

ASKED: dict[str, object] = {
    "kind": "materialize",
    "id": "r-1",
    "job": "end_of_day",
    "first_session": "2013-03-01",
    "last_session": "2013-03-04",
    "requested_by": "desk",
}


@pytest.fixture(scope="module")
def offered() -> Offered:
    repository = defs().get_repository_def()
    assert isinstance(repository, dg.RepositoryDefinition)
    return Offered.by(repository)


def _read(request: object) -> UploadRequest | MaterializeRequest:
    told = {"token": "t", "execution": "e", "attempt": "a", "request": request}
    return request_of(envelope_of(json.dumps(told)))


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, id="job"),
        pytest.param({"assets": None}, id="job and no assets"),
        pytest.param({"job": None, "assets": ["lake/prices", "lake/instruments"]}, id="assets"),
        pytest.param({"last_session": "2013-03-01"}, id="one session"),
    ],
)
def test_what_there_is_may_be_asked_for(offered: Offered, asked: dict[str, object]) -> None:
    request = _read({**ASKED, **asked})
    assert isinstance(request, MaterializeRequest)
    offered.check(request)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        pytest.param(
            {"job": "night"}, "there is no 'night'; there are analytics, end_of_day, ingest", id="job"
        ),
        pytest.param({"job": None, "assets": ["lake/pricez"]}, "did you mean lake/prices?", id="asset"),
        pytest.param(
            {"job": None, "assets": ["lake/deliveries"]}, "'lake/deliveries' that can", id="no step"
        ),
        pytest.param(
            {"job": None, "assets": []},
            "name either a job or assets",
            id="neither",
        ),
        pytest.param(
            {"assets": ["lake/prices"]},
            "name either a job or assets",
            id="both",
        ),
        pytest.param({"first_session": "2013-03-02"}, "2013-03-02 is no session of XNYS", id="Saturday"),
        pytest.param({"last_session": "2090-03-01"}, "last_session: 2090-03-01 is no session", id="to come"),
        pytest.param({"first_session": "1 March"}, "must be a date such as 2013-03-01", id="no date"),
        pytest.param({"first_session": 1362096000}, "must be a date such as 2013-03-01", id="number"),
        pytest.param({"last_session": "2013-02-28"}, "is after last_session 2013-02-28", id="backwards"),
        pytest.param({"kind": "delete"}, "'upload', 'materialize'", id="kind"),
        pytest.param({"id": "\0"}, "must not hold control characters", id="control character"),
        pytest.param({"requested_by": ""}, "requested_by", id="nobody"),
    ],
)
def test_what_cannot_be_is_refused_with_the_cure(
    offered: Offered, wrong: dict[str, object], cause: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        offered.check(_read({**ASKED, **wrong}))  # type: ignore[arg-type]  # none of them is an upload
    assert cause in str(refused.value)
    assert "\n" not in str(refused.value)


def test_assets_that_are_computed_together_are_asked_for_together(offered: Offered) -> None:
    together = next(
        keys
        for key in offered.graph.materializable_asset_keys
        if len(keys := offered.graph.get(key).execution_set_asset_keys) > 1
    )
    first, *rest = sorted(key.to_user_string() for key in together)
    request = _read({**ASKED, "job": None, "assets": [first]})
    with pytest.raises(InvalidRequestError, match="computed together with others; name also") as refused:
        offered.check(request)  # type: ignore[arg-type]  # it is no upload
    assert all(name in str(refused.value) for name in rest)


@pytest.mark.parametrize("version", ["v-1", "", "null", None])
def test_an_upload_may_tell_its_version(version: str | None) -> None:
    request = _read({"kind": "upload", "bucket": "b", "key": "k", "version_id": version})
    assert isinstance(request, UploadRequest)
    assert request.version_id == version


@settings(max_examples=30)
@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_whatever_a_message_says_it_is_read_or_refused(body: str) -> None:
    with pytest.raises(UnreadableMessageError) as refused:
        envelope_of(body)
    assert "\n" not in str(refused.value)


@settings(max_examples=30)
@given(
    st.recursive(
        st.none() | st.text() | st.integers() | st.sampled_from(sorted(map(str, ASKED.values()))),
        lambda inner: st.dictionaries(st.sampled_from([*ASKED, "bucket", "key"]) | st.text(), inner),
    )
)
def test_whatever_is_asked_for_is_read_or_refused(asked: object) -> None:
    told = json.dumps({"token": "t", "execution": "e", "attempt": "a", "request": asked}, ensure_ascii=True)
    with contextlib.suppress(UnreadableMessageError, InvalidRequestError):
        assert request_of(envelope_of(told)).kind in {"upload", "materialize"}
