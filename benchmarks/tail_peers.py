"""The same tail measures in SQL and in pandas: what a warehouse or a notebook would run."""

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import csr_array

from analytics_platform.risk.arrays import Floats

_RANK, _SIZE = 0.99, 0.975

_SQL = """
with portfolio_pnl as (
    select h.portfolio, p.scenario, sum(h.quantity * p.pnl) as pnl
    from holdings as h
    inner join cube as p on h.instrument = p.instrument
    group by h.portfolio, p.scenario
),

ranked as (
    select portfolio, pnl, row_number() over (partition by portfolio order by pnl) as rank
    from portfolio_pnl
)

select
    portfolio,
    -max(pnl) filter (where rank = $rank) as value_at_risk,
    -sum(pnl * greatest(0, least(1, $size - (rank - 1)))) / $size as expected_shortfall
from ranked
where rank <= $size + 1
group by portfolio
order by portfolio
"""


def _long(holdings: csr_array, pnl: Floats) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write holdings and P&L cube with one row a number."""
    rows = np.repeat(np.arange(holdings.shape[0]), np.diff(holdings.indptr))
    held = pl.DataFrame(
        {"portfolio": rows, "instrument": holdings.indices.astype(np.int64), "quantity": holdings.data}
    )
    n, scenarios = pnl.shape
    cube = pl.DataFrame(
        {
            "instrument": np.repeat(np.arange(n), scenarios),
            "scenario": np.tile(np.arange(scenarios), n),
            "pnl": pnl.ravel(),
        }
    )
    return held, cube


def _ranks(scenarios: int) -> tuple[int, float]:
    """Rank of the value at risk and size of the tail, rounded clear of binary noise."""
    return int(np.ceil(round(scenarios * (1.0 - _RANK), 9))), round(scenarios * (1.0 - _SIZE), 9)


class DuckDBTail:
    """DuckDB on tables in memory, one thread."""

    name = "DuckDB SQL"

    def __init__(self, holdings: csr_array, pnl: Floats) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        for name, frame in zip(("holdings", "cube"), _long(holdings, pnl), strict=True):
            self._connection.register("source", frame.to_arrow())
            self._connection.execute(f"create table {name} as from source")
            self._connection.unregister("source")
        self._rank, self._size = _ranks(pnl.shape[1])

    def run(self) -> tuple[Floats, Floats]:
        """Return value at risk and expected shortfall of each portfolio."""
        found = self._connection.execute(_SQL, {"rank": self._rank, "size": self._size}).fetchnumpy()
        return np.asarray(found["value_at_risk"]), np.asarray(found["expected_shortfall"])


class PandasTail:
    """pandas: merge, group, unstack, sort."""

    name = "pandas"

    def __init__(self, holdings: csr_array, pnl: Floats) -> None:
        import pandas as pd  # noqa: PLC0415 - comes with development packages only

        held, cube = _long(holdings, pnl)
        self._holdings, self._cube = (pd.DataFrame(frame.to_dict(as_series=False)) for frame in (held, cube))
        self._rank, self._size = _ranks(pnl.shape[1])

    def run(self) -> tuple[Floats, Floats]:
        """Return value at risk and expected shortfall of each portfolio."""
        joined = self._holdings.merge(self._cube, on="instrument")
        joined["pnl"] = joined["quantity"] * joined["pnl"]
        summed = joined.groupby(["portfolio", "scenario"])["pnl"].sum()
        wide = summed.unstack("scenario")  # noqa: PD010 - a pivot table would sum once more
        worst = np.sort(wide.to_numpy(), axis=1)
        weights = np.clip(self._size - np.arange(worst.shape[1]), 0.0, 1.0) / self._size
        return -worst[:, self._rank - 1], -worst @ weights
