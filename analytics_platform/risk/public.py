"""The public names of `analytics_platform.risk` as type checkers and editors see them; nothing else."""

from analytics_platform.risk.accruals import BondFlows, BondSchedule, bond_schedule, flows_after
from analytics_platform.risk.american import american_greeks, american_implied_volatility, american_price
from analytics_platform.risk.american_approximation import approximate_american_price
from analytics_platform.risk.attribution import (
    Attribution,
    LinkedAttribution,
    brinson_attribution,
    linked_attribution,
)
from analytics_platform.risk.backtest import (
    Backtest,
    LikelihoodRatio,
    basel_plus_factor,
    exceptions,
    independence_test,
    kupiec_test,
    traffic_light,
)
from analytics_platform.risk.backtest import backtest as backtest_value_at_risk
from analytics_platform.risk.bills import (
    bill_discount_rate,
    bill_investment_rate,
    bill_money_market_yield,
    bill_price,
)
from analytics_platform.risk.black76 import (
    future_option_greeks,
    future_option_price,
    future_option_volatility,
)
from analytics_platform.risk.bonds import (
    BondSensitivities,
    BondTable,
    YieldConvention,
    Yields,
    bond_sensitivities,
    bond_table,
    bond_yield,
    clean_price,
    dirty_price,
)
from analytics_platform.risk.components import (
    incremental_expected_shortfall,
    incremental_historical_value_at_risk,
    value_at_risk_components,
)
from analytics_platform.risk.covariance import (
    Covariance,
    ewma_covariance,
    ledoit_wolf_covariance,
    sample_covariance,
)
from analytics_platform.risk.curves import (
    ZeroCurves,
    bootstrap_par_curves,
    discount_factors,
    interpolation_weights,
    tenor_years,
    zero_rate_moves,
)
from analytics_platform.risk.day_counts import year_fractions
from analytics_platform.risk.delta_gamma import PnlMoments, delta_gamma_moments, delta_gamma_value_at_risk
from analytics_platform.risk.drawdowns import Drawdown, deepest_drawdown, drawdown_path, max_drawdown, wealth
from analytics_platform.risk.explain import Effects, Explained, Moves, explain_pnl, pnl_effects
from analytics_platform.risk.greeks import DisplayedGreeks, displayed
from analytics_platform.risk.implied_volatility import ImpliedVolatility, VolatilityStatus
from analytics_platform.risk.implied_volatility import implied_volatility as option_implied_volatility
from analytics_platform.risk.key_rates import KeyRates, key_rate_durations, triangular_bumps
from analytics_platform.risk.linking import linked_contributions, linking_coefficients
from analytics_platform.risk.measured import Measured
from analytics_platform.risk.measures import (
    Tail,
    expected_shortfall,
    shortfall_components,
    tail,
    tail_mean,
    value_at_risk,
)
from analytics_platform.risk.modified_dietz import flow_weights, has_large_flow, modified_dietz_return
from analytics_platform.risk.money_weighted import MoneyWeighted, money_weighted_return
from analytics_platform.risk.monte_carlo import (
    cholesky_root,
    expected_shortfall_error,
    simulated_moves,
    simulated_pnl,
    value_at_risk_error,
)
from analytics_platform.risk.options import Greeks, option_greeks, option_price
from analytics_platform.risk.parametric import (
    component_expected_shortfall,
    component_value_at_risk,
    expected_shortfall_multiple,
    incremental_value_at_risk,
    marginal_value_at_risk,
    parametric_expected_shortfall,
    parametric_value_at_risk,
    portfolio_deviation,
    root_of_time,
    value_at_risk_multiple,
)
from analytics_platform.risk.performance import (
    annualised_return,
    calmar_ratio,
    chained_return,
    downside_deviation,
    sharpe_ratio,
    sortino_ratio,
    volatility,
)
from analytics_platform.risk.regression import Regression, factor_regression, newey_west_lags
from analytics_platform.risk.relative_performance import alpha, beta, information_ratio, tracking_error
from analytics_platform.risk.return_distribution import autocorrelation, excess_kurtosis, skewness
from analytics_platform.risk.schedules import bond_accruals
from analytics_platform.risk.spreads import Spreads, present_values, solve_spreads
from analytics_platform.risk.weighting import (
    age_weighted_expected_shortfall,
    age_weighted_value_at_risk,
    age_weights,
    ewma_volatility,
    volatility_scaled,
)

