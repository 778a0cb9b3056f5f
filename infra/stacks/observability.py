"""What people on call look at and are told: one dashboard, alarms that name their cure, a budget."""

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.alarms import (
    Alarms,
    errors,
    executions,
    redshift_seconds,
    running,
    unfinished,
    unhealthy,
)
from infra.stacks.api import ApiStack
from infra.stacks.dashboard import Dashboard
from infra.stacks.entrance import EntranceStack
from infra.stacks.orchestration import OrchestrationStack
from infra.stacks.storage import StorageStack
from infra.stacks.triggers import TriggersStack
from infra.stacks.warehouse import WarehouseStack

_FIVE_MINUTES, _HOUR, _DAY = cdk.Duration.minutes(5), cdk.Duration.hours(1), cdk.Duration.days(1)
_HALF_AN_HOUR = 1800
_BUSY_PERCENT = 85
_SMALL_SHARE = 0.05
_GIB = 1024**3
_SECONDS_OF_AN_RPU_HOUR = 3600
_WARN_PERCENT, _ALL_PERCENT = 80, 100
_FEW_ERRORS = 5
_SILENT_HOURS = 36
"""The end of day begins each day, waits 5 hours for what is due, and computes for some."""

_SECTIONS = {"daemon": "The daemon is down", "code-server": "The code server is down"}
"""Of the runbook, for services; all others are sites."""

_SITE = "A site does not answer"


class ObservabilityStack(cdk.Stack):
    """Dashboard, alarms and budget.

    Attributes
    ----------
    dashboard : Dashboard
        From the upload to the publication, top down.
    alarms : Alarms
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
        self._orchestration, self._triggers = orchestration, triggers
        self._services = [*orchestration.services.by_name, "api"]
        self._groups: dict[str, elb.ApplicationTargetGroup] = {
            **orchestration.services.groups,
            "api": api.group,
        }
        self.alarms = Alarms(self, config.prefix, storage.notifications)
        self._watch_queues()
        self._watch_machines()
        self._watch_services()
        self._watch_stores()
        self.dashboard = self._board()
        self._budget()

    def _watch_queues(self) -> None:
        for name, queue in (("uploads", self._storage.uploads), ("requests", self._storage.requests)):
            age = queue.metric_approximate_age_of_oldest_message(period=_FIVE_MINUTES, statistic="Maximum")
            told = f"Nobody has read the queue of {name} for half an hour"
            self.alarms.above(f"{name}-waiting", age, _HALF_AN_HOUR, told, "The queue grows")
        self.alarms.above(
            "undelivered-events",
            self._triggers.undelivered.metric_approximate_number_of_messages_visible(
                period=_FIVE_MINUTES, statistic="Maximum"
            ),
            0,
            f"EventBridge could not start a machine; the events are in {self._config.named('undelivered')}, "
            "and the landing sensor finds files without them",
            "An event was not delivered",
        )

    def _watch_machines(self) -> None:
        for name, machine in self._triggers.machines.items():
            self.alarms.above(
                f"{name.replace('_', '-')}-failed",
                unfinished(name, machine.ref),
                0,
                f"Executions of {name} failed or timed out; the error of an execution names the cause",
                "Queues and executions",
            )
        if self._config.is_scheduled:
            self.alarms.below(
                "no-publication",
                executions(self._triggers.machines["end_of_day"].ref, "ExecutionsSucceeded", _HOUR),
                1,
                f"No end of day has succeeded for {_SILENT_HOURS} hours, not even one without a session",
                "There was no publication",
                periods=_SILENT_HOURS,
            )

    def _watch_services(self) -> None:
        for name in self._services:
            self.alarms.below(
                f"{name}-down",
                running(self._config.prefix, name),
                1,
                f"No task of {name} runs; the events of the service and its log say why",
                _SECTIONS.get(name, _SITE),
                periods=3,
            )
        for name, group in self._groups.items():
            told = f"Tasks of {name} do not answer the load balancer"
            self.alarms.above(f"{name}-unhealthy", unhealthy(group), 0, told, _SITE, periods=3)
            told = f"{name} answers with errors of its own; its log says which"
            self.alarms.above(f"{name}-errors", errors(group), _FEW_ERRORS, told, _SITE)
        self.alarms.above(
            "entrance-errors",
            self._entrance.balancer.metrics.http_code_elb(
                code=elb.HttpCodeElb.ELB_5XX_COUNT, period=_FIVE_MINUTES, statistic="Sum"
            ),
            _FEW_ERRORS,
            "The load balancer finds nobody who answers",
            _SITE,
        )

    def _watch_stores(self) -> None:
        database, sizes = self._orchestration.database, self._config.sizes
        self.alarms.below(
            "postgres-disk",
            database.metric_free_storage_space(period=_FIVE_MINUTES, statistic="Minimum"),
            _SMALL_SHARE * sizes.postgres_gib * _GIB,
            "The disk of PostgreSQL is nearly full, and did not grow by itself: raise postgres_gib",
            "PostgreSQL is full or busy",
        )
        self.alarms.above(
            "postgres-busy",
            database.metric_cpu_utilization(period=_FIVE_MINUTES, statistic="Average"),
            _BUSY_PERCENT,
            "PostgreSQL has been busy for half an hour: fewer runs at once, or a larger postgres_class",
            "PostgreSQL is full or busy",
            periods=6,
        )
        self.alarms.above(
            "redshift-hours",
            redshift_seconds(self._warehouse.workgroup_name, _DAY),
            sizes.redshift_daily_rpu_hours * _SECONDS_OF_AN_RPU_HOUR,
            f"Redshift used more than {sizes.redshift_daily_rpu_hours} RPU-hours in a day",
            "The bill surprises",
        )

    def _board(self) -> Dashboard:
        """Lay out what happens to a file from top to bottom, with all alarms above it."""
        config, storage, entrance = self._config, self._storage, self._entrance
        board = Dashboard(self, config)
        dead = [self._alarm_of_storage(f"{name}-dead-letters") for name in ("uploads", "requests")]
        board.head([entrance.api_host, entrance.dagster_host], [*dead, *self.alarms.made])
        board.queues(
            [
                ("Uploads", storage.uploads, storage.uploads_dead),
                ("Requests", storage.requests, storage.requests_dead),
            ]
        )
        board.machines({name: machine.ref for name, machine in self._triggers.machines.items()})
        board.runs(config.prefix, config.named(self._orchestration.run_container))
        board.services(config.prefix, self._services, self._groups)
        warehouse = self._warehouse
        board.stores(self._orchestration.database, warehouse.workgroup_name, warehouse.athena_workgroup)
        board.cost()
        return board

    def _alarm_of_storage(self, name: str) -> cloudwatch.IAlarm:
        arn = self.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=self._config.named(name),
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        return cloudwatch.Alarm.from_alarm_arn(self, f"Storage-{name}", arn)

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
