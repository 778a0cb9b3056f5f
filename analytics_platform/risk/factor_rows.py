"""Factor betas of every portfolio: its returns on a benchmark, on currencies and on the level of rates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats, scatter
from analytics_platform.risk.regression import factor_regression
from analytics_platform.risk.results import result_frame
from analytics_platform.risk.tree import portfolio_closure
from analytics_platform.risk.valuations import shortened
from analytics_platform.tables.risk_analysis import FACTOR_BETAS

N_RETURNS, LEAST_RETURNS = 250, 60
INTERCEPT, RATE_TENOR = "intercept", "10Y"


@dataclass(frozen=True)
class FactorInputs:
    """Frames that factor betas are made of, from 250 sessions before the first one on.

    Attributes
    ----------
    portfolio_returns : DataFrame
        business_date, portfolio_id, return_rate, benchmark_return_rate.
    portfolios : DataFrame
        portfolio_id, parent_portfolio_id, base_currency, benchmark_id.
    holdings : DataFrame
        business_date, portfolio_id, currency, quantity: whose currencies are factors.
    fx : DataFrame
        business_date, currency, rate_to_usd.
    curve_quotes : DataFrame
        business_date, curve_id, tenor, rate.

    """

    portfolio_returns: pl.DataFrame
    portfolios: pl.DataFrame
    holdings: pl.DataFrame
    fx: pl.DataFrame
    curve_quotes: pl.DataFrame


def factor_betas(inputs: FactorInputs, axis: Sequence[date], sessions: Sequence[date]) -> pl.DataFrame:
    """Regress the returns of every portfolio on its factors, over the 250 sessions up to each one.

    Factors are the return of the benchmark, its own or that of the nearest portfolio above; for each
    currency that is held on the session and not the base, its return in the base currency; and the
    change of each ten-year par yield.

    Parameters
    ----------
    inputs : FactorInputs
    axis : sequence of date
        All sessions, ascending, from 250 before the first of `sessions` on.
    sessions : sequence of date

    Returns
    -------
    DataFrame
        Columns of `tables.risk_analysis.FACTOR_BETAS`; the intercept is a factor. Sessions on which the
        portfolio or a factor has no number are left out and counted in a warning; with fewer than 60
        left, or factors that depend on each other, all betas are missing with the reason.

    """
    places = {day: row for row, day in enumerate(axis)}
    names = inputs.portfolios["portfolio_id"].sort().to_list()
    returns, benchmarks = (
        scatter(inputs.portfolio_returns, dates=axis, entities=names, entity="portfolio_id", value=value)
        for value in ("return_rate", "benchmark_return_rate")
    )
    column = {name: number for number, name in enumerate(names)}
    bases = dict(inputs.portfolios.select("portfolio_id", "base_currency").iter_rows())
    market = {name: _benchmark(inputs.portfolios, name) for name in names}
    rates, moves = _fx(inputs.fx, axis), _rate_changes(inputs.curve_quotes, axis)
    held = _held_currencies(inputs)
    rows: list[dict[str, object]] = []
    for session in sorted(set(sessions)):
        end = places[session] + 1
        cut = slice(max(0, end - N_RETURNS), end)
        for name in names:
            factors = dict(moves)
            owner, benchmark = market[name]
            if benchmark:
                factors[benchmark] = benchmarks[:, column[owner]]
            for code in held.get((session, name), []):
                if code != bases[name] and code in rates and bases[name] in rates:
                    factors[code] = _relative(rates[code] / rates[bases[name]])
            window = {factor: values[cut] for factor, values in sorted(factors.items())}
            key = {"business_date": session, "portfolio_id": name}
            rows.extend(key | row for row in _regressed(returns[cut, column[name]], window))
    return result_frame(FACTOR_BETAS, rows)


def _benchmark(portfolios: pl.DataFrame, portfolio: str) -> tuple[str, str]:
    """Portfolio and its benchmark: the own one, or that of the nearest above; empty if there is none."""
    parents = {
        name: (parent, benchmark)
        for name, parent, benchmark in portfolios.select(
            "portfolio_id", "parent_portfolio_id", "benchmark_id"
        ).iter_rows()
    }
    name: str | None = portfolio
    while name is not None:
        parent, benchmark = parents[name]
        if benchmark is not None:
            return name, str(benchmark)
        name = parent
    return portfolio, ""


def _relative(levels: Floats) -> Floats:
    moves = np.full(levels.shape, np.nan)
    moves[1:] = levels[1:] / levels[:-1] - 1.0
    return moves


def _fx(fx: pl.DataFrame, axis: Sequence[date]) -> dict[str, Floats]:
    codes = fx["currency"].unique().sort().to_list()
    levels = scatter(fx, dates=axis, entities=codes, entity="currency", value="rate_to_usd")
    return {code: levels[:, number] for number, code in enumerate(codes)}


def _rate_changes(quotes: pl.DataFrame, axis: Sequence[date]) -> dict[str, Floats]:
    own = quotes.filter(tenor=RATE_TENOR)
    curves = own["curve_id"].unique().sort().to_list()
    levels = scatter(own, dates=axis, entities=curves, entity="curve_id", value="rate")
    return {
        f"{curve}_{RATE_TENOR}": np.concatenate([[np.nan], np.diff(levels[:, number])])
        for number, curve in enumerate(curves)
    }


def _held_currencies(inputs: FactorInputs) -> Mapping[tuple[date, str], list[str]]:
    """Currencies of the instruments that a portfolio holds on a session, with all that is below it."""
    held = (
        inputs.holdings.filter(pl.col("quantity").cast(pl.Float64) != 0.0)
        .select("business_date", "portfolio_id", "currency")
        .unique()
        .join(portfolio_closure(inputs.portfolios), left_on="portfolio_id", right_on="descendant_id")
        .group_by("business_date", "ancestor_id")
        .agg(pl.col("currency").unique().sort())
    )
    return {(day, name): codes for day, name, codes in held.iter_rows()}


def _regressed(returns: Floats, factors: Mapping[str, Floats]) -> Iterator[dict[str, object]]:
    matrix = np.column_stack(list(factors.values())) if factors else np.empty((returns.size, 0))
    is_known = ~np.isnan(returns) & ~np.isnan(matrix).any(axis=1)
    n = int(is_known.sum())
    empty = {"beta": None, "standard_error": None, "t_statistic": None, "r_squared": None, "n_returns": n}
    reason = f"{n} returns are fewer than {LEAST_RETURNS}" if n < LEAST_RETURNS else ""
    reason = reason or ("" if factors else "no factor")
    if not reason:
        try:
            found = factor_regression(returns[is_known], matrix[is_known])
        except ValueError as error:
            reason = str(error)
    if reason:
        for name in (INTERCEPT, *factors):
            yield {"factor_id": name, **empty, "status": "missing", "reason": shortened(reason)}
        return
    betas = [found.alpha, *found.betas.tolist()]
    errors = [found.alpha_error, *found.beta_errors.tolist()]
    note = f"{n} of {N_RETURNS} sessions" if n < N_RETURNS else None
    for name, beta, deviation in zip((INTERCEPT, *factors), betas, errors, strict=True):
        yield {
            "factor_id": name,
            "beta": beta,
            "standard_error": deviation,
            "t_statistic": beta / deviation if deviation > 0.0 else None,
            "r_squared": None if np.isnan(found.r_squared) else found.r_squared,
            "n_returns": n,
            "status": "warning" if note else "ok",
            "reason": note,
        }
