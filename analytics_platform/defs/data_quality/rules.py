"""The rules of data quality: what each looks for and how bad that is; in full what SQL cannot look at."""

from dataclasses import dataclass

import polars as pl

LEAST_VOLATILITY, GREATEST_VOLATILITY = 0.01, 3.0
LEAST_COVERAGE = 0.95


@dataclass(frozen=True)
class Rule:
    """One kind of finding.

    Attributes
    ----------
    name : str
        Value of `check_name`.
    looks_for : str
        What a finding of it says.
    is_error : bool
        Whether figures are wrong or missing because of it; else somebody should look.
    """

    name: str
    looks_for: str
    is_error: bool = False


FOUND_BY_SQL = (
    Rule("missing_price", "A position that has no price", is_error=True),
    Rule("missing_fx_rate", "A position that has no exchange rate", is_error=True),
    Rule("stale_price", "A close that has not moved for sessions, with no volume"),
    Rule("price_spike", "A return beyond 20 % and 8 robust deviations, with no corporate action"),
    Rule("split_not_applied", "A price near a half, a third, a quarter, twice or thrice", is_error=True),
    Rule("price_outside_range", "An open or close that is not between low and high", is_error=True),
    Rule("fx_triangle", "An exchange rate that does not fit the rates against the pivot"),
    Rule("position_jump", "A position that is not the one before plus transactions"),
    Rule("custodian_break", "A position that the custodian has otherwise", is_error=True),
    Rule("held_after_end", "An expired option or a matured bond that is held", is_error=True),
    Rule("curve_jump", "A curve quote that jumped within a day"),
    Rule("row_count", "A source that delivered far fewer or more rows than usual"),
    Rule("limit_unknown_portfolio", "A limit on a portfolio that nobody has delivered", is_error=True),
    Rule("limit_incomplete", "A limit without a bound, a confidence or a dimension", is_error=True),
    Rule("limit_unknown_bucket", "A limit on a bucket or stress scenario that nobody has", is_error=True),
)
"""Rules of `fct_data_quality_findings`."""

VOLATILITY = Rule("implied_volatility_in_range", "An implied volatility outside 1 % to 300 %")
COVERAGE = Rule(
    "scenarios_cover_holdings", "A session with scenarios for under 95 % of what is held", is_error=True
)


def odd_volatilities(valuations: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose implied volatility is outside the range that is believable.

    Parameters
    ----------
    valuations : DataFrame
        Rows of `instrument_valuations`; a null volatility is no finding, its status row tells it.

    Returns
    -------
    DataFrame
        The rows, with session, instrument and message.
    """
    volatility = pl.col("implied_volatility")
    return (
        valuations.filter(~volatility.is_between(LEAST_VOLATILITY, GREATEST_VOLATILITY))
        .sort("business_date", "instrument_id")
        .select(
            "business_date",
            "instrument_id",
            message=pl.format(
                "implied volatility of {} is {} %: check price, strike and expiry",
                "instrument_id",
                (100 * volatility).round(2),
            ),
        )
    )


def thin_scenarios(vectors: pl.DataFrame) -> pl.DataFrame:
    """Return the sessions in which too few of the held instruments have a P&L in every scenario.

    Parameters
    ----------
    vectors : DataFrame
        Session, instrument and status of `scenario_pnl`: one row for each held instrument.

    Returns
    -------
    DataFrame
        The sessions, with a message that names the first instruments without scenarios.
    """
    is_missing = pl.col("status") == "missing"
    missing = pl.col("instrument_id").filter(is_missing)
    return (
        vectors.group_by("business_date")
        .agg(
            coverage=1 - is_missing.mean(),
            n_missing=missing.n_unique(),
            first_missing=missing.unique().sort().head(5).str.join(", "),
        )
        .filter(pl.col("coverage") < LEAST_COVERAGE)
        .sort("business_date")
        .select(
            "business_date",
            message=pl.format(
                "scenarios for {} % of what is held; without: {} instruments, such as {}",
                (100 * pl.col("coverage")).round(1),
                "n_missing",
                "first_missing",
            ),
        )
    )
