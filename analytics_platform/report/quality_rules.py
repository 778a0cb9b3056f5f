"""The checks of data quality as readers need them: what a finding means, and what cures it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    name : str
        Value of `check_name`.
    severity : str
        ``error`` where figures are wrong or missing because of it, else ``warning``.
    means : str
        What a finding says.
    cure : str
        What to do about it.
    """

    name: str
    severity: str
    means: str
    cure: str


VOLATILITY = Check(
    "implied_volatility_in_range",
    "warning",
    "The price of an option gives a volatility outside 1% to 300%.",
    "Compare price, strike and expiry with the exchange; deliver the one that is wrong again.",
)
COVERAGE = Check(
    "scenarios_cover_holdings",
    "error",
    "Less than 95% of what is held has a P&L in every scenario, so VaR and ES are too small.",
    "Deliver the price history of what has none, or name a proxy for it in risk_proxies.",
)
_BY_SQL = (
    Check(
        "missing_price",
        "error",
        "A position has no price, so it has no value, and neither has its portfolio.",
        "Deliver the price of the session.",
    ),
    Check(
        "missing_fx_rate",
        "error",
        "A position has no exchange rate into the base currency.",
        "Deliver the rate of the session, or of the two currencies against the pivot.",
    ),
    Check(
        "stale_price",
        "warning",
        "A close has stood still for five sessions or more without volume: nobody may have traded at it.",
        "Ask the vendor for a quote, or confirm that the price holds.",
    ),
    Check(
        "price_spike",
        "warning",
        "A price moved by over 20% and 8 robust deviations, and no corporate action tells why.",
        "Compare with another vendor; deliver the right price, or the corporate action.",
    ),
    Check(
        "split_not_applied",
        "error",
        "A price is near a half, a third, a quarter, twice or three times the one before.",
        "Deliver the split in corporate_actions, or the right price.",
    ),
    Check(
        "price_outside_range",
        "error",
        "An open or a close is not between the low and the high of the day.",
        "Have the vendor send the row again; one of the four prices is wrong.",
    ),
    Check(
        "fx_triangle",
        "warning",
        "A rate differs by over 10 bp from what two other rates give.",
        "Find out which of the three is wrong or of another time, and deliver it again.",
    ),
    Check(
        "position_jump",
        "warning",
        "A position is not the one before plus the transactions between.",
        "Deliver the transaction or corporate action that is lacking, or the right position.",
    ),
    Check(
        "custodian_break",
        "error",
        "The custodian has another quantity or amount; a break within tolerance is a warning.",
        "Agree with the custodian; whoever is wrong delivers again.",
    ),
    Check(
        "held_after_end",
        "error",
        "An expired option or a matured bond is still held.",
        "Deliver the exercise, expiry or redemption as a transaction.",
    ),
    Check(
        "curve_jump",
        "warning",
        "A curve quote moved by over 50 bp within a day.",
        "Compare with the publisher of the curve; deliver it again if it was read wrongly.",
    ),
    Check(
        "row_count",
        "warning",
        "A source delivered far fewer or far more rows than usual.",
        "Ask the sender whether the file is whole, and have it sent again if not.",
    ),
    Check(
        "limit_unknown_portfolio",
        "error",
        "A limit is set on a portfolio that nobody has delivered.",
        "Correct the portfolio in limits, or deliver the portfolio.",
    ),
    Check(
        "limit_incomplete",
        "error",
        "A limit lacks a bound, a confidence or a dimension, so it limits nothing.",
        "Fill in what the message names, and deliver limits again.",
    ),
    Check(
        "limit_unknown_bucket",
        "error",
        "A limit is set on a bucket or stress scenario that does not exist.",
        "Correct the name in limits, or deliver what it names.",
    ),
)
CHECKS = (*_BY_SQL, VOLATILITY, COVERAGE)
"""All checks, in the order of the page."""
