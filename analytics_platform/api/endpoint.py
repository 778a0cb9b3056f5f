"""What an entry of the catalogue is, and what the values of its filters are. No entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from analytics_platform.api.parameters import Kind

Dating = Literal["session", "span", "none"]

BASE = "money in the base currency of the portfolio"


@dataclass(frozen=True)
class Endpoint:
    """One published table and how it is asked for.

    Attributes
    ----------
    path : str
        Of the route.
    table : str
        Name in the published version.
    source : str
        Relation of the warehouse or table of the lake that its columns are described by.
    summary : str
        What it answers, for readers.
    filters : tuple of str
        Columns that can be asked for by value; rows are in their order.
    dating : {"session", "span", "none"}
        Whether a row belongs to a session, to the range from ``first_date`` to ``last_date``, or to none.
    columns : tuple of str
        Only these columns; all if empty.
    is_sparse : bool
        Whether no row is good news: then the newest session is that of all tables.
    has_lineage : bool
        Whether its rows tell the delivery that they come from.
    units : mapping of str to str
        Units that the name of a column does not tell.
    """

    path: str
    table: str
    source: str
    summary: str
    filters: tuple[str, ...]
    dating: Dating = "session"
    columns: tuple[str, ...] = ()
    is_sparse: bool = False
    has_lineage: bool = False
    units: Mapping[str, str] = field(default_factory=dict)


FILTER_KINDS: Mapping[str, Kind] = {
    "confidence": "number",
    "tenor_years": "number",
    "is_over_tolerance": "boolean",
    "is_exception": "boolean",
}
"""What the value of a filter must be, where it is no text."""

FILTER_EXAMPLES = {
    "portfolio_id": "GLOBAL",
    "instrument_id": "EQ_AAPL",
    "confidence": "0.975",
    "tenor_years": "5",
    "metric": "expected_shortfall",
    "method": "historical",
    "dimension": "currency",
    "bucket": "USD",
    "period": "month",
    "lookback": "one_year",
    "is_over_tolerance": "true",
    "is_exception": "true",
    "severity": "error",
    "state": "breach",
    "status": "missing",
}
