"""One-line faults of each measure, and the test files that must notice them."""

# ruff: noqa: E501 - one line a fault

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A change of one line of `risk/<module>.py`; `tests` are files of `unit/risk`, without `test_`."""

    name: str
    module: str
    old: str
    new: str
    tests: str


_PRICES = "option_prices"
_YIELDS = "bond_yields bond_conventions"
_TAIL = "tail_measures components"
MUTANTS = [
    Mutant("VaR rank", "measures", "rounding=ROUND_CEILING", "rounding='ROUND_FLOOR'", _TAIL),
    Mutant("VaR rank in floats", "measures", "Decimal(str(float(confidence)))", "Decimal(float(confidence))", _TAIL),
    Mutant("VaR sign", "measures", "0.0 - worst[..., -1]", "worst[..., -1]", _TAIL),
    Mutant("VaR order", "measures", "worst[..., -1]", "worst[..., 0]", _TAIL),
    Mutant("ES fraction", "measures", "float((size - (count - 1)) / size)", "float(1 / size)", _TAIL),
    Mutant("tail mean", "measures", "worst.mean(axis=-1)", "worst.sum(axis=-1)", "components published_figures"),
    Mutant("ES components", "measures", "array[:, worst] @ wanted.weights", "array[:, worst].mean(axis=1)", _TAIL),
    Mutant("age weights", "weighting", "np.arange(n_scenarios - 1, -1, -1.0))", "np.arange(n_scenarios))", "weighting"),
    Mutant("age-weighted VaR", "weighting", ">= share * (1.0 - _ROUNDING)", "> share * (1.0 + _ROUNDING)", "weighting"),
    Mutant("age-weighted ES", "weighting", "np.clip(share - before, 0.0, weights)", "weights", "weighting"),
    Mutant("EWMA volatility", "weighting", "(1.0 - keep) * squares[..., period]", "keep * squares[..., period]", "weighting"),
    Mutant("volatility scaling", "weighting", "volatility = ewma_volatility(array, decay=decay)", "volatility = ewma_volatility(array)", "weighting"),
    Mutant("VaR components", "components", "rank = tail(n_scenarios, confidence).count - 1", "rank = tail(n_scenarios, confidence).count", "components"),
    Mutant("kernel of neighbours", "components", "/ (width + 1.0), 0.0)", "/ (width + 2.0), 0.0)", "components"),
    Mutant("incremental VaR", "components", "return total, total - array", "return total, array", "components"),
    Mutant("sample covariance", "covariance", "np.sqrt(len(history) - 1)", "np.sqrt(len(history))", "covariance"),
    Mutant("EWMA covariance", "covariance", "np.arange(len(history) - 1, -1, -1.0)", "np.arange(len(history))", "covariance"),
    Mutant("Ledoit-Wolf", "covariance", "size - n_factors * mean_variance**2", "size - mean_variance**2", "covariance"),
    Mutant("normal VaR multiple", "parametric", "ndtri(checked_confidence(confidence))", "ndtri(1 - checked_confidence(confidence))", "parametric"),
    Mutant("normal ES multiple", "parametric", "/ _SQRT_2_PI / tail_share(confidence)", "/ _SQRT_2_PI", "parametric"),
    Mutant("deviation", "parametric", "covariance.ridge * np.square(array).sum(axis=-1)))", "0.0 * np.square(array).sum(axis=-1)))", "parametric"),
    Mutant("marginal VaR", "parametric", "gradient = (scores / deviation)", "gradient = scores", "parametric"),
    Mutant("component VaR", "parametric", "return np.asarray(exposures, dtype=np.float64) * marginal", "return marginal", "parametric"),
    Mutant("root of time", "parametric", "float(np.sqrt(horizon_days))", "float(horizon_days)", "parametric"),
    Mutant("delta-gamma mean", "delta_gamma", "mean = 0.5 * float", "mean = float", "delta_gamma"),
    Mutant("Cornish-Fisher", "delta_gamma", "third / variance**1.5", "third / variance", "delta_gamma"),
    Mutant("Monte Carlo stream", "monte_carlo", "spawn_key=(block,)", "spawn_key=(0,)", "monte_carlo"),
    Mutant("Monte Carlo correlation", "monte_carlo", "draws @ root", "draws", "monte_carlo"),
    Mutant("error of simulated VaR", "monte_carlo", "np.sqrt(n * confidence * share)", "np.sqrt(n * confidence)", "monte_carlo"),
    Mutant("exceptions", "backtest", "-gains > limits", "-gains >= limits", "backtest"),
    Mutant("Kupiec", "backtest", "_log_likelihood(n_exceptions, misses, share)), 1)", "_log_likelihood(misses, n_exceptions, share)), 1)", "backtest"),
    Mutant("Christoffersen", "backtest", "2.0 * (apart - together)", "apart - together", "backtest"),
    Mutant("conditional coverage", "backtest", "independence.statistic, 2)", "independence.statistic, 1)", "backtest"),
    Mutant("Basel zones", "backtest", 'return "yellow" if chance < _RED_FROM', 'return "yellow" if chance <= 1.0', "backtest"),
    Mutant("Basel factor", "backtest", "0.40, 0.50, 0.65", "0.40, 0.50, 0.60", "backtest"),
    Mutant("Modified Dietz", "modified_dietz", "capital = start_value + float(shares @ amounts)", "capital = start_value + float(amounts.sum())", "money_weighted published_figures"),
    Mutant("flow weights", "modified_dietz", '(timing == "start")', '(timing == "end")', "money_weighted published_figures"),
    Mutant("Carino", "linking", "np.log1p(difference) / np", "difference / np", "attribution"),
    Mutant("Brinson allocation", "attribution", "(wp - wb) * (rb - level)", "(wp - wb) * rb", "attribution"),
    Mutant("Brinson selection", "attribution", "selection=wb * (rp - rb)", "selection=wp * (rp - rb)", "attribution"),
    Mutant("XIRR", "money_weighted", "_DAYS_A_YEAR = 365.0", "_DAYS_A_YEAR = 365.25", "money_weighted"),
    Mutant("XIRR roots", "money_weighted", "if len(brackets) != 1:", "if len(brackets) == 0:", "money_weighted"),
    Mutant("drawdown start", "drawdowns", "start = np.ones((*array.shape[:-1], 1))", "start = np.zeros((*array.shape[:-1], 1))", "drawdowns"),
    Mutant("maximum drawdown", "drawdowns", "drawdown_path(returns).min(axis=-1)", "drawdown_path(returns)[..., -1]", "drawdowns"),
    Mutant("chained return", "performance", "np.prod(1.0 + array, axis=-1) - 1.0", "np.sum(array, axis=-1)", "performance"),
    Mutant("annualised return", "performance", "_LEAST_DAYS = 365", "_LEAST_DAYS = 1", "performance"),
    Mutant("volatility", "performance", "array.std(axis=-1, ddof=1) * np.sqrt(periods_a_year)", "array.std(axis=-1) * np.sqrt(periods_a_year)", "performance"),
    Mutant("Sharpe", "performance", "deviation = excess.std(axis=-1, ddof=1)", "deviation = excess.std(axis=-1)", "performance"),
    Mutant("Sortino", "performance", "downside = np.sqrt(np.square(np.minimum(excess, 0.0)).mean(axis=-1))", "downside = np.sqrt(np.square(excess).mean(axis=-1))", "performance"),
    Mutant("downside deviation", "performance", "mean(axis=-1) * periods_a_year))", "mean(axis=-1)))", "performance_rows"),
    Mutant("Calmar", "performance", "np.abs(max_drawdown(returns))", "np.abs(chained_return(returns))", "performance"),
    Mutant("beta", "relative_performance", "covariance * found.value**2", "covariance * found.value", "relative_performance"),
    Mutant("alpha", "relative_performance", "own.mean(axis=-1) - slope.value * other", "own.mean(axis=-1) - other", "performance_rows"),
    Mutant("tracking error", "relative_performance", "(own - other).std(axis=-1, ddof=1)", "(own - other).std(axis=-1)", "relative_performance"),
    Mutant("information ratio", "relative_performance", "active.std(axis=-1, ddof=1), least", "other.std(axis=-1, ddof=1), least", "relative_performance"),
    Mutant("skewness", "return_distribution", "scores.value**3", "scores.value**2", "relative_performance performance"),
    Mutant("kurtosis", "return_distribution", "_NORMAL_KURTOSIS = 3.0", "_NORMAL_KURTOSIS = 0.0", "relative_performance performance"),
    Mutant("autocorrelation", "return_distribution", "products.sum(axis=-1) / scores.value.shape[-1]", "products.mean(axis=-1)", "relative_performance performance"),
    Mutant("BSM price", "options", "d1 += 0.5 * signed", "d1 -= 0.5 * signed", _PRICES),
    Mutant("delta", "options", "sign * np.exp(-q * t) * ndtr(d1)", "np.exp(-q * t) * ndtr(d1)", _PRICES),
    Mutant("gamma", "options", "s * s * safe * np.sqrt(t), 1.0)", "s * safe * np.sqrt(t), 1.0)", _PRICES),
    Mutant("vega", "options", "/ _SQRT_2_PI * np.sqrt(t)\n", "/ _SQRT_2_PI * t\n", _PRICES),
    Mutant("theta", "options", "        running - decay,", "        running + decay,", _PRICES),
    Mutant("rho", "options", "        t * x.strike_part,", "        -t * x.strike_part,", _PRICES),
    Mutant("Black-76", "black76", "rate=rate,\n        dividend_yield=rate,\n        volatility=volatility,\n        t_years=t_years,\n    )\n\n\ndef future_option_greeks", "rate=rate,\n        dividend_yield=0.0,\n        volatility=volatility,\n        t_years=t_years,\n    )\n\n\ndef future_option_greeks", "black76"),
    Mutant("Black-76 rho", "black76", "rho=-years * greeks.price", "rho=years * greeks.price", "black76"),
    Mutant("implied volatility", "implied_volatility", "np.log(price / goal), price - goal) / slope", "np.log(price / goal), price - goal)", "implied_volatilities"),
    Mutant("bounds of implied volatility", "implied_volatility", "time_value >= np.minimum(spot, strike)", "time_value >= np.maximum(spot, strike)", "implied_volatilities"),
    Mutant("American approximation", "american_approximation", "np.sqrt(drift**2 + 4.0 * lasting)", "np.sqrt(drift**2 + 8.0 * lasting)", "american_approximation"),
    Mutant("bond price", "bonds", "to_first, factor = _to_first(bonds, growth, convention), 1.0 / growth", "to_first, factor = _to_first(bonds, growth, convention), growth", _YIELDS),
    Mutant("stub of a bond", "bonds", "linear = 1.0 + w * (growth - 1.0)", "linear = growth**w", _YIELDS),
    Mutant("clean price", "bonds", "dirty_price(bonds, yields, convention) - bonds.accrued", "dirty_price(bonds, yields, convention)", _YIELDS),
    Mutant("yield", "bonds", "_LAST_STEP = 1e-9", "_LAST_STEP = 1e-2", _YIELDS),
    Mutant("duration", "bonds", "slope / bonds.frequency, curvature", "slope, curvature", _YIELDS),
    Mutant("convexity", "bonds", "curvature / bonds.frequency**2", "curvature / bonds.frequency", _YIELDS),
    Mutant("DV01", "bonds", "0.5 * (down - up)", "down - up", _YIELDS),
    Mutant("key-rate duration", "key_rates", "present @ np.sinh(BASIS_POINT * reach).T", "present @ np.sinh(BASIS_POINT * reach[::-1]).T", "key_rates"),
    Mutant("effective duration", "key_rates", "whole / per_value)", "whole)", "key_rates"),
    Mutant("curve bootstrap", "curves", "coupon = 0.5 * yields", "coupon = yields", "zero_curves"),
    Mutant("simple rates of a curve", "curves", "growth = 1.0 + y * t", "growth = np.exp(y * t)", "zero_curves"),
    Mutant("interpolation", "curves", "weights[j - 1, column] = (1.0 - share) * node_times[j - 1]", "weights[j - 1, column] = (1.0 - share) * node_times[j]", "zero_curves"),
    Mutant("spread", "spreads", "is_done, 0.0, -np.log(safe)", "is_done, 0.0, np.log(safe)", "bond_spreads"),
    Mutant("bill price", "bills", "_DISCOUNT_YEAR = 360.0", "_DISCOUNT_YEAR = 365.0", "bills"),
    Mutant("OLS errors", "regression", "freedom = n - k - 1", "freedom = n - k", "regression"),
    Mutant("OLS", "regression", "betas = solution / lengths", "betas = solution", "regression"),
    Mutant("Newey-West", "regression", "lag / (lags + 1.0)", "lag / lags", "regression"),
    Mutant("gamma P&L", "explain", "(0.5 * spot**2)", "spot**2", "explain explain_rows"),
    Mutant("theta P&L", "explain", "each * greeks.theta * years", "each * greeks.theta", "explain explain_rows"),
    Mutant("unexplained", "explain", "had - effects.total()", "had - effects.delta", "explain"),
    Mutant("displayed Greeks", "greeks", "greeks.gamma * move**2", "greeks.gamma * move", "greeks"),
    Mutant("hypothetical P&L", "hypothetical_pnl", '"price_pnl_base", "fx_pnl_base"', '"trading_pnl_base", "fx_pnl_base"', "backtest_rows"),
    Mutant("exchange rate of a node", "hypothetical_pnl", '- start * pl.col("previous_rate")', '- start * pl.col("rate")', "backtest_rows"),
    Mutant("window of the backtest", "backtest_rows", "max(0, end - N_DAYS), end)", "max(0, end - N_DAYS - 1), end)", "backtest_rows"),
    Mutant("year to date", "return_histories", "date(session.year, 1, 1)", "date(session.year, 2, 1)", "performance_rows"),
    Mutant("one year", "return_histories", "ONE_YEAR_SESSIONS = 252", "ONE_YEAR_SESSIONS = 251", "performance_rows"),
    Mutant("factor window", "factor_rows", "N_RETURNS, LEAST_RETURNS = 250, 60", "N_RETURNS, LEAST_RETURNS = 251, 60", "factor_rows"),
    Mutant("American correction", "american_positions", "approximate_american_price(**terms) + error.reshape(ratio.shape)", "approximate_american_price(**terms)", "american_positions"),
    Mutant("price at exercise", "american_positions", "quotes.price <= least + slack", "quotes.price <= intrinsic + slack", "american_positions"),
]  # fmt: skip
"""At least one fault of every measure."""
