"""Returns, flows and values of every portfolio as arrays over sessions, and the windows cut out of them."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats

ONE_YEAR_SESSIONS = 252
WINDOWS = ("year_to_date", "one_year", "inception")
_NUMBERS = (
    "return_rate",
    "benchmark_return_rate",
    "nav_base",
    "start_of_day_flow_base",
    "end_of_day_flow_base",
)


@dataclass(frozen=True)
class History:
    """One portfolio from its first return on; arrays of shape (n_sessions,), NaN where there is no number.

    Attributes
    ----------
    dates : list of date
        All sessions from the one before the first return on: one more than returns.
    returns, benchmark, nav, start_flow, end_flow : ndarray
        Daily; flows count from the start or from the end of the session, in is positive.
    reasons : dict of date to str
        What the mart says of sessions without a return.
    inception : date or None
        When the portfolio began; None if nobody says.
    has_benchmark : bool

    """

    dates: list[date]
    returns: Floats
    benchmark: Floats
    nav: Floats
    start_flow: Floats
    end_flow: Floats
    reasons: dict[date, str]
    inception: date | None
    has_benchmark: bool


@dataclass(frozen=True)
class Window:
    """Sessions from `first` up to, not including, `after` of a history; `note` says what it lacks."""

    first: int
    after: int
    note: str = ""


def history(
    rows: pl.DataFrame, axis: Sequence[date], *, inception: date | None, has_benchmark: bool
) -> History | None:
    """Make the history of one portfolio out of its rows of `fct_portfolio_returns`.

    Parameters
    ----------
    rows : DataFrame
        Of one portfolio.
    axis : sequence of date
        Sessions, ascending, the one before the first row among them; up to the last wanted.
    inception : date or None
    has_benchmark : bool

    Returns
    -------
    History or None
        None if there is no return at all. Sessions before the first return are left out.

    """
    named = rows.select(
        "business_date",
        "reason",
        *(pl.col(name).cast(pl.Float64) for name in _NUMBERS),
    )
    known = named.filter(pl.col("return_rate").is_not_null())["business_date"]
    if known.is_empty():
        return None
    start = bisect_left(axis, known.sort().to_list()[0])
    days = list(axis[start:])
    full = pl.DataFrame({"business_date": days}, schema={"business_date": pl.Date}).join(
        named, on="business_date", how="left", maintain_order="left"
    )
    returns, benchmark, nav, start_flow, end_flow = (
        full[name].fill_null(np.nan).to_numpy() for name in _NUMBERS
    )
    lost = full.filter(pl.col("return_rate").is_null())
    return History(
        dates=[axis[start - 1], *days],
        returns=returns,
        benchmark=benchmark,
        nav=nav,
        start_flow=start_flow,
        end_flow=end_flow,
        reasons=dict(lost.select("business_date", pl.col("reason").fill_null("")).iter_rows()),
        inception=inception,
        has_benchmark=has_benchmark,
    )


def window(of: History, session: date, name: str) -> Window:
    """Cut a window that ends with a session.

    Parameters
    ----------
    of : History
    session : date
        One of its dates but for the first.
    name : str
        `year_to_date`, `one_year` (252 sessions) or `inception`.

    Returns
    -------
    Window
        With a note where the returns begin after the window does.

    """
    days = of.dates[1:]
    after = bisect_left(days, session) + 1
    begun = f"returns begin on {days[0]}"
    if name == "inception":
        is_whole = of.inception is None or of.dates[0] <= of.inception
        return Window(0, after, "" if is_whole else f"{begun}, the portfolio on {of.inception}")
    if name == "one_year":
        first = after - ONE_YEAR_SESSIONS
        return Window(max(0, first), after, "" if first >= 0 else begun)
    first = bisect_left(days, date(session.year, 1, 1))
    is_whole = of.dates[first].year < session.year
    return Window(first, after, "" if is_whole else begun)


def flows(of: History, cut: Window) -> tuple[Floats, list[date]] | None:
    """Cash flows of the investor of a window: value at the start, money in and out, value at the end.

    What counts from the start of a session is dated on the evening before, whose value it joins.

    Returns
    -------
    (ndarray, list of date) or None
        Negative is paid in. None if the value at the start cannot be told.

    """
    growth = 1.0 + of.returns[cut.first]
    if not growth > 0.0:
        return None
    start = (of.nav[cut.first] - of.end_flow[cut.first]) / growth - of.start_flow[cut.first]
    amounts, days = [-float(start)], [of.dates[cut.first]]
    # A flow from the start of a session is of the date before it: one place earlier among the dates.
    for flow, offset in ((of.start_flow, 0), (of.end_flow, 1)):
        for row in np.flatnonzero(flow[cut.first : cut.after]) + cut.first:
            amounts.append(-float(flow[row]))
            days.append(of.dates[row + offset])
    amounts.append(float(of.nav[cut.after - 1]))
    days.append(of.dates[cut.after])
    return np.array(amounts), days
