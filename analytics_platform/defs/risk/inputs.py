"""What the risk step reads: marts and reference data, and the history that its scenarios look back on."""

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
from pydantic import Field

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.settings import settings
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.storage.warehouse import Warehouse
from analytics_platform.tables.platform import BOND_ACCRUALS

if TYPE_CHECKING:
    from analytics_platform.risk.inputs import RiskInputs

INPUTS = [
    dg.AssetKey(path)
    for path in (
        ["marts", "fct_position_values"],
        ["staging", "stg_instruments"],
        ["staging", "stg_bond_terms"],
        ["staging", "stg_option_terms"],
        ["staging", "stg_fx_forward_terms"],
        ["staging", "stg_portfolios"],
        ["intermediate", "int_portfolio_spans"],
        ["intermediate", "int_unit_values"],
        ["staging", "stg_stress_shifts"],
        ["staging", "stg_risk_proxies"],
        ["intermediate", "int_total_returns"],
        ["intermediate", "int_fx_rates_by_session"],
        ["intermediate", "int_curve_quotes_by_session"],
        ["lake", "bond_accruals"],
    )
]
"""Assets that the risk step reads."""


class RiskConfig(dg.Config):
    """What a run may set."""

    n_scenarios: int = Field(
        default=settings().n_scenarios, ge=20, description="Moves of history that VaR rests on"
    )
    n_simulated: int = Field(default=2000, ge=100, description="Scenarios of the Monte Carlo simulation")
    seed: int = Field(default=20130301, ge=0, description="Seed of the Monte Carlo simulation")


def read_risk_inputs(
    warehouse: Warehouse, lake: Lake, calendar: Calendar, sessions: tuple[date, date], n_scenarios: int
) -> "RiskInputs":
    """Read everything that revaluing the sessions from first to last needs.

    Parameters
    ----------
    warehouse, lake : Warehouse, Lake
        Where the marts and the coupon schedules are.
    calendar : Calendar
        Trading sessions, to count the history that is needed.
    sessions : (date, date)
        First and last session.
    n_scenarios : int
        Moves of history; one session more is read, because a move needs two levels.
    """
    from analytics_platform.risk.inputs import RiskInputs

    proxies = warehouse.read("staging.stg_risk_proxies", ["instrument_id", "proxy_instrument_id"])
    history = (calendar.offset(sessions[0], -n_scenarios), sessions[1])
    return RiskInputs(
        holdings=warehouse.read(
            "marts.fct_position_values",
            ["business_date", "portfolio_id", "instrument_id", "quantity"],
            sessions,
        ),
        instruments=warehouse.read("staging.stg_instruments"),
        bond_terms=warehouse.read("staging.stg_bond_terms"),
        option_terms=warehouse.read("staging.stg_option_terms"),
        fx_forward_terms=warehouse.read("staging.stg_fx_forward_terms"),
        bond_accruals=lake.read(BOND_ACCRUALS),
        portfolios=read_portfolios(warehouse),
        prices=_usable_prices(warehouse, sessions),
        equity_moves=warehouse.read(
            "intermediate.int_total_returns",
            ["business_date", "instrument_id", "total_return_rate"],
            history,
        ).rename({"total_return_rate": "total_return"}),
        fx=warehouse.read(
            "intermediate.int_fx_rates_by_session",
            ["business_date", "currency", "rate_to_usd"],
            history,
        ),
        curve_quotes=warehouse.read(
            "intermediate.int_curve_quotes_by_session",
            ["business_date", "curve_id", "tenor", "rate"],
            history,
        ),
        stress_shifts=warehouse.read("staging.stg_stress_shifts"),
        proxies=dict(proxies.iter_rows()),
    )


def read_portfolios(warehouse: Warehouse) -> pl.DataFrame:
    """Return the portfolio tree with the first session with positions of each, null where none has any."""
    spans = warehouse.read("intermediate.int_portfolio_spans", ["portfolio_id", "first_date"])
    return warehouse.read("staging.stg_portfolios").join(spans, on="portfolio_id", how="left")


def _usable_prices(warehouse: Warehouse, sessions: tuple[date, date]) -> pl.DataFrame:
    """Return the one price of each instrument that the marts value it with, none that they refuse."""
    columns = ["business_date", "instrument_id", "price_local", "currency", "reason"]
    prices = warehouse.read("intermediate.int_unit_values", columns, sessions)
    return prices.filter(pl.col("reason").is_null()).rename({"price_local": "close_local"}).drop("reason")
