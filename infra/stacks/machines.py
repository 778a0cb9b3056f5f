"""The state machines from their files, each with a role that may do what its states do."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from analytics_platform.triggers.state_machines import NAMES, placeholders, source
from infra.configuration import Configuration
from infra.stacks.functions import Functions
from infra.stacks.network import NetworkStack
from infra.stacks.orchestration import OrchestrationStack
from infra.stacks.policies import allow
from infra.stacks.retention import retention
from infra.stacks.storage import StorageStack

_RULE_OF_SYNC = "StepFunctionsGetEventsForECSTaskRule"
"""By which Step Functions learns that a task has ended; AWS makes it."""

_CALLS = {"on_upload": "route_upload", "end_of_day": "expected_deliveries"}


class Machines(Construct):
    """All state machines.

    Attributes
    ----------
    by_name : dict of str to sfn.CfnStateMachine
        Such as ``on_upload``.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        *,
        network: NetworkStack,
        storage: StorageStack,
        orchestration: OrchestrationStack,
        functions: Functions,
    ) -> None:
        super().__init__(scope, "Machines")
        self._config, self._storage = config, storage
        self._orchestration, self._functions = orchestration, functions
        told = self._told(network)
        self.by_name = {name: self._machine(name, told) for name in NAMES}

    def _told(self, network: NetworkStack) -> dict[str, str]:
        """Return what stands for the placeholders of the files."""
        orchestration, functions = self._orchestration, self._functions.by_name
        private = network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        return {
            "RouteUploadFunctionArn": functions["route_upload"].function_arn,
            "ExpectedDeliveriesFunctionArn": functions["expected_deliveries"].function_arn,
            "RequestsQueueUrl": self._storage.requests.queue_url,
            "NotificationsTopicArn": self._storage.notifications.topic_arn,
            "ClusterArn": orchestration.cluster.cluster_arn,
            # The family: what another stack takes of this one may not change, and each release is a revision.
            "TaskDefinitionArn": self._config.named(orchestration.run_container),
            "ContainerName": orchestration.run_container,
            "SubnetA": private.subnet_ids[0],
            "SubnetB": private.subnet_ids[1],
            "SecurityGroup": network.groups.runs.security_group_id,
        }

    def _machine(self, name: str, told: Mapping[str, str]) -> sfn.CfnStateMachine:
        title = "".join(part.capitalize() for part in name.split("_"))
        definition = source(name)
        log = logs.LogGroup(
            self,
            f"{title}Log",
            # Only below this prefix policies of log groups do not add up to too long a one.
            log_group_name=f"/aws/vendedlogs/states/{self._config.named(name.replace('_', '-'))}",
            retention=retention(self._config),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = self._role(name, title)
        machine = sfn.CfnStateMachine(
            self,
            title,
            state_machine_name=self._config.named(name),
            state_machine_type="STANDARD",
            role_arn=role.role_arn,
            definition_string=definition,
            definition_substitutions={key: told[key] for key in sorted(placeholders(definition))},
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    sfn.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=log.log_group_arn
                        )
                    )
                ],
            ),
        )
        machine.node.add_dependency(role)
        return machine

    def _role(self, name: str, title: str) -> iam.Role:
        role = iam.Role(
            self,
            f"{title}Role",
            role_name=self._config.named(f"machine-{name.replace('_', '-')}"),
            description=f"State machine {name}",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": self._config.account}},
            ),
        )
        self._allow_every_machine(role)
        requests, functions = self._storage.requests, self._functions.by_name
        if name != "fan_out":
            allow(role, "Ask", ["sqs:SendMessage"], [requests.queue_arn])
        if name in _CALLS:
            allow(role, "Call", ["lambda:InvokeFunction"], [functions[_CALLS[name]].function_arn])
        if name == "fan_out":
            self._allow_tasks(role)
        return role

    def _allow_every_machine(self, role: iam.Role) -> None:
        """Let a machine tell people, write its log and its trace."""
        allow(role, "Notify", ["sns:Publish"], [self._storage.notifications.topic_arn])
        allow(role, "NotifyKey", ["kms:GenerateDataKey", "kms:Decrypt"], [self._storage.key.key_arn])
        allow(
            role,
            "Logs",
            [
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
            ],
            ["*"],
            why="how Step Functions writes its log: AWS limits it to no resource",
        )
        trace = [
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
        ]
        allow(role, "Traces", trace, ["*"], why="traces have no resource")

    def _allow_tasks(self, role: iam.Role) -> None:
        orchestration = self._orchestration
        orchestration.rights.of_launcher(role, [orchestration.run_role, orchestration.execution_role])
        rule = cdk.Stack.of(self).format_arn(service="events", resource="rule", resource_name=_RULE_OF_SYNC)
        allow(role, "Learn", ["events:PutTargets", "events:PutRule", "events:DescribeRule"], [rule])
