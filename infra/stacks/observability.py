"""What people on call look at and are told: one dashboard, alarms that name their cure, a budget."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.api import ApiStack
from infra.stacks.entrance import EntranceStack
from infra.stacks.orchestration import OrchestrationStack
from infra.stacks.storage import StorageStack
from infra.stacks.triggers import TriggersStack
from infra.stacks.warehouse import WarehouseStack

_FIVE_MINUTES = cdk.Duration.minutes(5)
_HALF_AN_HOUR = 1800
_FREE_BYTES = 5_000_000_000
_BUSY_PERCENT = 85
_SECONDS_OF_AN_RPU_HOUR = 3600
_WARN_PERCENT, _ALL_PERCENT = 80, 100
_WIDE, _HALF = 24, 12


class ObservabilityStack(cdk.Stack):
    """Dashboard, alarms and budget.

    Attributes
    ----------
    dashboard : cloudwatch.Dashboard
        From the upload to the publication, top down.
    alarms : list of cloudwatch.Alarm
        Each with what to do in its description.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        *,
        storage: StorageStack,
        warehouse: WarehouseStack,
        entrance: EntranceStack,
        orchestration: OrchestrationStack,
        triggers: TriggersStack,
        api: ApiStack,
    ) -> None:
        super().__init__(
            scope,
            config.named("observability"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: dashboard, alarms, budget",
        )
        self._config, self._storage = config, storage
        self._warehouse, self._entrance = warehouse, entrance
        self._orchestration, self._triggers, self._api = orchestration, triggers, api
        self.alarms: list[cloudwatch.Alarm] = []
        self._alarm_of_queues()
        self._alarm_of_machines()
        self._alarm_of_services()
        self._alarm_of_stores()
        self.dashboard = self._dashboard()
        self._budget()

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        cure: str,
        *,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
    ) -> None:
        """Make an alarm that tells people when a figure is above or below its bound."""
        title = "".join(part.capitalize() for part in name.split("-"))
        compare = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            title,
            alarm_name=self._config.named(name),
            alarm_description=cure,
            metric=metric,
            threshold=above if above is not None else (below or 0),
            comparison_operator=compare.GREATER_THAN_THRESHOLD
            if above is not None
            else compare.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING
            if above is not None
            else cloudwatch.TreatMissingData.BREACHING,
        )
        told = actions.SnsAction(self._storage.notifications)
        alarm.add_alarm_action(told)
        alarm.add_ok_action(told)
        self.alarms.append(alarm)

    def _alarm_of_queues(self) -> None:
        for name, queue in (("uploads", self._storage.uploads), ("requests", self._storage.requests)):
            self._alarm(
                f"{name}-waiting",
                queue.metric_approximate_age_of_oldest_message(period=_FIVE_MINUTES, statistic="Maximum"),
                f"Nobody reads the queue of {name}: is the daemon up? docs/runbook.md",
                above=_HALF_AN_HOUR,
            )
        self._alarm(
            "undelivered-events",
            self._triggers.undelivered.metric_approximate_number_of_messages_visible(
                period=_FIVE_MINUTES, statistic="Maximum"
            ),
            "EventBridge could not start a machine; the landing sensor finds the files too: docs/runbook.md",
            above=0,
        )

    def _alarm_of_machines(self) -> None:
        for name in self._triggers.machines:
            self._alarm(
                f"{name.replace('_', '-')}-not-done",
                cloudwatch.MathExpression(
                    expression="failed + late + aborted",
                    label=f"{name} that failed, timed out or were aborted",
                    period=_FIVE_MINUTES,
                    using_metrics={
                        "failed": self._executions(name, "ExecutionsFailed"),
                        "late": self._executions(name, "ExecutionsTimedOut"),
                        "aborted": self._executions(name, "ExecutionsAborted"),
                    },
                ),
                f"Executions of {name} did not succeed: the error names the cause, docs/runbook.md the cure",
                above=0,
            )

    def _executions(self, name: str, metric: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/States",
            metric_name=metric,
            dimensions_map={"StateMachineArn": self._triggers.machines[name].ref},
            statistic="Sum",
            period=_FIVE_MINUTES,
        )

    def _alarm_of_services(self) -> None:
        for name in ("code-server", "daemon", "webserver", "viewer", "api"):
            self._alarm(
                f"{name}-down",
                self._running(name),
                f"No task of {name} runs: look at the events of the service and its log; docs/runbook.md",
                below=1,
                periods=3,
            )
        self._alarm(
            "api-errors",
            self._api.group.metrics.http_code_target(
                code=_server_errors(), period=_FIVE_MINUTES, statistic="Sum"
            ),
            "The API answers with errors of its own: look at its log; docs/runbook.md",
            above=5,
        )

    def _running(self, service: str) -> cloudwatch.Metric:
        """Return how many tasks run, as Container Insights counts them."""
        return cloudwatch.Metric(
            namespace="ECS/ContainerInsights",
            metric_name="RunningTaskCount",
            dimensions_map={"ClusterName": self._config.prefix, "ServiceName": service},
            statistic="Minimum",
            period=_FIVE_MINUTES,
        )

    def _alarm_of_stores(self) -> None:
        database = self._orchestration.database
        self._alarm(
            "postgres-disk",
            database.metric_free_storage_space(period=_FIVE_MINUTES, statistic="Minimum"),
            "PostgreSQL runs out of disk: retention of docker/dagster.aws.yaml, or postgres_gib",
            below=_FREE_BYTES,
        )
        self._alarm(
            "postgres-busy",
            database.metric_cpu_utilization(period=_FIVE_MINUTES, statistic="Average"),
            "PostgreSQL is busy: a larger postgres_class, or fewer runs at once",
            above=_BUSY_PERCENT,
            periods=6,
        )
        self._alarm(
            "redshift-hours",
            self._redshift(cdk.Duration.days(1)),
            "More RPU-hours today than redshift_daily_rpu_hours: who asks what? docs/redshift.md",
            above=self._config.sizes.redshift_daily_rpu_hours * _SECONDS_OF_AN_RPU_HOUR,
        )

    def _redshift(self, period: cdk.Duration) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Redshift-Serverless",
            metric_name="ComputeSeconds",
            dimensions_map={"Workgroup": self._warehouse.workgroup_name},
            statistic="Sum",
            period=period,
        )

    def _dashboard(self) -> cloudwatch.Dashboard:
        """Lay out what happens to a file from top to bottom, with all alarms above it."""
        board = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=self._config.prefix,
            default_interval=cdk.Duration.days(1),
            period_override=cloudwatch.PeriodOverride.AUTO,
        )
        board.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=[*self.alarms], width=_WIDE, height=4)
        )
        storage, database = self._storage, self._orchestration.database
        board.add_widgets(
            _graph("Uploads: waiting, unreadable", _depths(storage.uploads, storage.uploads_dead)),
            _graph("Requests: waiting, unreadable", _depths(storage.requests, storage.requests_dead)),
        )
        board.add_widgets(
            _graph(
                "Executions: started",
                [self._executions(name, "ExecutionsStarted") for name in self._triggers.machines],
            ),
            _graph(
                "Executions: failed",
                [self._executions(name, "ExecutionsFailed") for name in self._triggers.machines],
            ),
        )
        board.add_widgets(
            _graph(
                "Tasks of services", [self._running(name) for name in self._orchestration.services.by_name]
            ),
            _graph(
                "API: requests, errors, seconds",
                [
                    self._api.group.metrics.request_count(),
                    self._api.group.metrics.http_code_target(code=_server_errors()),
                    self._api.group.metrics.target_response_time(statistic="p99"),
                ],
            ),
        )
        board.add_widgets(
            _graph(
                "PostgreSQL: CPU, connections",
                [database.metric_cpu_utilization(), database.metric_database_connections()],
            ),
            _graph("Redshift: compute seconds", [self._redshift(cdk.Duration.hours(1))]),
        )
        return board

    def _budget(self) -> None:
        """Warn of what is spent and of what will be; the whole account, because tags come too late."""
        config = self._config
        subscribers = [
            budgets.CfnBudget.SubscriberProperty(address=address, subscription_type="EMAIL")
            for address in config.alerts
        ]
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=config.named("monthly"),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=config.budget_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent
                    ),
                    subscribers=subscribers,
                )
                for kind, percent in (
                    ("ACTUAL", _WARN_PERCENT),
                    ("ACTUAL", _ALL_PERCENT),
                    ("FORECASTED", _ALL_PERCENT),
                )
            ],
        )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF, height=6)


def _depths(queue: sqs.Queue, dead: sqs.Queue) -> list[cloudwatch.IMetric]:
    return [each.metric_approximate_number_of_messages_visible(statistic="Maximum") for each in (queue, dead)]


def _server_errors() -> elb.HttpCodeTarget:
    return elb.HttpCodeTarget.TARGET_5XX_COUNT
