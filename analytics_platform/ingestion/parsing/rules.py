"""Rules across the columns of one row, by table. Rules of one column stand in the table's schema."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class RowRule:
    """What must not be in one row.

    Attributes
    ----------
    column : str
        Column that the fault is shown at.
    is_fault : Expr
        True for a faulty row; null counts as false.
    message, cure : str
        What is wrong, and what to do.
    """

    column: str
    is_fault: pl.Expr
    message: str
    cure: str = "Correct the row"


def _outside(column: str) -> RowRule:
    return RowRule(
        column,
        (pl.col(column) < pl.col("low_local")) | (pl.col(column) > pl.col("high_local")),
        "the price is outside of the low and high of its row",
    )


def _without(kind_column: str, kind: str, column: str) -> RowRule:
    return RowRule(
        column, (pl.col(kind_column) == kind) & pl.col(column).is_null(), f"a {kind} must have a {column}"
    )


def _before(column: str, earlier: str) -> RowRule:
    return RowRule(column, pl.col(column) < pl.col(earlier), f"the date is before {earlier}")


ROW_RULES: dict[str, tuple[RowRule, ...]] = {
    "prices": (
        RowRule("low_local", pl.col("low_local") > pl.col("high_local"), "the low is above the high"),
        _outside("open_local"),
        _outside("close_local"),
    ),
    "corporate_actions": (
        _without("action_type", "split", "ratio"),
        _without("action_type", "stock_dividend", "ratio"),
        _without("action_type", "cash_dividend", "amount_local"),
        _without("action_type", "cash_dividend", "currency"),
    ),
    "fx_rates": (
        RowRule(
            "quote_currency",
            pl.col("base_currency") == pl.col("quote_currency"),
            "the currency is quoted in itself",
        ),
    ),
    "instruments": (_before("last_trade_date", "first_trade_date"),),
    "bond_terms": (_before("maturity_date", "dated_date"), _before("first_coupon_date", "dated_date")),
    "transactions": (_before("settle_date", "trade_date"),),
}
"""Table, rules. A table that is not named has none."""
