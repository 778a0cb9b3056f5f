"""All result tables of the risk step at once, and a way to look at their rows."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from analytics_platform.risk.run import (
    RiskInputs,
    Simulation,
    contribute,
    measure,
    measure_by_model,
    revalue,
    stress,
)
from analytics_platform.tables.risk import (
    INSTRUMENT_VALUATIONS,
    RISK_CONTRIBUTIONS,
    RISK_METRICS,
    SCENARIO_PNL,
    STRESS_RESULTS,
)

N = 50
CONFIDENCES = (0.9, 0.95, 0.975)
SIMULATION = Simulation(n_scenarios=1500, seed=4)
Results = Mapping[str, pl.DataFrame]
TABLES = {
    table.name: table
    for table in (INSTRUMENT_VALUATIONS, SCENARIO_PNL, RISK_METRICS, RISK_CONTRIBUTIONS, STRESS_RESULTS)
}


def run(inputs: RiskInputs, sessions: list[date]) -> Results:
    valuations, scenario_pnl = revalue(inputs, sessions, n_scenarios=N)
    held, tree = inputs.holdings, inputs.portfolios
    return {
        "instrument_valuations": valuations,
        "scenario_pnl": scenario_pnl,
        "risk_metrics": pl.concat(
            [
                measure(held, tree, scenario_pnl, confidences=CONFIDENCES, sessions=sessions),
                measure_by_model(
                    inputs, scenario_pnl, sessions, confidences=CONFIDENCES, simulation=SIMULATION
                ),
            ]
        ).sort(RISK_METRICS.key),
        "risk_contributions": contribute(
            held, tree, scenario_pnl, confidences=CONFIDENCES, sessions=sessions
        ),
        "stress_results": stress(inputs, sessions),
    }


def row(frame: pl.DataFrame, **key: object) -> dict[str, object]:
    found = frame.filter(**key)
    return found.row(0, named=True) if len(found) == 1 else {"rows": len(found)}


def without(frame: pl.DataFrame, **key: object) -> pl.DataFrame:
    return frame.filter(~pl.all_horizontal(pl.col(name) == value for name, value in key.items()))
