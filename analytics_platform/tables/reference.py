"""Reference data that arrives as whole snapshots: portfolios, instruments, terms, benchmarks."""

import dataframely as dy

from analytics_platform.tables.contract import (
    Table,
    amount,
    choice,
    currency,
    date,
    identifier,
    integer,
    text,
)

LIMITED = (
    "value_at_risk_rate",
    "expected_shortfall_rate",
    "gross_exposure_rate",
    "net_exposure_rate",
    "weight_rate",
    "stress_loss_rate",
    "drawdown_rate",
)
"""What a limit can look at: each over the net asset value of the portfolio, as a decimal."""

DAY_COUNTS = (
    "ACT/ACT ICMA",
    "ACT/ACT ISDA",
    "ACT/ACT AFB",
    "ACT/360",
    "ACT/365F",
    "30/360",
    "30/360 US",
    "30E/360",
    "30E/360 ISDA",
)


class Portfolios(dy.Schema):
    """Columns of `portfolios`."""

    portfolio_id = identifier("Portfolio", key=True)
    parent_portfolio_id = identifier("Parent in the portfolio tree; empty at the top", nullable=True)
    name = text("Name for readers")
    base_currency = currency("Currency that the portfolio is measured in")
    benchmark_id = identifier("Benchmark; empty if it has none", nullable=True)
    strategy = text("Investment strategy", nullable=True)
    inception_date = date("First day of the portfolio")


class Instruments(dy.Schema):
    """Columns of `instruments`."""

    instrument_id = identifier("Instrument; never reused, unlike a ticker", key=True)
    ticker = identifier("Exchange ticker", nullable=True)
    name = text("Name for readers")
    instrument_type = choice(
        "Kind of instrument", "equity", "etf", "cash", "bond", "option", "future", "fx_forward"
    )
    currency = currency("Currency of price and cash flows")
    multiplier = amount("Units of the underlying that one contract stands for", above=0)
    exchange_mic = identifier("ISO 10383 code of the exchange", nullable=True)
    country = choice("ISO 3166 code of the risk country", "[A-Z]{2}", nullable=True)
    sector = text("Industry sector", nullable=True)
    issuer_id = identifier("Issuer", nullable=True)
    isin = choice("ISO 6166 code", "[A-Z]{2}[A-Z0-9]{9}[0-9]", nullable=True)
    first_trade_date = date("First day of trading", nullable=True)
    last_trade_date = date("Last day of trading, expiry or maturity", nullable=True)


class BondTerms(dy.Schema):
    """Columns of `bond_terms`."""

    instrument_id = identifier("Bond", key=True)
    coupon_rate = amount("Yearly coupon as a decimal, 0.05 is 5 %", min_=0)
    coupon_frequency = integer("Coupons a year; 0 for a zero-coupon bond", min_=0)
    day_count = choice("Day-count convention", *DAY_COUNTS)
    dated_date = date("First day of accrual")
    first_coupon_date = date("First coupon, where the first period is irregular", nullable=True)
    maturity_date = date("Redemption date")
    redemption_per_100 = amount("Redemption for 100 of face value", above=0)
    settlement_days = integer("Business days from trade to settlement", min_=0)


class OptionTerms(dy.Schema):
    """Columns of `option_terms`."""

    instrument_id = identifier("Option", key=True)
    underlying_instrument_id = identifier("Underlying instrument")
    option_type = choice("Right to buy or to sell", "call", "put")
    exercise_style = choice("When it may be exercised", "european", "american")
    strike_local = amount("Strike in the currency of the option, on the share basis of the terms", above=0)
    expiry_date = date("Last day of the option")
    settlement_type = choice("What is delivered", "cash", "physical")


class FxForwardTerms(dy.Schema):
    """Columns of `fx_forward_terms`."""

    instrument_id = identifier("FX forward", key=True)
    bought_currency = currency("Currency that is received")
    bought_amount = amount("Amount of it for one unit", above=0)
    bought_curve_id = identifier("Curve that discounts it")
    sold_currency = currency("Currency that is paid")
    sold_amount = amount("Amount of it for one unit", above=0)
    sold_curve_id = identifier("Curve that discounts it")
    settlement_date = date("Day on which both are paid")


class Benchmarks(dy.Schema):
    """Columns of `benchmarks`."""

    benchmark_id = identifier("Benchmark", key=True)
    name = text("Name for readers")
    currency = currency("Currency of the benchmark's own return")


class BenchmarkWeights(dy.Schema):
    """Columns of `benchmark_weights`."""

    benchmark_id = identifier("Benchmark", key=True)
    effective_date = date("First session that the weights hold for", key=True)
    instrument_id = identifier("Constituent", key=True)
    weight = amount("Share of the benchmark as a decimal; the weights of a date sum to 1")


class Currencies(dy.Schema):
    """Columns of `currencies`."""

    currency = currency("ISO 4217 code", key=True)
    name = text("English name")
    minor_units = integer("Decimal places of the currency", nullable=True, min_=0)


class StressShifts(dy.Schema):
    """Columns of `stress_shifts`."""

    scenario_id = identifier("Stress scenario", key=True)
    scenario_name = text("Name for readers")
    factor_type = choice("What is shifted", "equity", "fx", "rate", "volatility", key=True)
    factor_id = identifier("Instrument, currency or curve that is shifted; ALL for every one", key=True)
    shift_type = choice("Relative: times (1 + shift); absolute: plus shift", "relative", "absolute")
    shift = amount("Size of the shift as a decimal")


class RiskProxies(dy.Schema):
    """Columns of `risk_proxies`."""

    instrument_id = identifier("Instrument whose own history is too short", key=True)
    proxy_instrument_id = identifier("Instrument whose moves stand in before it")


class Limits(dy.Schema):
    """Columns of `limits`."""

    limit_id = identifier("Limit", key=True)
    portfolio_id = identifier("Portfolio, with all that is below it in the tree")
    metric = choice("What is limited", *LIMITED)
    confidence = choice("Confidence of a tail metric", "0.95", "0.975", "0.99", nullable=True)
    dimension = choice(
        "Dimension of a weight", "asset_class", "sector", "country", "currency", "instrument", nullable=True
    )
    bucket = text("Bucket of the dimension; empty for the largest of all", nullable=True)
    lower = amount("Least value; empty for none", nullable=True)
    upper = amount("Greatest value; empty for none", nullable=True)
    warning_rate = amount("Share of the limit from which on it warns, 0.8 is 80 %", above=0)


PORTFOLIOS = Table("portfolios", Portfolios, "One row per portfolio", "reference")
INSTRUMENTS = Table("instruments", Instruments, "One row per instrument", "reference")
BOND_TERMS = Table("bond_terms", BondTerms, "One row per bond", "reference")
OPTION_TERMS = Table("option_terms", OptionTerms, "One row per option", "reference")
FX_FORWARD_TERMS = Table("fx_forward_terms", FxForwardTerms, "One row per FX forward", "reference")
BENCHMARKS = Table("benchmarks", Benchmarks, "One row per benchmark", "reference")
BENCHMARK_WEIGHTS = Table(
    "benchmark_weights",
    BenchmarkWeights,
    "One row per benchmark, effective date and constituent",
    "reference",
)
CURRENCIES = Table("currencies", Currencies, "One row per ISO 4217 currency", "reference")
STRESS_SHIFTS = Table(
    "stress_shifts",
    StressShifts,
    "One row per stress scenario and shifted risk factor",
    "reference",
)
RISK_PROXIES = Table("risk_proxies", RiskProxies, "One row per instrument with a proxy", "reference")
LIMITS = Table("limits", Limits, "One row per limit", "reference")
