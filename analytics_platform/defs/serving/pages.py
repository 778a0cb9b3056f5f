"""The pages that people read, made from the published extract."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from analytics_platform.defs.resources import FolderResource
from analytics_platform.storage.files import write_text
from analytics_platform.storage.serving import ServingStore

if TYPE_CHECKING:
    from analytics_platform.report.data import ReportData

CHECK = "every_portfolio_has_a_page"


@dg.asset(
    key_prefix="serving",
    name="pages",
    group_name="serving",
    kinds={"python", "html"},
    owners=["team:platform"],
    deps=[["serving", "extract"]],
    code_version="1",
    check_specs=[
        dg.AssetCheckSpec(CHECK, asset=["serving", "pages"], description="Every portfolio has a page")
    ],
)
def risk_pages(serving: FolderResource, pages: FolderResource) -> Iterator[dg.MaterializeResult[None]]:
    """One self-contained HTML page per portfolio, and an index."""
    from analytics_platform.report.pages import render_site

    data = report_data(ServingStore(serving.path))
    site = render_site(data)
    for name, html in site.items():
        write_text(pages.path / name, html)
    index = pages.path / "index.html"
    portfolios = data.portfolio_risk["portfolio_id"].unique()
    yield dg.MaterializeResult(
        metadata={"pages": len(site), "index": dg.MetadataValue.path(str(index))},
        check_results=[dg.AssetCheckResult(check_name=CHECK, passed=len(site) == len(portfolios) + 1)],
    )


def report_data(store: ServingStore) -> "ReportData":
    """Read what the pages show from the published extract."""
    from analytics_platform.report.data import ReportData

    return ReportData(
        portfolio_risk=store.read("portfolio_risk"),
        positions=store.read("positions"),
        returns=store.read("returns"),
        exposures=store.read("exposures"),
        stress=store.read("stress"),
        risk_metrics=store.read("risk_metrics"),
        deliveries=store.read("deliveries"),
        rejections=store.read("rejections"),
        generated_at=datetime.now(UTC),
        version=store.version() or "",
    )
