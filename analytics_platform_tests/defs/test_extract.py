"""What the published extract says of itself."""

from datetime import date

import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.defs.serving.extract import chain_breaks, chain_check

XNYS = calendar("XNYS")
DAYS = [date(2013, 2, day) for day in (26, 27, 28)]


def _returns(navs: list[float | None], pnls: list[float | None], flow: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "business_date": DAYS,
            "portfolio_id": "EQ",
            "nav_base": navs,
            "pnl_base": pnls,
            "start_of_day_flow_base": [0.0, flow, 0.0],
            "end_of_day_flow_base": 0.0,
            "status": "ok",
        }
    )


def test_sessions_that_lead_from_one_value_to_the_next_hang_together() -> None:
    assert chain_breaks(_returns([100.0, 160.0, 155.0], [None, 10.0, -5.0], flow=50.0), XNYS).is_empty()


def test_a_session_that_was_recomputed_alone_is_found_by_the_next_one() -> None:
    restated = _returns([100.0, 130.0, 105.0], [None, 30.0, -5.0])
    breaks = chain_breaks(restated, XNYS)
    assert breaks.rows() == [(DAYS[2], "EQ", -20.0)]
    check = chain_check(restated, XNYS)
    assert not check.passed
    assert "backfill 2013-02-28" in str(check.metadata["breaks"].value)


def test_a_missing_value_is_no_break() -> None:
    assert chain_breaks(_returns([100.0, None, 105.0], [None, None, None]), XNYS).is_empty()


def test_sessions_that_do_not_follow_each_other_say_nothing() -> None:
    apart = _returns([100.0, 130.0, 105.0], [None, 30.0, -5.0]).filter(pl.col("business_date") != DAYS[1])
    assert chain_breaks(apart, XNYS).is_empty()
