"""Results of the nonlinear risk step, one table a question."""

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

STATUSES = ("ok", "warning", "missing")
"""`ok`: the value holds; `warning`: it holds, with the reason beside it; `missing`: no value, and why."""

METHODS = (
    "historical",
    "age_weighted",
    "volatility_scaled",
    "parametric_sample",
    "parametric_ewma",
    "parametric_ledoit_wolf",
    "monte_carlo",
)
"""How a value at risk or expected shortfall is found; `historical` is the one that limits look at."""


class InstrumentValuations(dy.Schema):
    """Columns of `instrument_valuations`."""

    business_date = date("Session", key=True)
    instrument_id = identifier("Instrument", key=True)
    model = choice(
        "Pricing model", "price", "black_scholes_merton", "black_76", "american_qdfp", "discounted_cash_flows"
    )
    market_price_local = number("Delivered price; per 100 face, clean, for a bond", nullable=True)
    model_price_local = number("Price by the model, on the same basis", nullable=True)
    accrued_local = number("Accrued interest per 100 face", nullable=True)
    implied_volatility = number("Volatility that gives the market price, decimal a year", nullable=True)
    discount_spread_rate = number(
        "Continuous spread over the curve that gives the market price", nullable=True
    )
    delta = number("Change of the price per 1.00 of the underlying", nullable=True)
    gamma = number("Change of delta per 1.00 of the underlying", nullable=True)
    vega = number("Change of the price per 1.00 of volatility", nullable=True)
    theta = number("Change of the price per year", nullable=True)
    rho = number("Change of the price per 1.00 of rate", nullable=True)
    dv01_local = number("Loss for one basis point up in yield, per 100 face", nullable=True)
    yield_rate = number("Yield to maturity in the bond's own compounding, decimal", nullable=True)
    modified_duration_years = number("Relative loss per 1.00 of yield", nullable=True)
    convexity_years2 = number("Second derivative of the price by yield over the price", nullable=True)
    underlying_price_local = number("Price of the underlying of an option", nullable=True)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class ScenarioPnl(dy.Schema):
    """Columns of `scenario_pnl`."""

    business_date = date("Session", key=True)
    instrument_id = identifier("Instrument", key=True)
    currency = currency("Currency of the P&L", key=True)
    first_scenario_date = date("Oldest session whose moves are applied")
    last_scenario_date = date("Newest session whose moves are applied")
    n_scenarios = integer("Number of scenarios", min_=1)
    unit_value = number("Value of one unit today", nullable=True)
    unit_pnl = dy.List(
        dy.Float64(),
        nullable=True,
        description="P&L of one unit in each scenario, oldest first; the same order in a session",
    )
    status = choice("Whether the vector can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class RiskMetrics(dy.Schema):
    """Columns of `risk_metrics`."""

    business_date = date("Session", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    metric = choice("What is measured", "value_at_risk", "expected_shortfall", key=True)
    method = choice("How", *METHODS, key=True)
    confidence = dy.Float64(primary_key=True, description="Share of scenarios outside the tail")
    horizon_days = integer("Horizon in business days", min_=1)
    currency = currency("Base currency of the portfolio")
    value = number("Value; a loss is positive", nullable=True)
    standard_error = number("Standard error of a simulated value", nullable=True)
    n_scenarios = integer("Scenarios that the value rests on", min_=0)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)
    model_version = identifier("Version of the model")


class RiskContributions(dy.Schema):
    """Columns of `risk_contributions`."""

    business_date = date("Session", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    instrument_id = identifier("Instrument", key=True)
    metric = choice("What is split up", "value_at_risk", "expected_shortfall", key=True)
    confidence = dy.Float64(primary_key=True, description="Share of scenarios outside the tail")
    currency = currency("Base currency of the portfolio")
    contribution = number("Part of the metric that the instrument brings; the parts sum to the metric")
    share_rate = number("Contribution over the metric", nullable=True)
    marginal = number("Change of the metric per 1.00 of base currency put into the instrument", nullable=True)
    incremental = number("Metric less the metric without the instrument", nullable=True)


class StressResults(dy.Schema):
    """Columns of `stress_results`."""

    business_date = date("Session", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree", key=True)
    scenario_id = identifier("Stress scenario", key=True)
    scenario_name = text("Name for readers")
    currency = currency("Base currency of the portfolio")
    pnl = number("Gain (positive) or loss of the whole portfolio", nullable=True)
    status = choice("Whether the value can be used", *STATUSES)
    reason = text("Why not, or what to know", nullable=True)


class RunManifests(dy.Schema):
    """Columns of `run_manifests`."""

    run_id = identifier("Dagster run", key=True)
    first_date = date("First session of the run")
    last_date = date("Last session of the run")
    code_version = text("Version of the package")
    config_sha256 = text("Digest of the risk settings")
    inputs_sha256 = text("Digest of all input deliveries, sorted")
    n_input_deliveries = integer("Number of input deliveries", min_=0)
    as_known_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Nothing newer was used")
    n_scenarios = integer("Scenarios asked for", min_=1)


INSTRUMENT_VALUATIONS = Table(
    "instrument_valuations",
    InstrumentValuations,
    "One row per instrument and session",
    "result",
    "business_date",
)
SCENARIO_PNL = Table(
    "scenario_pnl",
    ScenarioPnl,
    "One row per session, instrument and currency",
    "result",
    "business_date",
)
RISK_METRICS = Table(
    "risk_metrics",
    RiskMetrics,
    "One row per session, portfolio, metric, method and confidence",
    "result",
    "business_date",
)
RISK_CONTRIBUTIONS = Table(
    "risk_contributions",
    RiskContributions,
    "One row per session, portfolio, instrument, metric and confidence",
    "result",
    "business_date",
)
STRESS_RESULTS = Table(
    "stress_results",
    StressResults,
    "One row per session, portfolio and stress scenario",
    "result",
    "business_date",
)
RUN_MANIFESTS = Table("run_manifests", RunManifests, "One row per risk run", "result")
