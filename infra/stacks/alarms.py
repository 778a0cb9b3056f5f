"""Alarms, each with the section of the runbook that cures it, and the figures that they look at."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_sns as sns
from constructs import Construct

_FIVE_MINUTES = cdk.Duration.minutes(5)
_UNFINISHED = ("ExecutionsFailed", "ExecutionsTimedOut")
"""Not those that were aborted: people do that."""

_SERVER_ERRORS = elb.HttpCodeTarget.TARGET_5XX_COUNT


class Alarms(Construct):
    """Makes alarms that tell people by the topic, when it begins and when it is over.

    Attributes
    ----------
    made : list of cloudwatch.IAlarm
        In the order of their making.
    """

    def __init__(self, scope: Construct, prefix: str, topic: sns.ITopic) -> None:
        super().__init__(scope, "Alarms")
        self._prefix, self._told = prefix, actions.SnsAction(topic)
        self.made: list[cloudwatch.IAlarm] = []

    def above(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        bound: float,
        what: str,
        section: str,
        *,
        periods: int = 1,
    ) -> None:
        """Tell when a figure is above its bound; no figure is a good one.

        Parameters
        ----------
        name : str
            Such as ``daemon-down``.
        metric : cloudwatch.IMetric
            The figure.
        bound : float
            What is still good.
        what : str
            What it says.
        section : str
            Heading of docs/runbook.md.
        periods : int
            For so many periods of the metric.
        """
        self._make(name, metric, bound, f"{what}. docs/runbook.md, {section}", periods=periods, is_above=True)

    def below(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        bound: float,
        what: str,
        section: str,
        *,
        periods: int = 1,
    ) -> None:
        """Tell when a figure is below its bound; no figure is a bad one. Parameters are those of `above`."""
        self._make(
            name, metric, bound, f"{what}. docs/runbook.md, {section}", periods=periods, is_above=False
        )

    def _make(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        bound: float,
        description: str,
        *,
        periods: int,
        is_above: bool,
    ) -> None:
        compare, missing = cloudwatch.ComparisonOperator, cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            "".join(part.capitalize() for part in name.split("-")),
            alarm_name=f"{self._prefix}-{name}",
            alarm_description=description,
            metric=metric,
            threshold=bound,
            comparison_operator=compare.GREATER_THAN_THRESHOLD if is_above else compare.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=missing.NOT_BREACHING if is_above else missing.BREACHING,
        )
        alarm.add_alarm_action(self._told)
        alarm.add_ok_action(self._told)
        self.made.append(alarm)


def executions(machine: str, metric: str, period: cdk.Duration = _FIVE_MINUTES) -> cloudwatch.Metric:
    """Return how many executions of a machine, by its ARN, began or ended in a way."""
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name=metric,
        dimensions_map={"StateMachineArn": machine},
        statistic="Sum",
        period=period,
    )


def unfinished(name: str, machine: str) -> cloudwatch.MathExpression:
    """Return how many executions of a machine failed or timed out."""
    figures = {each.lower(): executions(machine, each) for each in _UNFINISHED}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({each}, 0)" for each in figures),
        label=name,
        period=_FIVE_MINUTES,
        using_metrics=figures,
    )


def running(cluster: str, service: str) -> cloudwatch.Metric:
    """Return how many tasks of a service run, as Container Insights counts them."""
    return insight("RunningTaskCount", "Minimum", ClusterName=cluster, ServiceName=service)


def insight(metric: str, statistic: str, **dimensions: str) -> cloudwatch.Metric:
    """Return a figure of Container Insights."""
    return cloudwatch.Metric(
        namespace="ECS/ContainerInsights",
        metric_name=metric,
        dimensions_map=dimensions,
        statistic=statistic,
        period=_FIVE_MINUTES,
    )


def redshift_seconds(workgroup: str, period: cdk.Duration) -> cloudwatch.Metric:
    """Return the RPU-seconds that a workgroup was billed for."""
    return cloudwatch.Metric(
        namespace="AWS/Redshift-Serverless",
        metric_name="ComputeSeconds",
        dimensions_map={"Workgroup": workgroup},
        statistic="Sum",
        period=period,
    )


def unhealthy(group: elb.ApplicationTargetGroup) -> cloudwatch.IMetric:
    """Return how many targets of a group do not answer the load balancer."""
    return group.metrics.unhealthy_host_count(period=_FIVE_MINUTES, statistic="Maximum")


def errors(group: elb.ApplicationTargetGroup) -> cloudwatch.IMetric:
    """Return how many answers of a group were errors of its own."""
    return group.metrics.http_code_target(code=_SERVER_ERRORS, period=_FIVE_MINUTES, statistic="Sum")
