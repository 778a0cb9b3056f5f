"""What the pages are made from: frames, and typed rows of them. Nothing is computed or formatted here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar

import polars as pl
from polars import selectors as cs


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a frame; the names of the fields are the columns that the pages need."""


@dataclass(frozen=True, kw_only=True)
class RiskRow(Row):
    """Row of `rpt_portfolio_risk`: one per portfolio and session."""

    business_date: date
    portfolio_id: str
    parent_portfolio_id: str | None
    name: str | None
    depth: int = 0
    base_currency: str
    nav_base: float | None = None
    day_pnl_base: float | None = None
    day_return_rate: float | None = None
    mtd_return_rate: float | None = None
    ytd_return_rate: float | None = None
    benchmark_ytd_return_rate: float | None = None
    var_95_base: float | None = None
    var_975_base: float | None = None
    var_99_base: float | None = None
    es_95_base: float | None = None
    es_975_base: float | None = None
    es_99_base: float | None = None
    worst_stress_name: str | None = None
    worst_stress_pnl_base: float | None = None
    status: str
    reason: str | None

    @property
    def title(self) -> str:
        """Name for readers."""
        return self.name or self.portfolio_id


@dataclass(frozen=True, kw_only=True)
class PositionRow(Row):
    """Row of `rpt_positions`: one per portfolio, instrument and session."""

    instrument_id: str
    instrument_name: str | None
    instrument_type: str | None
    currency: str | None
    quantity: float | None
    price_local: float | None
    market_value_base: float | None
    weight_rate: float | None
    day_pnl_base: float | None
    es_975_contribution_base: float | None
    status: str
    reason: str | None

    @property
    def title(self) -> str:
        """Name for readers."""
        return self.instrument_name or self.instrument_id


@dataclass(frozen=True, kw_only=True)
class ReturnRow(Row):
    """Row of `fct_portfolio_returns`: one per portfolio and session."""

    business_date: date
    nav_base: float | None
    pnl_base: float | None
    return_rate: float | None
    benchmark_return_rate: float | None
    status: str
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class ExposureRow(Row):
    """Row of `fct_exposures`: one per portfolio, session, dimension and bucket."""

    dimension: str
    bucket: str | None
    long_base: float | None
    short_base: float | None
    net_base: float | None
    weight_rate: float | None
    status: str
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class StressRow(Row):
    """Row of `stress_results`: one per portfolio, session and scenario."""

    scenario_id: str
    scenario_name: str
    pnl: float | None
    status: str
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class MetricRow(Row):
    """Row of `risk_metrics`: one per portfolio, session, metric, method and confidence."""

    business_date: date
    metric: str
    method: str
    confidence: float
    horizon_days: int
    value: float | None
    n_scenarios: int
    status: str
    reason: str | None
    model_version: str


@dataclass(frozen=True, kw_only=True)
class DeliveryRow(Row):
    """Row of `deliveries`: one per loaded delivery."""

    table_name: str
    first_date: date
    last_date: date
    uri: str
    sheet: str | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_ignored: int
    known_at: datetime


@dataclass(frozen=True, kw_only=True)
class RejectionRow(Row):
    """A file that was refused, with the message for its sender."""

    key: str
    version_id: str
    state: str
    message: str | None


AnyRow = TypeVar("AnyRow", bound=Row)


def rows(frame: pl.DataFrame, row_type: type[AnyRow]) -> list[AnyRow]:
    """Typed rows of a frame; decimals become floats, NaN becomes None."""
    names = [column.name for column in fields(row_type)]
    plain = frame.select(names).with_columns(cs.decimal().cast(pl.Float64))
    plain = plain.with_columns(cs.float().fill_nan(None))
    return [row_type(**values) for values in plain.iter_rows(named=True)]


_BY_PORTFOLIO = ("portfolio_id", "business_date")
_FRAMES: tuple[tuple[str, type[Row], tuple[str, ...]], ...] = (
    ("portfolio_risk", RiskRow, ()),
    ("positions", PositionRow, _BY_PORTFOLIO),
    ("returns", ReturnRow, _BY_PORTFOLIO),
    ("exposures", ExposureRow, _BY_PORTFOLIO),
    ("stress", StressRow, _BY_PORTFOLIO),
    ("risk_metrics", MetricRow, _BY_PORTFOLIO),
    ("deliveries", DeliveryRow, ()),
    ("rejections", RejectionRow, ()),
)


@dataclass(frozen=True)
class ReportData:
    """All that the pages show; what a frame holds beyond the columns named here is not read.

    Attributes
    ----------
    portfolio_risk : DataFrame
        `rpt_portfolio_risk`, one or more sessions; the newest is the one reported.
    positions : DataFrame
        `rpt_positions`.
    returns : DataFrame
        `fct_portfolio_returns`, the history for the charts and the money gained over a period.
    exposures : DataFrame
        `fct_exposures`.
    stress : DataFrame
        `stress_results`, current rows only.
    risk_metrics : DataFrame
        `risk_metrics`, current rows only, with history.
    deliveries : DataFrame
        `deliveries` with the lake's `known_at`.
    rejections : DataFrame
        Files refused: `key`, `version_id`, `state`, `message`.
    generated_at : datetime
        UTC time of the report.
    version : str
        Name of the published version, or of the package where nothing was published.
    published_at : datetime, optional
        When the version was published; asking for that moment gives the same numbers later on.
    known_at : datetime, optional
        Moment whose deliveries the version knew.
    analyses : mapping of str to DataFrame
        Tables of `analysis_rows.ANALYSES` that the version holds.

    Raises
    ------
    ValueError
        If a frame lacks a column; the message names both.
    """

    portfolio_risk: pl.DataFrame
    positions: pl.DataFrame
    returns: pl.DataFrame
    exposures: pl.DataFrame
    stress: pl.DataFrame
    risk_metrics: pl.DataFrame
    deliveries: pl.DataFrame
    rejections: pl.DataFrame
    generated_at: datetime
    version: str
    published_at: datetime | None = None
    known_at: datetime | None = None
    analyses: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse frames that lack a column."""
        for name, row_type, keys in _FRAMES:
            frame: pl.DataFrame = getattr(self, name)
            needed = [*keys, *(column.name for column in fields(row_type))]
            lacking = [column for column in needed if column not in frame.columns]
            if lacking:
                message = f"frame {name!r} lacks the columns {', '.join(lacking)}"
                raise ValueError(message)

    @cached_property
    def session(self) -> date | None:
        """Session that is reported: the newest with results; None without any."""
        valued = self.portfolio_risk.filter(pl.col("nav_base").is_not_null())
        newest = (self.portfolio_risk if valued.is_empty() else valued)["business_date"].max()
        return newest if isinstance(newest, date) else None

    @cached_property
    def names(self) -> dict[str, str]:
        """Newest name of each instrument; one without a name is not in it."""
        named = self.positions.drop_nulls(["instrument_id", "instrument_name"]).sort("business_date")
        return dict(named.select("instrument_id", "instrument_name").iter_rows())
