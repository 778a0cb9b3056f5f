"""The catalogue: it fits what is published and how that is described."""

from collections import Counter

import pytest

from analytics_platform.api.catalogue import ENDPOINTS, ORDERS
from analytics_platform.api.columns import columns_of, read_manifest, unit_of
from analytics_platform.api.endpoint import FILTER_EXAMPLES, FILTER_KINDS, Endpoint
from analytics_platform.api.selection import parameters_of
from analytics_platform.settings import Settings

STOCK_METRICS = {
    "average_daily_returns",
    "best_return_windows",
    "most_valuable_days",
    "most_valuable_stocks",
    "stock_volatilities",
}
MODELS = read_manifest(Settings().dbt_target / "manifest.json")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_what_can_be_asked_for_is_a_column(endpoint: Endpoint) -> None:
    described = {column.name for column in columns_of(endpoint, MODELS)}
    if described:
        assert described >= set(endpoint.filters) - {"run_id"}
        assert described >= set(endpoint.units)
        assert not endpoint.columns or described == set(endpoint.columns)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_every_example_is_accepted(endpoint: Endpoint) -> None:
    for parameter in parameters_of(endpoint):
        assert parameter.documented()["name"] == parameter.name
        assert not parameter.example or parameter.read(parameter.example)


def test_paths_are_told_apart_and_tables_have_one_order() -> None:
    assert set(Counter(endpoint.path for endpoint in ENDPOINTS).values()) == {1}
    assert all(ORDERS[endpoint.table] == endpoint.filters for endpoint in ENDPOINTS)
    assert FILTER_EXAMPLES.keys() >= FILTER_KINDS.keys()


def test_every_published_table_can_be_read() -> None:
    from analytics_platform.defs.serving.extract import EXTRACTS, RESULTS  # noqa: PLC0415 - loads Dagster

    published = {*EXTRACTS, *RESULTS, "runs", "deliveries", "rejections"}
    assert published - STOCK_METRICS <= {endpoint.table for endpoint in ENDPOINTS}


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("nav_base", "money in the base currency of the portfolio"),
        ("return_rate", "a decimal: 0.05 is 5 %"),
        ("average_return_pct", "percent: 5 is 5 %"),
        ("implied_volatility", "a decimal a year: 0.2 is 20 %"),
        ("convexity_years2", "years squared"),
        ("quantity", "units, signed"),
        ("business_date", None),
        ("base", None),
    ],
)
def test_a_unit_is_told_by_the_end_of_a_name(name: str, unit: str | None) -> None:
    assert unit_of(name, {}) == unit
    assert unit_of(name, {name: "apples"}) == "apples"
