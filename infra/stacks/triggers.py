"""What begins by itself: uploads and the end of the day start state machines, which order all else."""

import json

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.functions import Functions, described
from infra.stacks.machines import Machines
from infra.stacks.network import NetworkStack
from infra.stacks.orchestration import OrchestrationStack
from infra.stacks.policies import acknowledge, allow
from infra.stacks.storage import StorageStack

_AFTER_MIDNIGHT = "cron(5 0 * * ? *)"
"""The day of the session zone has ended then; a day that was no session is told so and nothing is done."""

_HOURS = 24
_ATTEMPTS = 10


class TriggersStack(cdk.Stack):
    """Functions, state machines, the rule of uploads and the schedule of the end of day.

    Attributes
    ----------
    machines : dict of str to sfn.CfnStateMachine
        By the names of their files.
    functions : Functions
        What they order.
    undelivered : sqs.Queue
        Events that could not start a machine.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        *,
        network: NetworkStack,
        storage: StorageStack,
        orchestration: OrchestrationStack,
    ) -> None:
        super().__init__(
            scope,
            config.named("triggers"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: state machines, functions, the rule of uploads, the end of day",
        )
        self.functions = Functions(self, config, storage)
        self.machines: dict[str, sfn.CfnStateMachine] = Machines(
            self,
            config,
            network=network,
            storage=storage,
            orchestration=orchestration,
            functions=self.functions,
        ).by_name
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            queue_name=config.named("undelivered"),
            retention_period=cdk.Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        acknowledge(self.undelivered, "SQS3", "it is the dead-letter queue of a rule and of a schedule")
        self._on_upload(config, storage)
        self._end_of_day(config)
        for name, machine in self.machines.items():
            title = "".join(part.capitalize() for part in name.split("_"))
            cdk.CfnOutput(self, f"{title}Machine", value=machine.ref)

    def _on_upload(self, config: Configuration, storage: StorageStack) -> None:
        """Start a machine for each object that is put into the landing zone."""
        machine = self.machines["on_upload"]
        rule = events.CfnRule(
            self,
            "Uploads",
            name=config.named("uploads"),
            description="A file was put into the landing zone",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [storage.landing.bucket_name]}},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="machine",
                    arn=machine.ref,
                    role_arn=self._starter("Upload", "events.amazonaws.com", machine.ref).role_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self.undelivered.queue_arn
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=_HOURS * 3600, maximum_retry_attempts=_ATTEMPTS
                    ),
                )
            ],
        )
        self.undelivered.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.undelivered.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )

    def _end_of_day(self, config: Configuration) -> None:
        """Start the end of day after each day of the session zone; where it is off, people start it."""
        machine = self.machines["end_of_day"]
        role = self._starter("Schedule", "scheduler.amazonaws.com", machine.ref)
        allow(role, "Undelivered", ["sqs:SendMessage"], [self.undelivered.queue_arn])
        scheduler.CfnSchedule(
            self,
            "EndOfDay",
            name=config.named("end-of-day"),
            description="The trading day: wait for what is due, compute, publish",
            schedule_expression=_AFTER_MIDNIGHT,
            schedule_expression_timezone=described(config).session_zone,
            state="ENABLED" if config.is_scheduled else "DISABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=machine.ref,
                role_arn=role.role_arn,
                input=json.dumps({"time": "<aws.scheduler.scheduled-time>"}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.undelivered.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_HOURS * 3600, maximum_retry_attempts=_ATTEMPTS
                ),
            ),
        )

    def _starter(self, name: str, service: str, machine: str) -> iam.Role:
        """Make a role with which a service of AWS starts one machine."""
        role = iam.Role(
            self,
            f"{name}StartsRole",
            description=f"{service} starts a state machine",
            assumed_by=iam.ServicePrincipal(
                service, conditions={"StringEquals": {"aws:SourceAccount": self.account}}
            ),
        )
        allow(role, "Start", ["states:StartExecution"], [machine])
        return role
