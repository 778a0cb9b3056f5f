"""The portfolio tree: who holds whom, and holdings summed up to every node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from analytics_platform.risk.arrays import Booleans, Floats

_CLOSURE = pl.Schema({"ancestor_id": pl.String(), "descendant_id": pl.String(), "depth": pl.Int64()})


@dataclass(frozen=True)
class Tree:
    """The portfolios in the order of their names.

    Attributes
    ----------
    base_currency : dict of str to str
        By portfolio.
    above : csr_array of shape (n_portfolios, n_portfolios)
        1 where the portfolio of the row is, or holds, the portfolio of the column.
    first_date : dict of str to date
        First session with positions of its own, of the portfolios for which it is known.

    """

    base_currency: dict[str, str]
    above: csr_array
    first_date: dict[str, date] = field(default_factory=dict)


def _lineage(portfolio: str, parents: Mapping[str, str | None]) -> list[str]:
    """List the portfolio and those above it, nearest first."""
    path = [portfolio]
    while (parent := parents[path[-1]]) is not None:
        if parent not in parents:
            message = f"portfolio {path[-1]} has the unknown parent {parent}"
            raise ValueError(message)
        if parent in path:
            cycle = " > ".join([*path[path.index(parent) :], parent])
            message = f"portfolios hold each other in a circle: {cycle}"
            raise ValueError(message)
        path.append(parent)
    return path


def portfolio_closure(portfolios: pl.DataFrame) -> pl.DataFrame:
    """Every portfolio with each portfolio below it, and itself at depth 0.

    Parameters
    ----------
    portfolios : DataFrame
        Columns portfolio_id and parent_portfolio_id (null at the top).

    Returns
    -------
    DataFrame
        Columns ancestor_id, descendant_id, depth; sorted.

    Raises
    ------
    ValueError
        If a parent is unknown, a portfolio occurs twice, or there is a circle; portfolios are named.

    Examples
    --------
    >>> tree = pl.DataFrame({"portfolio_id": ["A", "B"], "parent_portfolio_id": [None, "A"]})
    >>> portfolio_closure(tree).rows()
    [('A', 'A', 0), ('A', 'B', 1), ('B', 'B', 0)]

    """
    twice = (
        portfolios.filter(pl.col("portfolio_id").is_duplicated())["portfolio_id"].unique().sort().to_list()
    )
    if twice:
        message = f"portfolios occur twice: {', '.join(twice)}"
        raise ValueError(message)
    parents: dict[str, str | None] = dict(
        portfolios.select("portfolio_id", "parent_portfolio_id").sort("portfolio_id").iter_rows()
    )
    rows = [
        (ancestor, portfolio, depth)
        for portfolio in parents
        for depth, ancestor in enumerate(_lineage(portfolio, parents))
    ]
    return pl.DataFrame(rows, schema=_CLOSURE, orient="row").sort("ancestor_id", "descendant_id")


def portfolio_tree(portfolios: pl.DataFrame) -> Tree:
    """Tree of the table `portfolios`; errors as in `portfolio_closure`.

    A column `first_date`, where there is one, says from when on positions of a portfolio are expected.
    """
    closure = portfolio_closure(portfolios)
    bases = dict(portfolios.select("portfolio_id", "base_currency").sort("portfolio_id").iter_rows())
    above = _matrix(
        closure["ancestor_id"], closure["descendant_id"], np.ones(len(closure)), list(bases), list(bases)
    )
    begun: dict[str, date] = {}
    if "first_date" in portfolios.columns:
        begun = dict(
            portfolios.select("portfolio_id", "first_date").drop_nulls().sort("portfolio_id").iter_rows()
        )
    return Tree(bases, above, begun)


def holdings_matrix(tree: Tree, holdings: pl.DataFrame, instruments: Sequence[str]) -> csr_array:
    """Units of each instrument held by each portfolio with all that is below it.

    Parameters
    ----------
    tree : Tree
    holdings : DataFrame
        Columns portfolio_id, instrument_id, quantity, of one session; see `check_holdings`.
    instruments : sequence of str
        Order of the columns; all held instruments are among them.

    Returns
    -------
    csr_array of shape (n_portfolios, n_instruments), float64
        Net holdings: what cancels is not stored.

    """
    quantity = holdings["quantity"].cast(pl.Float64).to_numpy()
    nodes = list(tree.base_currency)
    own = _matrix(holdings["portfolio_id"], holdings["instrument_id"], quantity, nodes, instruments)
    summed = csr_array(tree.above @ own)
    summed.eliminate_zeros()
    summed.sort_indices()
    return summed


def holders(tree: Tree, holdings: pl.DataFrame) -> Booleans:
    """Which portfolios hold anything, alone or below them, even if it cancels."""
    own = set(holdings["portfolio_id"])
    has_own = np.array([name in own for name in tree.base_currency], dtype=np.float64)
    return np.asarray(tree.above @ has_own > 0.0)


def silent_members(tree: Tree, holdings: pl.DataFrame, session: date) -> list[list[str]]:
    """Members of each portfolio, itself among them, that have begun but hold nothing on the session.

    Later silence is a gap, not a liquidation: what was sold leaves cash.
    """
    nodes, own = list(tree.base_currency), set(holdings["portfolio_id"])
    silent = [name for name, first in tree.first_date.items() if first <= session and name not in own]
    dense = {name: tree.above[:, [nodes.index(name)]].toarray().ravel() > 0.0 for name in silent}
    return [[name for name in silent if dense[name][row]] for row in range(len(nodes))]


def check_holdings(holdings: pl.DataFrame, tree: Tree) -> None:
    """Refuse holdings that would be lost or counted twice.

    Raises
    ------
    ValueError
        If a quantity is missing, a portfolio is unknown, or a portfolio holds an instrument twice on
        a session (as when the books of two keepers were mixed).

    """
    unknown = sorted(set(holdings["portfolio_id"].unique()) - tree.base_currency.keys())
    if unknown:
        message = f"holdings name unknown portfolios: {', '.join(unknown)}"
        raise ValueError(message)
    key = ["business_date", "portfolio_id", "instrument_id"]
    quantity = pl.col("quantity").cast(pl.Float64)
    for fault, rows in (
        ("twice", holdings.filter(holdings.select(key).is_duplicated())),
        ("without a quantity", holdings.filter(quantity.is_null() | ~quantity.is_finite())),
    ):
        if not rows.is_empty():
            day, portfolio, instrument = rows.select(key).sort(key).row(0)
            message = f"{portfolio} holds {instrument} {fault} on {day}"
            raise ValueError(message)


def _matrix(
    rows: pl.Series, columns: pl.Series, values: Floats, row_names: Sequence[str], column_names: Sequence[str]
) -> csr_array:
    row_of, column_of = ({name: i for i, name in enumerate(names)} for names in (row_names, column_names))
    codes = ([row_of[name] for name in rows], [column_of[name] for name in columns])
    matrix = csr_array((values, codes), shape=(len(row_names), len(column_names)))
    # The order of additions, and so the last digit, must not depend on the order of rows.
    matrix.sort_indices()
    return matrix
