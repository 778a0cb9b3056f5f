"""All tables by name, in the order of the flow."""

from analytics_platform.tables import holdings, market, platform, reference, risk, risk_analysis
from analytics_platform.tables.contract import Table

DELIVERED: dict[str, Table] = {
    table.name: table
    for table in (
        reference.CURRENCIES,
        reference.PORTFOLIOS,
        reference.INSTRUMENTS,
        reference.BOND_TERMS,
        reference.OPTION_TERMS,
        reference.FX_FORWARD_TERMS,
        reference.BENCHMARKS,
        reference.BENCHMARK_WEIGHTS,
        reference.STRESS_SHIFTS,
        reference.RISK_PROXIES,
        reference.LIMITS,
        market.PRICES,
        market.CORPORATE_ACTIONS,
        market.FX_RATES,
        market.CURVE_QUOTES,
        holdings.POSITIONS,
        holdings.TRANSACTIONS,
        holdings.EXTERNAL_FLOWS,
        holdings.CASH_FLOWS,
        holdings.VENDOR_RISK_METRICS,
    )
}
"""Tables that senders deliver as files: the datasets of the landing zone."""

DERIVED: dict[str, Table] = {
    table.name: table
    for table in (
        platform.DELIVERIES,
        platform.TRADING_SESSIONS,
        platform.BOND_ACCRUALS,
        platform.CURVE_SEGMENTS,
        risk.INSTRUMENT_VALUATIONS,
        risk.SCENARIO_PNL,
        risk.RISK_METRICS,
        risk.RISK_CONTRIBUTIONS,
        risk.STRESS_RESULTS,
        risk_analysis.VAR_CHANGES,
        risk_analysis.PNL_EXPLAINS,
        risk_analysis.KEY_RATE_DURATIONS,
        risk_analysis.VAR_BACKTEST_DAYS,
        risk_analysis.VAR_BACKTESTS,
        risk_analysis.PERFORMANCE_STATISTICS,
        risk_analysis.FACTOR_BETAS,
        risk.RUN_MANIFESTS,
    )
}
"""Tables that the platform writes."""

TABLES: dict[str, Table] = {**DELIVERED, **DERIVED}
