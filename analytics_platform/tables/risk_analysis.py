"""What explains, checks and sums up the risk results: one table a question."""

import dataframely as dy

from analytics_platform.tables.contract import (
    Table,
    choice,
    currency,
    date,
    identifier,
    integer,
    number,
    text,
)
from analytics_platform.tables.risk import STATUSES


class VarChanges(dy.Schema):
    """Columns of `var_changes`."""

    business_date = date("Session", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    metric = choice("What changed", "value_at_risk", "expected_shortfall", key=True)
    confidence = dy.Float64(primary_key=True, description="Share of scenarios outside the tail")
    currency = currency("Base currency of the portfolio")
    previous_date = date("Session before", nullable=True)
    previous_value = number("Value on the session before; a loss is positive", nullable=True)
    positions_effect = number("Part of changed holdings", nullable=True)
    market_effect = number(
        "Part of changed prices, rates and volatilities, and of time that passed", nullable=True
    )
    window_effect = number("Part of scenarios that came into the window or left it", nullable=True)
    value = number("Value on the session; previous value and the three parts add up to it", nullable=True)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class PnlExplains(dy.Schema):
    """Columns of `pnl_explains`."""

    business_date = date("Session", key=True)
    portfolio_id = identifier("Portfolio that holds the position", key=True)
    instrument_id = identifier("Instrument", key=True)
    currency = currency("Base currency of the portfolio")
    pnl = number("Profit of the day as the marts tell it, gain is positive", nullable=True)
    delta_pnl = number("Delta times the move of the underlying, or of the price", nullable=True)
    gamma_pnl = number("Half gamma times the move squared; convexity of a bond", nullable=True)
    vega_pnl = number("Vega times the move of the implied volatility", nullable=True)
    theta_pnl = number("Passing of time: theta of an option, carry and roll of a bond", nullable=True)
    rho_pnl = number("Moves of rates and spreads", nullable=True)
    fx_pnl = number("Move of the exchange rate, cross part included", nullable=True)
    income_pnl = number("Dividends, coupons and interest", nullable=True)
    trading_pnl = number("New, closed and traded quantity against the close, and fees", nullable=True)
    unexplained_pnl = number("What the parts do not explain", nullable=True)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class KeyRateDurations(dy.Schema):
    """Columns of `key_rate_durations`."""

    business_date = date("Session", key=True)
    instrument_id = identifier("Bond", key=True)
    tenor_years = dy.Float64(primary_key=True, description="Node of the curve, in years")
    curve_id = identifier("Curve that discounts the bond")
    duration_years = number("Relative loss for a triangular rise of the continuous zero rate at the node")
    dv01_local = number("Loss for one basis point up at the node, per 100 face")


class VarBacktestDays(dy.Schema):
    """Columns of `var_backtest_days`."""

    business_date = date("Session whose P&L is compared", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    confidence = dy.Float64(primary_key=True, description="Confidence of the value at risk")
    currency = currency("Base currency of the portfolio")
    forecast_date = date("Session before, whose holdings and value at risk are held against the P&L")
    value_at_risk = number("Historical value at risk of the session before", nullable=True)
    hypothetical_pnl = number("P&L of the holdings of the session before, unchanged", nullable=True)
    actual_pnl = number("P&L of the session as the marts tell it", nullable=True)
    is_exception = dy.Bool(nullable=True, description="Whether the hypothetical loss was larger")
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class VarBacktests(dy.Schema):
    """Columns of `var_backtests`."""

    business_date = date("Last session of the test", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    confidence = dy.Float64(primary_key=True, description="Confidence of the value at risk")
    n_days = integer("Days compared, at most 250", min_=0)
    n_exceptions = integer("Days with a larger loss than the value at risk", min_=0)
    expected_exceptions = number("Days with a larger loss that the confidence leads to expect")
    kupiec_statistic = number("Likelihood ratio of the proportion of failures", nullable=True)
    kupiec_p_value = number("Its p-value, chi-squared with one degree of freedom", nullable=True)
    independence_statistic = number("Christoffersen's likelihood ratio of independence", nullable=True)
    independence_p_value = number("Its p-value, chi-squared with one degree of freedom", nullable=True)
    coverage_statistic = number("Christoffersen's likelihood ratio of conditional coverage", nullable=True)
    coverage_p_value = number("Its p-value, chi-squared with two degrees of freedom", nullable=True)
    zone = choice("Basel traffic light", "green", "yellow", "red", nullable=True)
    plus_factor = number("Basel increase of the multiplier; 250 days at 99 % only", nullable=True)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class PerformanceStatistics(dy.Schema):
    """Columns of `performance_statistics`."""

    business_date = date("Last session of the window", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    lookback = choice("Sessions that it looks back on", "year_to_date", "one_year", "inception", key=True)
    statistic = choice(
        "What is measured",
        "total_return",
        "annualised_return",
        "volatility",
        "downside_deviation",
        "sharpe_ratio",
        "sortino_ratio",
        "calmar_ratio",
        "maximum_drawdown",
        "current_drawdown",
        "skewness",
        "excess_kurtosis",
        "beta",
        "alpha",
        "tracking_error",
        "information_ratio",
        "money_weighted_return",
        key=True,
    )
    value = number("Value; returns and drawdowns as decimals, a drawdown is negative", nullable=True)
    n_returns = integer("Daily returns that the value rests on", min_=0)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class FactorBetas(dy.Schema):
    """Columns of `factor_betas`."""

    business_date = date("Last session of the regression", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    factor_id = identifier("Factor: a benchmark, a currency, a node of a curve, or intercept", key=True)
    beta = number("Coefficient of ordinary least squares on daily returns", nullable=True)
    standard_error = number("Its standard error", nullable=True)
    t_statistic = number("Beta over its standard error", nullable=True)
    r_squared = number("Share of variance that all factors explain", nullable=True)
    n_returns = integer("Daily returns that the value rests on", min_=0)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


VAR_CHANGES = Table(
    "var_changes",
    VarChanges,
    "One row per session, portfolio, metric and confidence",
    "result",
    "business_date",
)
PNL_EXPLAINS = Table(
    "pnl_explains",
    PnlExplains,
    "One row per session, portfolio and instrument",
    "result",
    "business_date",
)
KEY_RATE_DURATIONS = Table(
    "key_rate_durations",
    KeyRateDurations,
    "One row per session, bond and node of the curve",
    "result",
    "business_date",
)
VAR_BACKTEST_DAYS = Table(
    "var_backtest_days",
    VarBacktestDays,
    "One row per session, portfolio and confidence",
    "result",
    "business_date",
)
VAR_BACKTESTS = Table(
    "var_backtests",
    VarBacktests,
    "One row per session, portfolio and confidence, over the 250 days before",
    "result",
    "business_date",
)
PERFORMANCE_STATISTICS = Table(
    "performance_statistics",
    PerformanceStatistics,
    "One row per session, portfolio, lookback and statistic",
    "result",
    "business_date",
)
FACTOR_BETAS = Table(
    "factor_betas",
    FactorBetas,
    "One row per session, portfolio and factor",
    "result",
    "business_date",
)
