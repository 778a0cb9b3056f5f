"""Pieces of zero curves for SQL: discount factors by QuantLib, restated quotes, and what stays."""

from datetime import UTC, date, datetime
from math import exp

import polars as pl
import pytest

from analytics_platform.risk.curve_segments import curve_segments
from analytics_platform.risk.inputs import RiskInputs
from analytics_platform.tables.platform import CURVE_SEGMENTS
from analytics_platform_tests.unit.risk.test_revaluation_against_quantlib import discount, par_curve

EARLY, LATE = (datetime(2013, 3, day, tzinfo=UTC) for day in (1, 2))
NONE = CURVE_SEGMENTS.columns.to_frame()


def _quotes(inputs: RiskInputs, day: date, known_at: datetime = EARLY) -> pl.DataFrame:
    return inputs.curve_quotes.filter(business_date=day).with_columns(
        known_at=pl.lit(known_at, pl.Datetime("us", "UTC"))
    )


@pytest.mark.parametrize("years", [0.0, 0.02, 0.5, 0.8, 3.3, 30.0, 40.0])
def test_the_pieces_discount_as_quantlibs_curve(inputs: RiskInputs, dates: list[date], years: float) -> None:
    found = curve_segments(_quotes(inputs, dates[0]), ["UST_PAR"], NONE)
    CURVE_SEGMENTS.schema.validate(found)
    is_there = (pl.col("from_years") <= years) & (pl.col("until_years") > years).fill_null(value=True)
    (one,) = found.filter(is_there).iter_rows(named=True)
    factor = exp(-(one["from_log"] + one["slope_rate"] * (years - one["from_years"])))
    zeros = par_curve(inputs.curve_quotes, dates[0])
    # Beyond the last node the zero rate stays.
    last = max(zeros)
    expected = discount(zeros, years) if years <= last else exp(-zeros[last] * years)
    assert factor == pytest.approx(expected, abs=1e-8)


def test_restated_quotes_get_pieces_of_their_own_and_the_old_ones_stay(
    inputs: RiskInputs, dates: list[date]
) -> None:
    quotes = _quotes(inputs, dates[0])
    before = curve_segments(quotes, ["UST_PAR"], NONE)
    restated = _quotes(inputs, dates[0], LATE).with_columns(rate=pl.col("rate") + 0.001)
    after = curve_segments(restated, ["UST_PAR"], before)
    assert after.filter(quotes_known_at=EARLY).equals(before)
    assert len(after) == 2 * len(before)
    assert curve_segments(restated, ["UST_PAR"], after).equals(after)


def test_only_curves_that_are_asked_for_and_admit_one_have_pieces(
    inputs: RiskInputs, dates: list[date]
) -> None:
    quotes = _quotes(inputs, dates[0])
    assert curve_segments(quotes, ["EUR_PAR"], NONE).is_empty()
    impossible = quotes.with_columns(rate=pl.lit(-3.0))
    assert curve_segments(impossible, ["UST_PAR"], NONE).is_empty()
