"""The dashboard of people on call: what happens to a file, from its upload to its publication, top down."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.alarms import errors, executions, insight, redshift_seconds, running, unhealthy

_WIDE, _HALF, _THIRD = 24, 12, 8
_HEIGHT, _LINES = 6, 4
_DAY, _HOUR = cdk.Duration.days(1), cdk.Duration.hours(1)
_BILLING = "us-east-1"
"""The only region that tells what an account has spent."""

_BILLED_EVERY = cdk.Duration.hours(6)


class Dashboard(Construct):
    """Rows of graphs; each row is a question.

    Attributes
    ----------
    board : cloudwatch.Dashboard
        Named like the installation.
    """

    def __init__(self, scope: Construct, config: Configuration) -> None:
        super().__init__(scope, "Board")
        self._config = config
        self.board = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=config.prefix,
            default_interval=_DAY,
            period_override=cloudwatch.PeriodOverride.AUTO,
        )

    def head(self, sites: Sequence[str], alarms: Sequence[cloudwatch.IAlarm]) -> None:
        """Say where help is, and what rings."""
        runbook = f"https://github.com/{self._config.repository}/blob/main/docs/runbook.md"
        links = " | ".join(f"[{site}](https://{site})" for site in sites)
        self.board.add_widgets(
            cloudwatch.TextWidget(
                markdown=f"**{self._config.prefix}**: first [the runbook]({runbook}), then {links}",
                width=_WIDE,
                height=2,
            )
        )
        self.board.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_WIDE, height=_LINES)
        )

    def queues(self, queues: Sequence[tuple[str, sqs.IQueue, sqs.IQueue]]) -> None:
        """Show whether somebody reads what S3 tells and what Step Functions asks."""
        self.board.add_widgets(
            *(
                cloudwatch.GraphWidget(
                    title=f"{name}: messages that wait, and unreadable ones; seconds that the oldest waits",
                    left=[
                        each.metric_approximate_number_of_messages_visible(statistic="Maximum")
                        for each in (queue, dead)
                    ],
                    right=[queue.metric_approximate_age_of_oldest_message(statistic="Maximum")],
                    width=_HALF,
                    height=_HEIGHT,
                )
                for name, queue, dead in queues
            )
        )

    def machines(self, arns: dict[str, str]) -> None:
        """Show which executions began, which did not succeed, and whether there was a publication."""
        failed = [
            executions(arn, metric).with_(label=f"{name}: {metric.removeprefix('Executions')}")
            for name, arn in arns.items()
            for metric in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
        ]
        end_of_day = arns["end_of_day"]
        started = [executions(arn, "ExecutionsStarted").with_(label=name) for name, arn in arns.items()]
        took = executions(end_of_day, "ExecutionTime", _HOUR).with_(statistic="Maximum", label="milliseconds")
        published = executions(end_of_day, "ExecutionsSucceeded", _HOUR).with_(label="succeeded")
        self.board.add_widgets(
            _graph("Executions: started", started, _THIRD),
            _graph("Executions: not successful", failed, _THIRD),
            cloudwatch.GraphWidget(
                title="End of day: publications (and days without a session); how long it took",
                left=[published],
                right=[took],
                width=_THIRD,
                height=_HEIGHT,
            ),
        )

    def runs(self, cluster: str, family: str) -> None:
        """Show what runs, whether it fits into its memory, and what failed."""
        memory = [
            insight(metric, "Maximum", ClusterName=cluster, TaskDefinitionFamily=family)
            for metric in ("MemoryUtilized", "MemoryReserved")
        ]
        self.board.add_widgets(
            _graph(
                "Tasks: runs and services", [insight("TaskCount", "Maximum", ClusterName=cluster)], _THIRD
            ),
            _graph("Runs: memory used and reserved, MiB", memory, _THIRD),
            cloudwatch.LogQueryWidget(
                title="Runs: failures",
                log_group_names=[f"/{self._config.prefix}/run"],
                query_lines=[
                    "fields @timestamp, @message",
                    "filter @message like /RUN_FAILURE|STEP_FAILURE/",
                    "sort @timestamp desc",
                    "limit 20",
                ],
                width=_THIRD,
                height=_HEIGHT,
            ),
        )

    def services(
        self, cluster: str, names: Sequence[str], groups: dict[str, elb.ApplicationTargetGroup]
    ) -> None:
        """Show whether the services are there, and people get answers."""
        seconds = [
            group.metrics.target_response_time(statistic="p99", label=name) for name, group in groups.items()
        ]
        asked = [group.metrics.request_count(label=name) for name, group in groups.items()]
        wrong = [*map(errors, groups.values()), *map(unhealthy, groups.values())]
        self.board.add_widgets(
            _graph("Services: tasks", [running(cluster, name) for name in names], _THIRD),
            cloudwatch.GraphWidget(
                title="Sites: requests; seconds of the slowest of a hundred",
                left=asked,
                right=seconds,
                width=_THIRD,
                height=_HEIGHT,
            ),
            _graph("Sites: errors, targets without an answer", wrong, _THIRD),
        )

    def stores(self, database: rds.DatabaseInstance, workgroup: str, athena: str) -> None:
        """Show whether the databases keep up."""
        scanned = (
            "SEARCH('{AWS/Athena,QueryState,QueryType,WorkGroup} "
            f'MetricName="ProcessedBytes" WorkGroup="{athena}"\', \'Sum\', 3600)'
        )
        self.board.add_widgets(
            cloudwatch.GraphWidget(
                title="PostgreSQL: CPU in percent; connections",
                left=[database.metric_cpu_utilization()],
                right=[database.metric_database_connections()],
                width=_THIRD,
                height=_HEIGHT,
            ),
            _graph("PostgreSQL: free bytes", [database.metric_free_storage_space()], _THIRD),
            cloudwatch.GraphWidget(
                title="Redshift: RPU-seconds; Athena: bytes read",
                left=[redshift_seconds(workgroup, _HOUR)],
                right=[
                    cloudwatch.MathExpression(expression=scanned, using_metrics={}, period=_HOUR, label="")
                ],
                width=_THIRD,
                height=_HEIGHT,
            ),
        )

    def cost(self) -> None:
        """Show what the account has spent this month, against its budget."""
        spent = cloudwatch.Metric(
            namespace="AWS/Billing",
            metric_name="EstimatedCharges",
            dimensions_map={"Currency": "USD"},
            statistic="Maximum",
            period=_BILLED_EVERY,
            region=_BILLING,
        )
        self.board.add_widgets(
            cloudwatch.GraphWidget(
                title="Cost of the account this month, USD (where billing alerts are switched on)",
                left=[spent],
                left_annotations=[
                    cloudwatch.HorizontalAnnotation(value=self._config.budget_usd, label="budget")
                ],
                region=_BILLING,
                width=_WIDE,
                height=_HEIGHT,
            )
        )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric], width: int) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width, height=_HEIGHT)
