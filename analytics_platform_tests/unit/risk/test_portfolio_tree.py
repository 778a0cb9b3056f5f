"""The portfolio tree: closure, faults, and holdings of every node."""

from datetime import date

import polars as pl
import pytest

from analytics_platform.risk.tree import check_holdings, holdings_matrix, portfolio_closure, portfolio_tree

DAY = date(2013, 3, 1)


def portfolios(*edges: tuple[str, str | None]) -> pl.DataFrame:
    schema = {"portfolio_id": pl.String, "parent_portfolio_id": pl.String}
    return pl.DataFrame(edges, schema=schema, orient="row").with_columns(base_currency=pl.lit("USD"))


def holdings(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    schema = {"portfolio_id": pl.String, "instrument_id": pl.String, "quantity": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(business_date=pl.lit(DAY))


THREE_LEVELS = portfolios(("TOP", None), ("MIDDLE", "TOP"), ("LEAF", "MIDDLE"), ("OTHER", "TOP"))


def test_every_portfolio_is_listed_below_all_that_hold_it() -> None:
    assert portfolio_closure(THREE_LEVELS).rows() == [
        ("LEAF", "LEAF", 0),
        ("MIDDLE", "LEAF", 1),
        ("MIDDLE", "MIDDLE", 0),
        ("OTHER", "OTHER", 0),
        ("TOP", "LEAF", 2),
        ("TOP", "MIDDLE", 1),
        ("TOP", "OTHER", 1),
        ("TOP", "TOP", 0),
    ]


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (portfolios(("A", "B"), ("B", "C"), ("C", "B")), "in a circle: B > C > B"),
        (portfolios(("A", "A")), "in a circle: A > A"),
        (portfolios(("A", None), ("B", "GONE")), "portfolio B has the unknown parent GONE"),
        (portfolios(("A", None), ("A", None)), "portfolios occur twice: A"),
    ],
    ids=["circle", "own parent", "unknown parent", "twice"],
)
def test_what_is_no_tree_is_refused_by_name(tree: pl.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        portfolio_closure(tree)


def test_holdings_add_up_to_every_node() -> None:
    tree = portfolio_tree(THREE_LEVELS)
    held = holdings(("LEAF", "X", 10.0), ("OTHER", "X", -10.0), ("OTHER", "Y", 2.0), ("MIDDLE", "Y", 1.0))
    matrix = holdings_matrix(tree, held, ["X", "Y"])
    assert list(tree.base_currency) == ["LEAF", "MIDDLE", "OTHER", "TOP"]
    assert matrix.toarray().tolist() == [[10.0, 0.0], [10.0, 1.0], [-10.0, 2.0], [0.0, 3.0]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("GONE", "X", 1.0)], "unknown portfolios: GONE"),
        ([("LEAF", "X", 1.0), ("LEAF", "X", 2.0)], "LEAF holds X twice on 2013-03-01"),
        ([("LEAF", "X", None)], "LEAF holds X without a quantity on 2013-03-01"),
        ([("LEAF", "X", float("nan"))], "LEAF holds X without a quantity on 2013-03-01"),
    ],
    ids=["unknown portfolio", "two books", "null", "not a number"],
)
def test_holdings_that_would_be_lost_or_doubled_are_refused(
    rows: list[tuple[str, str, float | None]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_holdings(holdings(*rows), portfolio_tree(THREE_LEVELS))
