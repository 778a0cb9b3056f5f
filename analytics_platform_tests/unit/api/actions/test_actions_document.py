"""The OpenAPI document of the actions is true whatever is asked, also without Dagster."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from analytics_platform.api.app import HOSTS
from analytics_platform_tests.unit.api.actions.installed import installed

if TYPE_CHECKING:
    from schemathesis.schemas import APIOperation

AnyOperation: TypeAlias = "APIOperation[object, object, object, object]"
OPERATIONS = (
    ("/materializations", "POST"),
    ("/materializations", "GET"),
    ("/materializations/{request_id}", "GET"),
    ("/materializations/{request_id}/cancel", "POST"),
    ("/uploads", "POST"),
    ("/uploads/{upload_id}", "GET"),
)


@dataclass(frozen=True)
class Documented:
    """An application beside its document."""

    schema: OpenApiSchema
    session: requests.Session


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documented]:
    at = installed(tmp_path_factory.mktemp("documented"), hosts=(*HOSTS, asgi.HOST))
    app = cast("asgi.ASGIApp", at.client.app)
    with asgi.get_client(app) as session:
        yield Documented(schemathesis.openapi.from_asgi("/openapi.json", app), session)


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [
        (path, method, mode)
        for path, method in OPERATIONS
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or "{" not in path  # every text may be an id
    ],
)
def test_answers_are_as_documented(
    documented: Documented, path: str, method: str, mode: GenerationMode
) -> None:
    @given(case=documented.schema[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=8,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case[AnyOperation]) -> None:
        # No schema tells sessions, names of files, or that Dagster is away: that is told by status 503.
        answer = case.call_and_validate(
            session=documented.session, excluded_checks=[positive_data_acceptance, not_a_server_error]
        )
        assert answer.status_code < 500 or answer.status_code == 503

    check()
