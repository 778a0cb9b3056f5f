"""P&L explain of every position, for a range of sessions: which move brought how much, and what is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.explain import UNEXPLAINED_SHARE, Effects, Moves, explain_pnl, pnl_effects
from analytics_platform.risk.explain_inputs import DAYS_A_YEAR, carried_bonds, option_ends, option_rates
from analytics_platform.risk.inputs import RiskInputs
from analytics_platform.risk.options import Greeks
from analytics_platform.risk.results import joined_frames
from analytics_platform.risk.valuations import REASON_LENGTH
from analytics_platform.tables.risk_analysis import PNL_EXPLAINS

FLOOR = 1_000.0
"""Amount in the base currency below which nothing needs explaining."""
_DAY, _BEFORE, _NAME = "business_date", "previous_date", "instrument_id"
_LEAF = [_DAY, "portfolio_id", _NAME]
_SENSITIVE = ("delta", "gamma", "vega", "theta", "rho")


@dataclass(frozen=True)
class ExplainInputs:
    """Frames that a P&L is explained with.

    Attributes
    ----------
    risk : RiskInputs
        Terms, prices of underlyings and curves from the session before the first one on.
    holdings : DataFrame
        business_date, portfolio_id, instrument_id, instrument_type, quantity, multiplier, fx_rate.
    position_pnl : DataFrame
        Columns of the mart `fct_position_pnl`.
    valuations : DataFrame
        Columns of `tables.risk.INSTRUMENT_VALUATIONS`, from the session before the first one on.
    splits : DataFrame
        business_date, instrument_id, split_ratio.

    """

    risk: RiskInputs
    holdings: pl.DataFrame
    position_pnl: pl.DataFrame
    valuations: pl.DataFrame
    splits: pl.DataFrame


def pnl_explains(
    inputs: ExplainInputs, previous: Mapping[date, date], *, floor: float = FLOOR
) -> pl.DataFrame:
    """Explain the P&L of each position by the sensitivities of the evening before and the moves since.

    Exchange rate, income and trading are those of the mart. What the price did is split by the model:
    a share has its delta; an option delta, gamma, vega, theta and rho; a bond as rho and gamma the
    change of its yield to first and second order, and as theta the change of its price at the yield
    of the evening before. Of what ended, or has no price any more, the whole price effect is one part:
    delta of an option, theta of a bond.

    Parameters
    ----------
    inputs : ExplainInputs
    previous : mapping of date to date
        The sessions to explain, each with the session before.
    floor : float
        In base currency; more than this and than 5 % of the P&L unexplained is a warning.

    Returns
    -------
    DataFrame
        Columns of `tables.risk_analysis.PNL_EXPLAINS`. The parts and the unexplained rest sum to the P&L;
        a part whose inputs are missing is null, with the reason, and is in the rest.

    """
    rows = _with_moves(inputs, _joined(inputs, previous), previous)
    effects = _effects(rows)
    taken = {name: getattr(effects, name) for name in _SENSITIVE}
    taken["theta"] = taken["theta"] + effects.carry
    is_flat, is_unbuilt = (rows[name].to_numpy() for name in ("is_flat", "is_unbuilt"))
    price, whole = rows["price"].to_numpy(), rows["whole"].fill_null("").to_numpy()
    for name in _SENSITIVE:
        modelled = np.where(whole == "", taken[name], np.where(whole == name, price, 0.0))
        taken[name] = np.where(is_unbuilt, np.nan, np.where(is_flat, 0.0, modelled))
    zero = np.zeros(len(rows))
    known = Effects(
        **{name: np.nan_to_num(taken[name]) for name in _SENSITIVE},
        carry=rows["income"].to_numpy(),
        fx=rows["fx"].to_numpy(),
        new_trades=rows["trading"].to_numpy(),
    )
    pnl = rows["pnl"].to_numpy()
    found = explain_pnl(pnl, known, floor=floor + zero)
    parts = {f"{name}_pnl": pl.Series(taken[name], nan_to_null=True) for name in _SENSITIVE}
    limit = np.maximum(UNEXPLAINED_SHARE * np.abs(pnl), floor)
    frame = rows.with_columns(
        **parts,
        fx_pnl=pl.col("fx"),
        income_pnl=pl.col("income"),
        trading_pnl=pl.col("trading"),
        unexplained_pnl=pl.Series(found.unexplained, nan_to_null=True),
        is_within=pl.Series(found.is_within_limit),
        limit=pl.Series(limit),
    )
    return joined_frames(PNL_EXPLAINS, [_judged(frame)])


def _joined(inputs: ExplainInputs, previous: Mapping[date, date]) -> pl.DataFrame:
    """Positions with what was held, and the valuations of both evenings."""
    days = pl.DataFrame(
        {_DAY: list(previous), _BEFORE: list(previous.values())}, schema={_DAY: pl.Date, _BEFORE: pl.Date}
    )
    money = {
        "pnl": pl.col("pnl_base"),
        "price": pl.col("price_pnl_base"),
        "fx": pl.col("fx_pnl_base") + pl.col("cross_pnl_base"),
        "income": pl.col("income_base"),
        "trading": pl.col("trading_pnl_base"),
        "start": pl.col("previous_market_value_base"),
    }
    pnl = inputs.position_pnl.select(
        *_LEAF,
        pl.col("base_currency").alias("currency"),
        *(value.cast(pl.Float64).alias(name) for name, value in money.items()),
        "status",
        "reason",
    )
    held = inputs.holdings.select(
        pl.col(_DAY).alias(_BEFORE),
        "portfolio_id",
        _NAME,
        "instrument_type",
        *(pl.col(name).cast(pl.Float64) for name in ("quantity", "multiplier", "fx_rate")),
    )
    built = inputs.holdings.select(pl.col(_DAY).alias(_BEFORE), "portfolio_id").unique()
    columns = [
        *_SENSITIVE,
        "implied_volatility",
        "underlying_price_local",
        "market_price_local",
        "accrued_local",
        "yield_rate",
        "modified_duration_years",
        "convexity_years2",
    ]
    before = inputs.valuations.select(
        pl.col(_DAY).alias(_BEFORE),
        _NAME,
        *columns,
        pl.col("status").alias("valuation_status"),
        pl.col("reason").alias("valuation_reason"),
    )
    after = inputs.valuations.select(
        _DAY,
        _NAME,
        pl.col("implied_volatility").alias("volatility_after"),
        pl.col("yield_rate").alias("yield_after"),
    )
    return (
        pnl.join(days, on=_DAY)
        .join(held, on=[_BEFORE, "portfolio_id", _NAME], how="left")
        .join(built.with_columns(is_built=True), on=[_BEFORE, "portfolio_id"], how="left")
        .join(before, on=[_BEFORE, _NAME], how="left")
        .join(after, on=[_DAY, _NAME], how="left")
    )


def _with_moves(inputs: ExplainInputs, rows: pl.DataFrame, previous: Mapping[date, date]) -> pl.DataFrame:
    """Add the moves of underlyings, volatilities, rates and yields, and the carry of bonds."""
    options = inputs.risk.option_terms.select(_NAME, pl.col("underlying_instrument_id").alias("underlying"))
    prices = inputs.risk.prices.select(
        _DAY,
        pl.col(_NAME).alias("underlying"),
        pl.col("close_local").cast(pl.Float64).alias("underlying_after"),
    )
    ratios = inputs.splits.select(
        _DAY, pl.col(_NAME).alias("underlying"), pl.col("split_ratio").cast(pl.Float64).alias("ratio")
    )
    own = inputs.risk.prices.select(_DAY, _NAME, is_priced=True)
    kinds = rows.filter(instrument_type="option")[_NAME].unique()
    rates = option_rates(inputs.risk, kinds, [*previous, *previous.values()])
    bonds = rows.filter(pl.col("yield_rate").is_not_null()).select(_DAY, _NAME, "yield_rate").unique()
    carried = carried_bonds(inputs.risk, {(day, name): rate for day, name, rate in bonds.iter_rows()})
    return (
        rows.join(options, on=_NAME, how="left")
        .join(prices, on=[_DAY, "underlying"], how="left")
        .join(ratios, on=[_DAY, "underlying"], how="left")
        .join(own, on=[_DAY, _NAME], how="left")
        .join(rates.rename({_DAY: _BEFORE, "rate": "rate_before"}), on=[_BEFORE, _NAME], how="left")
        .join(rates.rename({"rate": "rate_after"}), on=[_DAY, _NAME], how="left")
        .join(carried, on=[_DAY, _NAME], how="left")
        .join(option_ends(inputs.risk, kinds), on=_NAME, how="left")
        .with_columns(is_ended=pl.col("end_date") <= pl.col(_DAY))
        .with_columns(
            is_option=pl.col("instrument_type").eq("option").fill_null(value=False),
            is_bond=pl.col("instrument_type").eq("bond").fill_null(value=False),
            is_flat=pl.col("quantity").fill_null(0.0).eq(0.0),
            # The mart knows a position, or the portfolio, of the evening before, and nobody its units.
            is_unbuilt=pl.col("quantity").is_null()
            & (pl.col("is_built").is_null() | pl.col("start").ne(0.0).fill_null(value=False)),
            is_over=pl.col("is_priced").is_null() | pl.col("is_ended").fill_null(value=False),
        )
        .with_columns(
            is_over=pl.col("is_over")
            | (pl.col("yield_rate").is_not_null() & pl.col("carried_dirty").is_null())
        )
        .with_columns(whole=_whole())
        .sort(_LEAF)
    )


def _whole() -> pl.Expr:
    """Part that takes the whole price effect; null where a model splits it."""
    is_plain = ~pl.col("is_option") & ~pl.col("is_bond")
    return (
        pl.when(is_plain | (pl.col("is_option") & pl.col("is_over")))
        .then(pl.lit("delta"))
        .when(pl.col("is_over"))
        .then(pl.lit("theta"))
    )


def _effects(rows: pl.DataFrame) -> Effects:
    """Effects on the price in base currency, at the exchange rate of the evening before."""
    numbers = {
        name: rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in rows.columns
        if rows[name].dtype.is_numeric()
    }
    is_bond = rows["is_bond"].to_numpy()
    dirty = numbers["market_price_local"] + numbers["accrued_local"]
    change = numbers["yield_after"] - numbers["yield_rate"]
    # An American option at its value of exercise has no volatility, nor does it move with it.
    has_vega = numbers["vega"] != 0.0
    ratio = np.nan_to_num(numbers["ratio"], nan=1.0)
    spot = numbers["underlying_after"] * ratio - numbers["underlying_price_local"]
    own = [numbers[name] for name in _SENSITIVE]
    bond = (0.0, numbers["convexity_years2"] * dirty, 0.0, 0.0, -numbers["modified_duration_years"] * dirty)
    greeks = Greeks(dirty, *(np.where(is_bond, b, o) for b, o in zip(bond, own, strict=True)))
    years = rows.select((pl.col(_DAY) - pl.col(_BEFORE)).dt.total_days()).to_series().to_numpy() / DAYS_A_YEAR
    moves = Moves(
        underlying=np.where(is_bond, change, spot),
        volatility=np.where(
            is_bond | ~has_vega, 0.0, numbers["volatility_after"] - numbers["implied_volatility"]
        ),
        rate=np.where(is_bond, change, numbers["rate_after"] - numbers["rate_before"]),
        years=years,
    )
    per = np.where(is_bond, 0.01, numbers["multiplier"])
    rate = np.nan_to_num(numbers["fx_rate"], nan=1.0)
    units = numbers["quantity"] * per
    carry = np.where(is_bond, units * (numbers["carried_dirty"] - dirty), 0.0)
    return pnl_effects(
        greeks=greeks, moves=moves, units=units, value=0.0, fx_start=rate, fx_end=rate, carry=carry
    )


def _judged(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with status and reason, and without numbers where the mart has no P&L."""
    is_modelled = ~pl.col("is_flat") & pl.col("whole").is_null()
    is_unexplained_vega = is_modelled & pl.col("is_option") & pl.col("vega_pnl").is_null()
    gaps = [
        pl.when("is_unbuilt").then(pl.format("no holdings on {}", _BEFORE)),
        pl.when(is_modelled & pl.col("valuation_status").is_in(["missing"]).fill_null(value=True)).then(
            pl.format("no sensitivities on {}", _BEFORE)
        ),
        pl.when(is_unexplained_vega & pl.col("volatility_after").is_null()).then(
            pl.format("no implied volatility on {}", _DAY)
        ),
        pl.when(is_modelled & pl.col("is_option") & pl.col("delta_pnl").is_null()).then(
            pl.format("no move of the underlying up to {}", _DAY)
        ),
        pl.when(is_modelled & pl.col("is_option") & pl.col("rho_pnl").is_null()).then(
            pl.format("no move of the rate up to {}", _DAY)
        ),
        pl.when(is_modelled & pl.col("is_bond") & pl.col("rho_pnl").is_null()).then(
            pl.format("no move of the yield up to {}", _DAY)
        ),
    ]
    figures = [pl.col(name).round(2) for name in ("unexplained_pnl", "pnl", "limit")]
    left = pl.when(~pl.col("is_within")).then(pl.format("unexplained {} of {}, limit {}", *figures))
    warning = pl.when(pl.col("status") == "warning").then("reason")
    joined = pl.concat_str([*gaps, left, warning], separator="; ", ignore_nulls=True)
    is_missing = pl.col("pnl").is_null()
    reason = pl.when(is_missing).then("reason").when(joined != "").then(joined)
    status = (
        pl.when(is_missing).then(pl.lit("missing")).when(joined != "").then(pl.lit("warning"))
    ).otherwise(pl.lit("ok"))
    numbers = [name for name in PNL_EXPLAINS.columns if name.endswith("_pnl")]
    return frame.select(
        *_LEAF,
        "currency",
        "pnl",
        *(pl.when(~is_missing).then(name).alias(name) for name in numbers),
        status.alias("status"),
        reason.str.head(REASON_LENGTH).alias("reason"),
    )
