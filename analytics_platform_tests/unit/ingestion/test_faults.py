"""What is told of a sender's text is short and harmless."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.faults import DeliveryRefused, Finding, refusal, shown


@given(st.text(max_size=300))
def test_shown_text_is_printable_and_short_and_stays_so(text: str) -> None:
    once = shown(text)
    assert once.isprintable()
    assert len(once) <= 80
    assert shown(once) == once


def test_direction_marks_and_escape_codes_are_escaped() -> None:
    assert shown("a\u202eb\x1b[31m") == "a\\u202eb\\x1b[31m"


def test_a_finding_survives_json() -> None:
    finding = Finding(
        file="prices/a.csv", row=3, column="a\nb", value="x" * 500, message="wrong", cure="Correct it"
    )
    assert Finding.model_validate_json(finding.model_dump_json()) == finding


def test_a_refusal_with_one_finding_is_one_line() -> None:
    refused = refusal("prices/a.csv", "it is wrong", "Correct it", sheet="S", row=3, column="C", value="v")
    assert str(refused) == (
        "prices/a.csv was refused: sheet 'S', row 3, column 'C', value 'v': it is wrong. Correct it."
    )


def test_a_refusal_tells_how_many_findings_it_does_not_show() -> None:
    finding = Finding(file="prices/a.csv", row=3, message="wrong", cure="Correct it")
    text = str(DeliveryRefused([finding] * 20, 1000))
    assert text.count("\n- row 3: wrong. Correct it.") == 20
    assert text.endswith("... and 980 more.")


def test_a_refusal_can_be_sent_to_another_process() -> None:
    refused = DeliveryRefused([Finding(file="f", message="m", cure="c")], 5, RowCounts(3, 2, 1, 0))
    again = pickle.loads(pickle.dumps(refused))  # noqa: S301 - our own bytes
    assert (again.findings, again.total, again.counts) == (refused.findings, 5, refused.counts)
