"""The API on ECS: it starts with what it is told, answers the load balancer, and grows."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from analytics_platform.api.hosts import AllowedHosts
from analytics_platform.api.security.issuer_keys import is_safe_url
from analytics_platform.settings import Settings
from infra.tests.conftest import Templates
from infra.tests.task_definitions import Task, tasks
from infra.tests.template_parts import only_of

_ENTRANCE, _ELSEWHERE = "10.42.7.7", "10.99.7.7"


@pytest.fixture
def task(templates: Templates) -> Task:
    return tasks(templates["api"])["api"]


@pytest.fixture
def of(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of the task, with a home on this machine."""
    for name, value in (*task.environment.items(), *dict.fromkeys(task.secrets, "s" * 48).items()):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANALYTICS_HOME", str(tmp_path))
    return Settings()


async def _answer(scope: Scope, _receive: Receive, send: Send) -> None:
    told = f"{scope['scheme']} {scope['client'][0]}"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": told.encode()})


def _ask(app: Any, *, host: str, path: str, caller: str = _ENTRANCE) -> tuple[int, bytes]:  # noqa: ANN401 - ASGI
    told: list[Message] = []
    forwarded = [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"192.0.2.1")]
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "client": (caller, 1),
        "headers": [(b"host", host.encode()), *forwarded],
    }

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(app(scope, receive, send))
    return told[0]["status"], told[1]["body"]


def test_nobody_is_let_in_without_telling_who(of: Settings) -> None:
    assert of.access == "required"
    assert of.oidc_issuer is not None
    assert is_safe_url(of.oidc_issuer)
    assert of.oidc_audience, "or tokens for other services would be taken, and the start is refused"
    assert of.session_secret is not None, "or each task would have its own"


def test_exports_are_of_the_workgroup_with_the_limit_into_the_folder_that_expires(
    of: Settings, templates: Templates
) -> None:
    (group,) = [
        each["Properties"]
        for each in templates["warehouse"]["Resources"].values()
        if each["Type"] == "AWS::Athena::WorkGroup"
    ]
    assert (of.athena_workgroup, of.athena_database) == (group["Name"], "analytics_dev")
    assert (of.athena_results or "").endswith("/athena/exports")


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("dev.analytics.example.com", "/prices", 200),
        ("10.42.1.2:8000", "/health", 200),
        ("127.0.0.1:8000", "/health", 200),
        ("10.42.1.2:8000", "/prices", 400),
        ("elsewhere.example.com", "/prices", 400),
    ],
    ids=["a caller", "the load balancer asks", "the container asks", "by address", "by a foreign name"],
)
def test_it_answers_its_name_and_whoever_asks_for_its_health(
    of: Settings, host: str, path: str, status: int
) -> None:
    assert _ask(AllowedHosts(_answer, of.api_names), host=host, path=path)[0] == status


def test_the_load_balancer_is_believed_about_callers_and_nobody_outside_of_the_network(of: Settings) -> None:
    behind: Any = _answer
    app = ProxyHeadersMiddleware(behind, trusted_hosts=list(of.api_proxies))
    assert _ask(app, host="dev", path="/", caller=_ENTRANCE) == (200, b"https 192.0.2.1")
    assert _ask(app, host="dev", path="/", caller=_ELSEWHERE) == (200, b"http 10.99.7.7")


def test_it_is_reached_by_its_name_and_has_no_login_before_its_own(templates: Templates) -> None:
    rule = only_of(templates["api"], "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert rule["Conditions"] == [
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["dev.analytics.example.com"]}}
    ]
    assert [action["Type"] for action in rule["Actions"]] == ["forward"]
    group = only_of(templates["api"], "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (group["HealthCheckPath"], group["Matcher"], group["Port"]) == (
        "/health",
        {"HttpCode": "200"},
        8000,
    )
    taken = [
        each["Properties"]["Priority"]
        for stack in ("api", "orchestration")
        for each in templates[stack]["Resources"].values()
        if each["Type"] == "AWS::ElasticLoadBalancingV2::ListenerRule"
    ]
    assert len(taken) == len(set(taken)) == 3


def test_a_failed_deployment_is_taken_back_and_none_is_without_a_healthy_task(templates: Templates) -> None:
    service = only_of(templates["api"], "AWS::ECS::Service")
    told = service["DeploymentConfiguration"]
    assert told["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert (told["MinimumHealthyPercent"], told["MaximumPercent"]) == (100, 200)
    assert service["HealthCheckGracePeriodSeconds"] == 300
    network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert "Api" in json.dumps(network["SecurityGroups"])


def test_it_grows_with_its_load(templates: Templates, production: Templates) -> None:
    for stacks, fewest, most in ((templates, 1, 2), (production, 2, 6)):
        scaled = only_of(stacks["api"], "AWS::ApplicationAutoScaling::ScalableTarget")
        assert (scaled["MinCapacity"], scaled["MaxCapacity"]) == (fewest, most)
        policy = only_of(stacks["api"], "AWS::ApplicationAutoScaling::ScalingPolicy")
        told = policy["TargetTrackingScalingPolicyConfiguration"]
        assert told["PredefinedMetricSpecification"] == {
            "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
        }


def test_the_secret_of_its_cookies_is_made_there_and_long_enough(templates: Templates) -> None:
    secret = only_of(templates["api"], "AWS::SecretsManager::Secret")["GenerateSecretString"]
    least = next(
        each.min_length
        for each in Settings.model_fields["session_secret"].metadata
        if hasattr(each, "min_length")
    )
    assert secret["PasswordLength"] >= least
