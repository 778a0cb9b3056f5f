"""The OpenAPI document: complete, and true whatever is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from analytics_platform.api.app import HOSTS, Surroundings, create_app
from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.settings import Settings
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import publish

if TYPE_CHECKING:
    from schemathesis.schemas import APIOperation

AnyOperation: TypeAlias = "APIOperation[object, object, object, object]"
TABLES = tuple(endpoint.path for endpoint in ENDPOINTS)
METRICS = tuple(
    f"/metrics/{name}"
    for name in ("most-valuable-day", "most-volatile", "average-daily-return", "best-return-windows")
)
PATHS = (*TABLES, *METRICS, "/tables", "/ready")
QUICK = ("/positions", "/risk", "/deliveries", "/limits", "/metrics/average-daily-return", "/ready")


@dataclass(frozen=True)
class Documented:
    """An application beside its document."""

    schema: OpenApiSchema
    session: requests.Session


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documented]:
    folder = tmp_path_factory.mktemp("documented")
    store = ServingStore(folder / "serving")
    publish(store)
    around = Surroundings(hosts=(*HOSTS, asgi.HOST), manifest=Settings().dbt_target / "manifest.json")
    app = create_app(store.root, folder / "pages", around)
    with asgi.get_client(cast("asgi.ASGIApp", app)) as session:
        yield Documented(schemathesis.openapi.from_asgi("/openapi.json", app), session)


def _holds(documented: Documented, path: str, mode: GenerationMode, examples: int) -> None:
    """Ask what the document allows, or what it forbids, and hold each answer against it."""

    @given(case=documented.schema[path]["GET"].as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case[AnyOperation]) -> None:
        # A reversed range, an unknown column or another question's cursor is refused; no schema tells them.
        case.call_and_validate(session=documented.session, excluded_checks=[positive_data_acceptance])

    check()


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("path", QUICK)
def test_answers_are_as_documented(documented: Documented, path: str, mode: GenerationMode) -> None:
    _holds(documented, path, mode, 8)


@pytest.mark.slow
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("path", PATHS)
def test_all_answers_are_as_documented(documented: Documented, path: str, mode: GenerationMode) -> None:
    _holds(documented, path, mode, 20)


def test_every_reading_is_documented_and_nothing_else(documented: Documented) -> None:
    assert set(documented.schema.raw_schema["paths"]) == {*PATHS, "/health"}


def test_every_parameter_is_described(published: TestClient) -> None:
    paths = published.get("/openapi.json").json()["paths"]
    for path in TABLES:
        parameters = {each["name"]: each for each in paths[path]["get"]["parameters"]}
        assert {"as_known_at", "fields", "limit", "cursor", "format"} < parameters.keys()
        assert all(each["description"] for each in parameters.values())
    assert parameters["limit"]["schema"]["maximum"] == 20_000


@pytest.mark.parametrize(
    ("path", "column", "told"),
    [
        (
            "/positions",
            "market_value_base",
            {"type": ["number", "null"], "x-unit": "money in the base currency of the portfolio"},
        ),
        ("/risk", "value", {"type": ["number", "null"], "x-unit": "money in `currency`; a loss is positive"}),
        ("/stress", "business_date", {"type": ["string", "null"], "format": "date"}),
        ("/backtest", "n_exceptions", {"type": ["integer", "null"]}),
        ("/backtest-days", "is_exception", {"type": ["boolean", "null"]}),
    ],
)
def test_columns_are_described_with_their_units(
    documented: Documented, path: str, column: str, told: dict[str, object]
) -> None:
    content = documented.schema.raw_schema["paths"][path]["get"]["responses"]["200"]["content"]
    described = content["application/json"]["schema"]["properties"]["data"]["items"]["properties"][column]
    assert described.pop("description")
    assert described == told
    assert set(content) == {"application/json", "text/csv", "application/vnd.apache.parquet"}
    assert content["application/json"]["example"]["data"][0].keys() >= {column}