__all__ = [
    "Attribution",
    "Backtest",
    "BondFlows",
    "BondSchedule",
    "BondSensitivities",
    "BondTable",
    "Covariance",
    "DisplayedGreeks",
    "Drawdown",
    "Effects",
    "Explained",
    "Greeks",
    "ImpliedVolatility",
    "KeyRates",
    "LikelihoodRatio",
    "LinkedAttribution",
    "Measured",
    "MoneyWeighted",
    "Moves",
    "PnlMoments",
    "Regression",
    "Spreads",
    "Tail",
    "VolatilityStatus",
    "YieldConvention",
    "Yields",
    "ZeroCurves",
    "age_weighted_expected_shortfall",
    "age_weighted_value_at_risk",
    "age_weights",
    "alpha",
    "american_greeks",
    "american_implied_volatility",
    "american_price",
    "annualised_return",
    "approximate_american_price",
    "autocorrelation",
    "backtest_value_at_risk",
    "basel_plus_factor",
    "beta",
    "bill_discount_rate",
    "bill_investment_rate",
    "bill_money_market_yield",
    "bill_price",
    "bond_accruals",
    "bond_schedule",
    "bond_sensitivities",
    "bond_table",
    "bond_yield",
    "bootstrap_par_curves",
    "brinson_attribution",
    "calmar_ratio",
    "chained_return",
    "cholesky_root",
    "clean_price",
    "component_expected_shortfall",
    "component_value_at_risk",
    "deepest_drawdown",
    "delta_gamma_moments",
    "delta_gamma_value_at_risk",
    "dirty_price",
    "discount_factors",
    "displayed",
    "downside_deviation",
    "drawdown_path",
    "ewma_covariance",
    "ewma_volatility",
    "exceptions",
    "excess_kurtosis",
    "expected_shortfall",
    "expected_shortfall_error",
    "expected_shortfall_multiple",
    "explain_pnl",
    "factor_regression",
    "flow_weights",
    "flows_after",
    "future_option_greeks",
    "future_option_price",
    "future_option_volatility",
    "has_large_flow",
    "incremental_expected_shortfall",
    "incremental_historical_value_at_risk",
    "incremental_value_at_risk",
    "independence_test",
    "information_ratio",
    "interpolation_weights",
    "key_rate_durations",
    "kupiec_test",
    "ledoit_wolf_covariance",
    "linked_attribution",
    "linked_contributions",
    "linking_coefficients",
    "marginal_value_at_risk",
    "max_drawdown",
    "modified_dietz_return",
    "money_weighted_return",
    "newey_west_lags",
    "option_greeks",
    "option_implied_volatility",
    "option_price",
    "parametric_expected_shortfall",
    "parametric_value_at_risk",
    "pnl_effects",
    "portfolio_deviation",
    "present_values",
    "root_of_time",
    "sample_covariance",
    "sharpe_ratio",
    "shortfall_components",
    "simulated_moves",
    "simulated_pnl",
    "skewness",
    "solve_spreads",
    "sortino_ratio",
    "tail",
    "tail_mean",
    "tenor_years",
    "tracking_error",
    "traffic_light",
    "triangular_bumps",
    "value_at_risk",
    "value_at_risk_components",
    "value_at_risk_error",
    "value_at_risk_multiple",
    "volatility",
    "volatility_scaled",
    "wealth",
    "year_fractions",
    "zero_rate_moves",
]
