"""The tree of portfolios: its order, the way up, the file names of its pages. No numbers."""

import re
from dataclasses import replace
from datetime import date

from analytics_platform.report.data import ReportData, RiskRow, rows
from analytics_platform.report.format import day


def page_name(portfolio_id: str) -> str:
    """File name of a portfolio's page, different for different portfolios and safe everywhere.

    Examples
    --------
    >>> page_name("EQ_US"), page_name("EQ/US 1")
    ('portfolio_EQ_US.html', 'portfolio_EQ~2f~US~20~1.html')
    """
    return f"portfolio_{_safe(portfolio_id)}.html"


def anchor(portfolio_id: str) -> str:
    """Name of a portfolio's place on a page.

    Examples
    --------
    >>> anchor("EQ/US")
    'portfolio_EQ~2f~US'
    """
    return f"portfolio_{_safe(portfolio_id)}"


def _safe(portfolio_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: f"~{ord(match[0]):x}~", portfolio_id)


def tree(data: ReportData) -> list[RiskRow]:
    """Portfolios of the reported session, parents before children, with their depth in this list.

    A portfolio without a row for the session is there with a row that says so. One whose parent is
    not among them stands at the top; so does one of a circle of parents.
    """
    newest = data.portfolio_risk.sort("business_date").unique(
        "portfolio_id", keep="last", maintain_order=True
    )
    nodes = {row.portfolio_id: _today(row, data.session) for row in rows(newest, RiskRow)}
    ordered: dict[str, RiskRow] = {}

    def visit(row: RiskRow, depth: int) -> None:
        if row.portfolio_id in ordered:
            return
        ordered[row.portfolio_id] = replace(row, depth=depth)
        for child in sorted(nodes):
            if nodes[child].parent_portfolio_id == row.portfolio_id:
                visit(nodes[child], depth + 1)

    tops = [node for node in sorted(nodes) if nodes[node].parent_portfolio_id not in nodes]
    for node in (*tops, *sorted(nodes)):
        visit(nodes[node], 0)
    return list(ordered.values())


def _today(row: RiskRow, session: date | None) -> RiskRow:
    if session is None or row.business_date == session:
        return row
    return RiskRow(
        business_date=session,
        portfolio_id=row.portfolio_id,
        parent_portfolio_id=row.parent_portfolio_id,
        name=row.name,
        base_currency=row.base_currency,
        status="missing",
        reason=f"no result for this session; the newest is of {day(row.business_date)}",
    )


def ancestors(risk: RiskRow, by_id: dict[str, RiskRow]) -> list[RiskRow]:
    """Portfolios above one, the top first; a circle of parents ends where it closes."""
    path: list[RiskRow] = []
    row: RiskRow | None = risk
    while row is not None and row not in path:
        path.append(row)
        row = by_id.get(row.parent_portfolio_id or "")
    return path[:0:-1]


def below(risk: RiskRow, nodes: list[RiskRow]) -> list[RiskRow]:
    """Portfolio and all below it, in the order of the tree."""
    inside = {risk.portfolio_id}
    for _ in nodes:
        inside |= {row.portfolio_id for row in nodes if row.parent_portfolio_id in inside}
    return [row for row in nodes if row.portfolio_id in inside]
