"""Observability: every alarm rings, names its cure, and looks at what is there; the budget warns."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.checks.synthesis import Template
from infra.configuration import configuration
from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of

_RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
_SITES = ("webserver", "viewer", "api")


def _alarms(template: Template) -> dict[str, Mapping[str, Any]]:
    """Return alarms by their names without that of the installation."""
    found = of_type(template, "AWS::CloudWatch::Alarm").values()
    return {each["AlarmName"].split("-", 2)[2]: each for each in found}


def _board(template: Template) -> list[Mapping[str, Any]]:
    """Return the widgets of the dashboard; what is known only when deployed is an X."""
    board = only_of(template, "AWS::CloudWatch::Dashboard")
    parts = board["DashboardBody"]["Fn::Join"][1]
    text = "".join(each if isinstance(each, str) else "X" for each in parts)
    widgets: list[Mapping[str, Any]] = json.loads(text)["widgets"]
    return widgets


def test_every_alarm_tells_people_when_it_begins_and_when_it_is_over(templates: Templates) -> None:
    alarms = _alarms(templates["observability"])
    assert len(alarms) > 15
    for alarm in alarms.values():
        for told in (alarm["AlarmActions"], alarm["OKActions"]):
            assert "Notifications" in json.dumps(told)


def test_every_alarm_names_a_section_of_the_runbook_that_there_is(production: Templates) -> None:
    sections = set(re.findall(r"^#+ (.+)$", _RUNBOOK.read_text("utf-8"), re.MULTILINE))
    for name, alarm in _alarms(production["observability"]).items():
        _, _, section = alarm["AlarmDescription"].rpartition("docs/runbook.md, ")
        assert section in sections, name


def test_a_service_that_does_not_run_is_told_by_the_name_that_it_has(templates: Templates) -> None:
    services = {
        each["ServiceName"]
        for stack in ("orchestration", "api")
        for each in of_type(templates[stack], "AWS::ECS::Service").values()
    }
    watched = {}
    for name, alarm in _alarms(templates["observability"]).items():
        if name.endswith("-down"):
            watched[name.removesuffix("-down")] = {
                each["Name"]: each["Value"] for each in alarm["Dimensions"]
            }
            assert (alarm["MetricName"], alarm["Threshold"]) == ("RunningTaskCount", 1)
            assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == (
                "LessThanThreshold",
                "breaching",
            )
    assert set(watched) == services
    cluster = only_of(templates["orchestration"], "AWS::ECS::Cluster")
    assert cluster["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enabled"}]
    assert watched["daemon"] == {"ClusterName": cluster["ClusterName"], "ServiceName": "daemon"}


def test_an_execution_that_fails_or_is_late_is_told_and_one_that_people_stop_is_not(
    templates: Templates,
) -> None:
    alarms = _alarms(templates["observability"])
    for machine in ("on-upload", "end-of-day", "materialize", "fan-out"):
        metrics = alarms[f"{machine}-failed"]["Metrics"]
        asked = {each["MetricStat"]["Metric"]["MetricName"] for each in metrics if "MetricStat" in each}
        assert asked == {"ExecutionsFailed", "ExecutionsTimedOut"}


def test_a_day_without_a_publication_is_told_where_days_begin_by_themselves(
    templates: Templates, production: Templates
) -> None:
    assert "no-publication" not in _alarms(templates["observability"])
    alarm = _alarms(production["observability"])["no-publication"]
    assert alarm["MetricName"] == "ExecutionsSucceeded"
    assert "EndOfDay" in json.dumps(alarm["Dimensions"])
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    hours = alarm["Period"] * alarm["EvaluationPeriods"] / 3600
    assert 24 + 5 < hours <= 48  # a day, and the 5 hours that it waits for what is due


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("uploads-waiting", "ApproximateAgeOfOldestMessage"),
        ("requests-waiting", "ApproximateAgeOfOldestMessage"),
        ("undelivered-events", "ApproximateNumberOfMessagesVisible"),
        *((f"{site}-errors", "HTTPCode_Target_5XX_Count") for site in _SITES),
        *((f"{site}-unhealthy", "UnHealthyHostCount") for site in _SITES),
        ("entrance-errors", "HTTPCode_ELB_5XX_Count"),
        ("postgres-disk", "FreeStorageSpace"),
        ("postgres-busy", "CPUUtilization"),
        ("redshift-hours", "ComputeSeconds"),
    ],
)
def test_what_people_on_call_have_to_know_rings(templates: Templates, name: str, metric: str) -> None:
    assert _alarms(templates["observability"])[name]["MetricName"] == metric


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_bounds_are_those_of_the_configuration(
    templates: Templates, production: Templates, environment: str
) -> None:
    alarms = _alarms({"dev": templates, "prod": production}[environment]["observability"])
    sizes = configuration(environment).sizes
    assert alarms["redshift-hours"]["Threshold"] == sizes.redshift_daily_rpu_hours * 3600
    assert alarms["redshift-hours"]["Period"] == 86400
    assert alarms["postgres-disk"]["Threshold"] == pytest.approx(0.05 * sizes.postgres_gib * 1024**3)


def test_dead_letters_ring_too(templates: Templates) -> None:
    assert {"uploads-dead-letters", "requests-dead-letters"} <= set(_alarms(templates["storage"]))
    (shown,) = [each for each in _board(templates["observability"]) if each["type"] == "alarm"]
    arns = shown["properties"]["alarms"]
    assert len(arns) == len(_alarms(templates["observability"])) + 2
    assert "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:analytics-dev-uploads-dead-letters" in arns


def test_the_dashboard_shows_the_way_of_a_file_with_the_runbook_above_it(templates: Templates) -> None:
    widgets = sorted(_board(templates["observability"]), key=lambda each: (each["y"], each["x"]))
    assert widgets[0]["type"] == "text"
    assert "/docs/runbook.md" in widgets[0]["properties"]["markdown"]
    assert "dagster.dev.analytics.example.com" in widgets[0]["properties"]["markdown"]
    titles = [each["properties"]["title"].split(":")[0] for each in widgets[1:]]
    assert list(dict.fromkeys(titles)) == [
        "Alarms",
        "Uploads",
        "Requests",
        "Executions",
        "End of day",
        "Tasks",
        "Runs",
        "Services",
        "Sites",
        "PostgreSQL",
        "Redshift",
        "Cost of the account this month, USD (where billing alerts are switched on)",
    ]


def test_the_dashboard_reads_the_log_that_runs_write(templates: Templates) -> None:
    (log,) = [each for each in _board(templates["observability"]) if each["type"] == "log"]
    names = [
        each["LogGroupName"] for each in of_type(templates["orchestration"], "AWS::Logs::LogGroup").values()
    ]
    (asked,) = re.findall(r"SOURCE '([^']+)'", log["properties"]["query"])
    assert asked in names


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_budget_warns_of_what_is_spent_and_of_what_will_be(
    templates: Templates, production: Templates, environment: str
) -> None:
    config = configuration(environment)
    installation = {"dev": templates, "prod": production}[environment]
    budget = only_of(installation["observability"], "AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": config.budget_usd, "Unit": "USD"}
    assert (budget["Budget"]["TimeUnit"], budget["Budget"]["BudgetType"]) == ("MONTHLY", "COST")
    warned = {
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"])
        for each in budget["NotificationsWithSubscribers"]
    }
    assert warned == {("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)}
    for each in budget["NotificationsWithSubscribers"]:
        told = [(one["SubscriptionType"], one["Address"]) for one in each["Subscribers"]]
        assert told == [("EMAIL", address) for address in config.alerts]
