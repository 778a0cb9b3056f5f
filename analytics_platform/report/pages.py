"""The pages: typed views poured into templates. What stands in them, views.py decides."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analytics_platform.calendars.moments import written
from analytics_platform.report import cells, charts, format, limit_tables, sections, tree, views  # noqa: A004 - the module that formats
from analytics_platform.report.backtests import backtest_panels
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import Number
from analytics_platform.report.headline import tiles
from analytics_platform.report.limit_tables import LimitCount
from analytics_platform.report.marks import Series
from analytics_platform.report.panels import Panel
from analytics_platform.report.quality import quality_panels
from analytics_platform.report.returns import period_rows

INDEX_NAME = "index.html"
QUALITY_NAME = "data_quality.html"
BACKTEST_NAME = "backtest.html"
_FOOTER = (("definitions", "Definitions"), ("sources", "Sources"))


def portfolio_page(data: ReportData, portfolio_id: str) -> str:
    """Page of one portfolio.

    Parameters
    ----------
    data : ReportData
        The newest session in it is reported.
    portfolio_id : str
        Portfolio, with all that is below it in the tree.

    Returns
    -------
    str
        A whole HTML document that needs nothing else.

    Raises
    ------
    ValueError
        If there is no row for the portfolio.
    """
    view = views.portfolio_view(data, portfolio_id)
    nodes = tree.tree(data)
    parts = sections.sections(data, view, tree.below(view.risk, nodes))
    counts = _limit_counts(data)
    template = _environment().get_template("portfolio.html.j2")
    return template.render(
        view=view,
        risk=view.risk,
        tiles=tiles(data, view, counts[portfolio_id]),
        sections=parts,
        notes=sections.notes(view, parts),
        contents=[
            *((part.anchor, part.title) for part in parts),
            ("notes", "Missing values and remarks"),
            *_FOOTER,
        ],
        has_periods=bool(period_rows(data, portfolio_id)),
        has_risk_contributions="risk_contributions" in data.analyses,
        has_contributions="contributions" in data.analyses,
        limit_counts=counts,
        limit_chart=limit_tables.history_chart(data, view.risk),
        filing=views.filing(data),
        nav_chart=_nav_chart(view),
        return_chart=_return_chart(view),
        pnl_chart=_pnl_chart(view),
    )


def index_page(data: ReportData) -> str:
    """Page that leads to all others: the risk table over the tree, what was refused, what was delivered.

    Returns
    -------
    str
        A whole HTML document that needs nothing but the pages it links to.
    """
    nodes = tree.tree(data)
    history = {row.portfolio_id: views.nav_history(data, row) for row in nodes}
    sparks = {
        portfolio_id: charts.sparkline(values, f"NAV over {len(values)} sessions")
        for portfolio_id, values in history.items()
    }
    template = _environment().get_template("index.html.j2")
    return template.render(
        nodes=nodes,
        sparks=sparks,
        filing=views.filing(data),
        tables=views.table_summaries(data),
        limit_counts=_limit_counts(data),
    )


def render_site(data: ReportData) -> dict[str, str]:
    """All pages.

    Returns
    -------
    dict of str to str
        File name to HTML document; the caller writes them into one folder.
    """
    pages = {INDEX_NAME: index_page(data)}
    if data.session is not None:
        pages[QUALITY_NAME] = _panels(data, "Data quality", quality_panels(data))
        pages[BACKTEST_NAME] = _panels(data, "Value-at-risk backtest", backtest_panels(data))
    for row in tree.tree(data):
        pages[tree.page_name(row.portfolio_id)] = portfolio_page(data, row.portfolio_id)
    return pages


def _panels(data: ReportData, title: str, panels: list[Panel]) -> str:
    template = _environment().get_template("panels.html.j2")
    contents = [*((panel.anchor, panel.title) for panel in panels), *_FOOTER]
    return template.render(title=title, panels=panels, contents=contents, filing=views.filing(data))


def _limit_counts(data: ReportData) -> dict[str, LimitCount]:
    """Limits by state of each portfolio that has a page."""
    nodes = tree.tree(data)
    below = {row.portfolio_id: [each.portfolio_id for each in tree.below(row, nodes)][1:] for row in nodes}
    return {key: limit_tables.counted(data, key, others) for key, others in below.items()}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("analytics_platform.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=cells.money,
        gain=cells.gain,
        rate=cells.rate,
        change=cells.change,
        price=_price,
        quantity=_quantity,
        day=format.day,
        weekday=format.weekday,
        moment=format.moment,
        instant=written,
        words=format.words,
        page_name=tree.page_name,
    )
    environment.globals.update(bar=charts.bar, index_name=INDEX_NAME)
    return environment


def _price(value: Number | None, reason: str | None = None) -> Markup:
    return cells.shown(format.price(value), reason)


def _quantity(value: Number | None, reason: str | None = None) -> Markup:
    return cells.shown(format.quantity(value), reason)


def _nav_chart(view: views.PortfolioView) -> Markup:
    series = [Series("NAV", [row.nav_base for row in view.returns])]
    label = f"Net asset value of {view.risk.title} in {view.risk.base_currency}"
    return charts.line_chart([row.business_date for row in view.returns], series, label=label, kind="money")


def _return_chart(view: views.PortfolioView) -> Markup:
    chained = view.cumulated
    series = [
        Series("Portfolio", chained.portfolio),
        Series("Benchmark", chained.benchmark, "second"),
    ]
    label = f"Cumulated return of {view.risk.title} and its benchmark"
    return charts.line_chart(chained.dates, series, label=label, kind="percent")


def _pnl_chart(view: views.PortfolioView) -> Markup:
    test = view.backtest
    label = f"Daily P&L of {view.risk.title} against VaR 99, {test.n_exceptions} exceptions"
    return charts.pnl_chart(test.dates, test.pnl, test.value_at_risk, label=label)
