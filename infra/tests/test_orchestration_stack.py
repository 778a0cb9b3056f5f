"""Dagster on ECS: what its tasks are told, how large they are, and how they are replaced."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from analytics_platform.cli.service_start import variables_of
from analytics_platform.defs.run_sizes import RUN_SIZES
from analytics_platform.settings import Settings
from infra.tests.conftest import Templates

SERVICES = ("code-server", "daemon", "webserver", "viewer")
_GIB = 1024
_FARGATE = {
    256: range(512, 2 * _GIB + 1),
    512: range(_GIB, 4 * _GIB + 1),
    1024: range(2 * _GIB, 8 * _GIB + 1),
    2048: range(4 * _GIB, 16 * _GIB + 1),
    4096: range(8 * _GIB, 30 * _GIB + 1),
}
"""Memory that Fargate sells with each CPU, in MiB; from AWS' documentation of task sizes."""


def _of(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def _container(templates: Templates, name: str) -> dict[str, Any]:
    stack = templates["api" if name == "api" else "orchestration"]
    tasks = {each["Family"]: each for each in _of(stack, "AWS::ECS::TaskDefinition")}
    (container,) = tasks[f"analytics-dev-{name}"]["ContainerDefinitions"]
    return dict(container)


def _variables(templates: Templates, name: str) -> dict[str, str]:
    """Return what a task is told, words in place of what only AWS knows."""
    container = _container(templates, name)
    told = {
        each["Name"]: each["Value"] if isinstance(each["Value"], str) else _guess(each["Name"], each["Value"])
        for each in container["Environment"]
    }
    return {**told, **dict.fromkeys((each["Name"] for each in container["Secrets"]), "x" * 40)}


def _guess(name: str, value: object) -> str:
    """Stand for an address that is made from what AWS tells: its fixed parts stay."""
    parts = re.findall(r'"([^"]*)"', json.dumps(value))
    literal = "".join(each for each in parts if not re.search(r"Fn::|Ref|Export|Attr|[A-Z0-9]{8}$|^$", each))
    return literal if "://" in literal else f"told-{name.lower()}"


@pytest.mark.parametrize("name", [*SERVICES, "run", "api"])
def test_a_task_is_told_all_that_its_settings_need(
    templates: Templates, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _variables(templates, name)
    known = {f"ANALYTICS_{field.upper()}" for field in Settings.model_fields}
    assert {each for each in told if each.startswith("ANALYTICS_")} <= known
    for variable, value in told.items():
        monkeypatch.setenv(variable, value)
    of = Settings()
    assert (of.profile, of.landing_url) == ("aws", "s3://analytics-dev-landing-111122223333-eu-central-1")
    needed = variables_of(of.dagster_template) | variables_of(of.dagster_workspace)
    assert needed <= told.keys()


def test_no_password_stands_in_a_task_definition(templates: Templates) -> None:
    for name in (*SERVICES, "run", "api"):
        container = _container(templates, name)
        secret = {each["Name"] for each in container["Secrets"]}
        assert {"PGPASSWORD", "DAGSTER_POSTGRES_PASSWORD"} <= secret
        assert not secret & {each["Name"] for each in container["Environment"]}
        assert not [each["Name"] for each in container["Environment"] if "PASSWORD" in each["Name"]]


def test_every_task_runs_the_one_image_by_its_digest_with_archives_by_theirs(templates: Templates) -> None:
    images = set()
    for name in (*SERVICES, "run", "api"):
        told = _variables(templates, name)
        images.add(json.dumps(_container(templates, name)["Image"]))
        for kind in ("environment", "code"):
            address = told[f"{kind.upper()}_ARCHIVE"]
            digest = address.partition("?sha256=")[2]
            bucket = "s3://analytics-dev-archives-111122223333-eu-central-1"
            assert address.startswith(f"{bucket}/archives/{kind}-{digest[:16]}.tar.gz")
            assert len(digest) == 64
    (image,) = images
    assert "analytics-dev-slim@sha256:" in image


def test_sizes_are_those_that_fargate_sells(templates: Templates) -> None:
    sizes = [
        (int(each["Cpu"]), int(each["Memory"]))
        for stack in ("orchestration", "api")
        for each in _of(templates[stack], "AWS::ECS::TaskDefinition")
    ]
    sizes += [(each.cpu, each.memory) for each in RUN_SIZES.values()]
    assert len(sizes) >= 9
    for cpu, memory in sizes:
        assert memory in _FARGATE[cpu]
        assert memory % _GIB == 0


def test_there_is_exactly_one_daemon_and_a_failed_deployment_is_taken_back(templates: Templates) -> None:
    services = {each["ServiceName"]: each for each in _of(templates["orchestration"], "AWS::ECS::Service")}
    assert set(services) == set(SERVICES)
    for name, service in services.items():
        told = service["DeploymentConfiguration"]
        bounds = (told["MinimumHealthyPercent"], told["MaximumPercent"])
        assert bounds == ((0, 100) if name == "daemon" else (100, 200))
        assert told["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert service["LaunchType"] == "FARGATE"
        network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "DISABLED"
        assert _container(templates, name)["HealthCheck"]["StartPeriod"] == 180


def test_those_who_only_look_cannot_change_anything(templates: Templates) -> None:
    assert _container(templates, "viewer")["Command"][-1] == "--read-only"
    assert "--read-only" not in _container(templates, "webserver")["Command"]
    rules = _of(templates["orchestration"], "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert [rule["Actions"][0]["Type"] for rule in rules] == ["authenticate-cognito"] * 2
    assert rules[0]["Actions"][0] != rules[1]["Actions"][0]


def test_a_run_may_be_on_spot_and_has_time_to_end(templates: Templates) -> None:
    (providers,) = _of(templates["orchestration"], "AWS::ECS::ClusterCapacityProviderAssociations")
    assert providers["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert _container(templates, "run")["StopTimeout"] == 120
    assert _container(templates, "run")["Name"] == "run"


def test_the_database_is_private_encrypted_and_saved(templates: Templates, production: Templates) -> None:
    for template, days, is_kept in ((templates, 7, False), (production, 35, True)):
        (database,) = _of(template["orchestration"], "AWS::RDS::DBInstance")
        assert database["StorageEncrypted"] is True
        assert database["PubliclyAccessible"] is False
        assert database["BackupRetentionPeriod"] == days
        assert database["DeletionProtection"] is is_kept
        assert database["MultiAZ"] is is_kept
    (parameters,) = _of(templates["orchestration"], "AWS::RDS::DBParameterGroup")
    assert parameters["Parameters"]["rds.force_ssl"] == "1"


def test_the_home_is_mounted_encrypted_and_by_role(templates: Templates) -> None:
    (files,) = _of(templates["orchestration"], "AWS::EFS::FileSystem")
    assert files["Encrypted"] is True
    for task in _of(templates["orchestration"], "AWS::ECS::TaskDefinition"):
        (volume,) = task["Volumes"]
        of = volume["EFSVolumeConfiguration"]
        assert of["TransitEncryption"] == "ENABLED"
        assert of["AuthorizationConfig"]["IAM"] == "ENABLED"
        (mounted,) = task["ContainerDefinitions"][0]["MountPoints"]
        assert mounted["ContainerPath"] == "/srv/analytics"


def test_the_api_is_behind_its_own_guard_and_grows(templates: Templates) -> None:
    told = _variables(templates, "api")
    assert told["ANALYTICS_ACCESS"] == "required"
    assert json.loads(told["ANALYTICS_API_NAMES"]) == ["dev.analytics.example.com", "127.0.0.1"]
    (scaled,) = _of(templates["api"], "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (scaled["MinCapacity"], scaled["MaxCapacity"]) == (1, 2)
    (group,) = _of(templates["api"], "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert group["HealthCheckPath"] == "/health"
