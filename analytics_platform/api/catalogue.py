"""What can be read: one entry for each published table. No route and no row."""

from analytics_platform.api.endpoint import Endpoint

ANCHOR = "portfolio_risk"
"""Table that has a row of every session and portfolio, also of those that a sparse table is silent about."""

_NODE = ("portfolio_id",)
_HELD = ("portfolio_id", "instrument_id")
_IN_CURRENCY = "money in `currency`"

ENDPOINTS = (
    Endpoint(
        "/portfolios",
        "portfolio_risk",
        "rpt_portfolio_risk",
        "The tree of portfolios, with value and profit of the day",
        _NODE,
        columns=(
            *("business_date", "portfolio_id", "parent_portfolio_id", "name", "depth", "base_currency"),
            *("nav_base", "day_pnl_base", "day_return_rate", "status", "reason"),
        ),
    ),
    Endpoint(
        "/portfolio-risk",
        "portfolio_risk",
        "rpt_portfolio_risk",
        "One line for each portfolio: value, returns, value at risk, expected shortfall, worst stress",
        _NODE,
    ),
    Endpoint(
        "/positions",
        "positions",
        "rpt_positions",
        "What each portfolio holds, with all that is below it",
        (*_HELD, "instrument_type", "currency", "status"),
    ),
    Endpoint(
        "/position-values",
        "position_values",
        "fct_position_values",
        "Delivered positions at their prices, with the rows of the files that they come from",
        (*_HELD, "instrument_type", "currency", "status"),
    ),
    Endpoint(
        "/exposures",
        "exposures",
        "fct_exposures",
        "Long, short, gross and net by currency, sector and so on",
        (*_NODE, "dimension", "bucket", "status"),
    ),
    Endpoint(
        "/delta-exposures",
        "delta_exposures",
        "rpt_delta_exposures",
        "Exposures with options at their delta and futures at their notional",
        (*_NODE, "dimension", "bucket", "status"),
    ),
    Endpoint(
        "/pnl",
        "returns",
        "fct_portfolio_returns",
        "Profit and loss of each portfolio, with its flows and value",
        (*_NODE, "status"),
        columns=(
            *("business_date", "portfolio_id", "base_currency", "pnl_base", "nav_base"),
            *("start_of_day_flow_base", "end_of_day_flow_base", "status", "reason"),
        ),
    ),
    Endpoint(
        "/position-pnl",
        "position_pnl",
        "fct_position_pnl",
        "Profit and loss of each position by price, currency, income and trading",
        (*_HELD, "status"),
    ),
    Endpoint(
        "/returns",
        "returns",
        "fct_portfolio_returns",
        "Daily time-weighted returns, beside the benchmark's",
        (*_NODE, "status"),
    ),
    Endpoint(
        "/period-returns",
        "period_returns",
        "fct_period_returns",
        "Returns of the month, quarter, year and since inception, to date",
        (*_NODE, "period", "status"),
    ),
    Endpoint(
        "/contributions",
        "contributions",
        "fct_contributions",
        "What each instrument brought to the return of the day",
        (*_HELD, "status"),
    ),
    Endpoint(
        "/period-contributions",
        "period_contributions",
        "fct_period_contributions",
        "What each instrument brought to the return of a period, linked",
        (*_NODE, "period", "instrument_id", "status"),
    ),
    Endpoint(
        "/attribution",
        "attribution",
        "fct_attribution",
        "Allocation, selection and interaction by sector, of the day",
        (*_NODE, "sector", "status"),
    ),
    Endpoint(
        "/period-attribution",
        "period_attribution",
        "fct_period_attribution",
        "Allocation, selection and interaction by sector, of a period, linked",
        (*_NODE, "period", "sector", "status"),
    ),
    Endpoint(
        "/performance",
        "performance_statistics",
        "performance_statistics",
        "Volatility, drawdowns, ratios and the like over a window",
        (*_NODE, "lookback", "statistic", "status"),
        units={"value": "a decimal: 0.05 is 5 %; ratios have no unit"},
    ),
    Endpoint(
        "/factor-betas",
        "factor_betas",
        "factor_betas",
        "How the returns of a portfolio move with factors",
        (*_NODE, "factor_id", "status"),
    ),
    Endpoint(
        "/risk",
        "risk_metrics",
        "risk_metrics",
        "Value at risk and expected shortfall by method and confidence",
        (*_NODE, "metric", "method", "confidence", "status"),
        units={"value": f"{_IN_CURRENCY}; a loss is positive", "standard_error": _IN_CURRENCY},
    ),
    Endpoint(
        "/risk-contributions",
        "risk_contributions",
        "risk_contributions",
        "What each instrument brings to value at risk and expected shortfall",
        (*_NODE, "metric", "confidence", "instrument_id"),
        units={
            "contribution": _IN_CURRENCY,
            "incremental": _IN_CURRENCY,
            "marginal": "money per 1.00 of money",
        },
    ),
    Endpoint(
        "/var-changes",
        "var_changes",
        "var_changes",
        "Why value at risk and expected shortfall changed since the session before",
        (*_NODE, "metric", "confidence", "status"),
        units=dict.fromkeys(
            ("previous_value", "positions_effect", "market_effect", "window_effect", "value"), _IN_CURRENCY
        ),
    ),
    Endpoint(
        "/stress",
        "stress",
        "stress_results",
        "Gain or loss of each portfolio in each stress scenario",
        (*_NODE, "scenario_id", "status"),
        units={"pnl": f"{_IN_CURRENCY}; a gain is positive"},
    ),
    Endpoint(
        "/valuations",
        "instrument_valuations",
        "instrument_valuations",
        "Model prices, implied volatilities, yields and sensitivities of instruments",
        ("instrument_id", "model", "status"),
    ),
    Endpoint(
        "/key-rate-durations",
        "key_rate_durations",
        "key_rate_durations",
        "What a bond loses for a rise of the curve at each node",
        ("instrument_id", "tenor_years", "curve_id"),
    ),
    Endpoint(
        "/limits",
        "limit_utilisation",
        "rpt_limit_utilisation",
        "Limits, how much of each is used, and since when it is breached",
        ("limit_id", "portfolio_id", "metric", "state"),
    ),
    Endpoint(
        "/backtest",
        "var_backtests",
        "var_backtests",
        "Value at risk held against what happened: exceptions, tests and the traffic light",
        (*_NODE, "confidence", "zone", "status"),
    ),
    Endpoint(
        "/backtest-days",
        "var_backtest_days",
        "var_backtest_days",
        "The profit of each session beside the value at risk of the session before",
        (*_NODE, "confidence", "is_exception", "status"),
        units=dict.fromkeys(("value_at_risk", "hypothetical_pnl", "actual_pnl"), _IN_CURRENCY),
    ),
    Endpoint(
        "/explain",
        "pnl_explains",
        "pnl_explains",
        "Profit and loss of each position by what moved: delta, gamma, vega, time, rates, currency",
        (*_HELD, "status"),
        units=dict.fromkeys(
            (
                *("pnl", "delta_pnl", "gamma_pnl", "vega_pnl", "theta_pnl", "rho_pnl", "fx_pnl"),
                *("income_pnl", "trading_pnl", "unexplained_pnl"),
            ),
            _IN_CURRENCY,
        ),
    ),
    Endpoint(
        "/cash-flows",
        "cash_flow_ladder",
        "fct_cash_flow_ladder",
        "Coupons, redemptions and dividends to come, by currency and time",
        (*_NODE, "currency", "bucket", "kind", "status"),
        is_sparse=True,
    ),
    Endpoint(
        "/liquidity",
        "liquidity",
        "fct_liquidity",
        "Days that it takes to sell each position",
        (*_HELD, "status"),
    ),
    Endpoint(
        "/data-quality",
        "data_quality_findings",
        "fct_data_quality_findings",
        "What looks wrong in the data, with the row of the file where there is one",
        ("check_name", "severity", "portfolio_id", "instrument_id", "delivery_id"),
        is_sparse=True,
    ),
    Endpoint(
        "/reconciliation",
        "reconciliation_breaks",
        "fct_reconciliation_breaks",
        "Where two ways to a number differ",
        ("check_name", "portfolio_id", "instrument_id", "is_over_tolerance"),
        is_sparse=True,
    ),
    Endpoint(
        "/deliveries",
        "deliveries",
        "deliveries",
        "Delivered files whose rows count, with their account of rows",
        ("table_name", "source", "delivery_id"),
        dating="span",
        has_lineage=True,
    ),
    Endpoint(
        "/rejections",
        "rejections",
        "rejections",
        "Files that were refused, whole or some of their rows, with the message to the sender",
        ("key", "state"),
        dating="none",
        is_sparse=True,
    ),
    Endpoint(
        "/runs",
        "runs",
        "run_manifests",
        "The run whose results are current for each session, and what it rested on",
        ("run_id",),
    ),
)

ORDERS = {endpoint.table: endpoint.filters for endpoint in ENDPOINTS}
"""By which columns the rows of a table are sorted within a session."""
