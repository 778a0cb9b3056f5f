"""The pages that people read, made from the published extract."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from analytics_platform.defs.resources import FolderResource
from analytics_platform.settings import settings
from analytics_platform.storage.files import write_text
from analytics_platform.storage.published.serving import ServingStore

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
    code_version="4",
    check_specs=[
        dg.AssetCheckSpec(CHECK, asset=["serving", "pages"], description="Every portfolio has a page")
    ],
)
def risk_pages(serving: FolderResource, pages: FolderResource) -> Iterator[dg.MaterializeResult[None]]:
    """One self-contained HTML page per portfolio, one of data quality, one of the backtest, and an index."""
    from analytics_platform.report.pages import render_site
    from analytics_platform.report.tree import page_name

    data = report_data(ServingStore(serving.path))
    site = render_site(data)
    for name, html in site.items():
        write_text(pages.path / name, html)
    index = pages.path / "index.html"
    portfolios = data.portfolio_risk["portfolio_id"].unique()
    yield dg.MaterializeResult(
        metadata={
            "pages": len(site),
            "index": dg.MetadataValue.path(str(index)),
            "site": dg.MetadataValue.url(f"{settings().site_url.rstrip('/')}/site/"),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK, passed=portfolios.map_elements(page_name, pl.String).is_in(list(site)).all()
            )
        ],
    )


def report_data(store: ServingStore, as_known_at: datetime | None = None) -> "ReportData":
    """Read what the pages show from the version that counted at a moment, by default now."""
    from analytics_platform.report.analyses import ANALYSES, WITH_HISTORY
    from analytics_platform.report.data import ReportData

    version = store.at(as_known_at)
    names = ("portfolio_risk", "positions", "returns", "exposures", "stress", "risk_metrics")
    data = ReportData(
        **{name: store.table(version, name) for name in (*names, "deliveries", "rejections")},
        generated_at=datetime.now(UTC),
        version=version.name,
        published_at=version.published_at,
        known_at=version.known_at,
        analyses={},
    )
    analyses = {
        name: store.table(version, name, month_of=None if name in WITH_HISTORY else data.session)
        for name in ANALYSES
        if name in version.tables
    }
    return replace(data, analyses=analyses)
