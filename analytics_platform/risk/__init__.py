"""Risk, pricing and performance: arrays in, arrays out. All public names stand here, loaded when first used.

>>> from analytics_platform import risk
>>> float(risk.value_at_risk([-3.0, -1.0, 2.0, 4.0], confidence=0.75))
3.0

The names of each module are listed in `public` for type checkers; a test holds the two lists together.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_NAMES = {
    "accruals": "BondFlows BondSchedule bond_schedule flows_after",
    "american": "american_greeks american_implied_volatility american_price",
    "american_approximation": "approximate_american_price",
    "attribution": "Attribution LinkedAttribution brinson_attribution linked_attribution",
    "backtest": (
        "Backtest LikelihoodRatio backtest_value_at_risk=backtest basel_plus_factor exceptions "
        "independence_test kupiec_test traffic_light"
    ),
    "bills": "bill_discount_rate bill_investment_rate bill_money_market_yield bill_price",
    "black76": "future_option_greeks future_option_price future_option_volatility",
    "bonds": (
        "BondSensitivities BondTable YieldConvention Yields bond_sensitivities bond_table bond_yield "
        "clean_price dirty_price"
    ),
    "components": (
        "incremental_expected_shortfall incremental_historical_value_at_risk value_at_risk_components"
    ),
    "covariance": "Covariance ewma_covariance ledoit_wolf_covariance sample_covariance",
    "curves": (
        "ZeroCurves bootstrap_par_curves discount_factors interpolation_weights tenor_years zero_rate_moves"
    ),
    "day_counts": "year_fractions",
    "delta_gamma": "PnlMoments delta_gamma_moments delta_gamma_value_at_risk",
    "drawdowns": "Drawdown deepest_drawdown drawdown_path max_drawdown wealth",
    "explain": "Effects Explained Moves explain_pnl pnl_effects",
    "greeks": "DisplayedGreeks displayed",
    "implied_volatility": "ImpliedVolatility VolatilityStatus option_implied_volatility=implied_volatility",
    "key_rates": "KeyRates key_rate_durations triangular_bumps",
    "linking": "linked_contributions linking_coefficients",
    "measured": "Measured",
    "measures": "Tail expected_shortfall shortfall_components tail tail_mean value_at_risk",
    "modified_dietz": "flow_weights has_large_flow modified_dietz_return",
    "money_weighted": "MoneyWeighted money_weighted_return",
    "monte_carlo": (
        "cholesky_root expected_shortfall_error simulated_moves simulated_pnl value_at_risk_error"
    ),
    "options": "Greeks option_greeks option_price",
    "parametric": (
        "component_expected_shortfall component_value_at_risk expected_shortfall_multiple "
        "incremental_value_at_risk marginal_value_at_risk parametric_expected_shortfall "
        "parametric_value_at_risk portfolio_deviation root_of_time value_at_risk_multiple"
    ),
    "performance": (
        "annualised_return calmar_ratio chained_return downside_deviation sharpe_ratio sortino_ratio "
        "volatility"
    ),
    "regression": "Regression factor_regression newey_west_lags",
    "relative_performance": "alpha beta information_ratio tracking_error",
    "return_distribution": "autocorrelation excess_kurtosis skewness",
    "schedules": "bond_accruals",
    "spreads": "Spreads present_values solve_spreads",
    "weighting": (
        "age_weighted_expected_shortfall age_weighted_value_at_risk age_weights ewma_volatility "
        "volatility_scaled"
    ),
}
"""Module and its public names; ``name=original`` where the module itself has the name of its function."""

_HOMES = {
    name.partition("=")[0]: (module, name.rpartition("=")[2])
    for module, names in _NAMES.items()
    for name in names.split()
}
__all__ = list(_HOMES)


if TYPE_CHECKING:
    from analytics_platform.risk.public import *  # noqa: F403 - what it declares is its __all__
else:

    def __getattr__(name: str) -> object:
        """Load a public name from its module."""
        if name not in _HOMES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        module, original = _HOMES[name]
        found = getattr(import_module(f"{__name__}.{module}"), original)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    """Name what can be imported."""
    return sorted({*globals(), *_HOMES})
