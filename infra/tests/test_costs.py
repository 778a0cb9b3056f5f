"""The estimate of a month follows the configuration, the task definitions and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.configuration import ConfigurationError, configuration
from infra.costs import _RULES, _SERVICES, estimate, table
from infra.tests.template_parts import of_type


def _month(what: str, **sizes: object) -> float:
    config = configuration("dev")
    changed = config.model_copy(update={"sizes": config.sizes.model_copy(update=sizes)})
    return sum(each.month_usd for each in estimate(changed) if each.what.startswith(what))


def test_a_month_of_a_nat_gateway_is_its_hours_at_its_price() -> None:
    assert _month("NAT gateways", nat_gateways=1) == pytest.approx(730 * 0.052)


@pytest.mark.parametrize(
    ("what", "size", "less", "more"),
    [
        ("NAT gateways", "nat_gateways", 1, 3),
        ("Redshift", "redshift_base_rpu", 8, 16),
        ("PostgreSQL", "postgres_two_zones", False, True),
        ("PostgreSQL, disk", "postgres_gib", 20, 40),
        ("API", "api_tasks", 1, 2),
    ],
)
def test_more_of_a_size_costs_more(what: str, size: str, less: object, more: object) -> None:
    assert _month(what, **{size: more}) > _month(what, **{size: less})


def test_a_class_without_a_price_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"no price of postgres_class 'x9\.huge'; add it there"):
        _month("PostgreSQL", postgres_class="x9.huge")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_total_is_the_sum_and_below_the_budget(environment: str) -> None:
    config = configuration(environment)
    lines = estimate(config)
    total = sum(each.month_usd for each in lines)
    assert f"| **total** | | | **{total:,.2f}** |" in table(config, lines)
    assert total < config.budget_usd


def test_services_are_counted_as_they_are_sized(templates: Mapping[str, Mapping[str, Any]]) -> None:
    sized = sorted(
        (int(each["Properties"]["Cpu"]) / 1024, int(each["Properties"]["Memory"]) / 1024)
        for each in templates["orchestration"]["Resources"].values()
        if each["Type"] == "AWS::ECS::TaskDefinition" and each["Properties"]["Family"] != "analytics-dev-run"
    )
    assert sized == sorted((cpu, gib) for _, copies, cpu, gib in _SERVICES for _ in range(copies))


def test_rules_of_the_firewall_are_counted(templates: Mapping[str, Mapping[str, Any]]) -> None:
    (rules,) = of_type(templates["entrance"], "AWS::WAFv2::WebACL").values()
    assert len(rules["Rules"]) == _RULES


def test_the_document_shows_the_estimate() -> None:
    config = configuration("dev")
    document = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text("utf-8")
    assert table(config, estimate(config)) in document
