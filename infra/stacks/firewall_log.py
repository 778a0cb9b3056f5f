"""The log of what the firewall refuses or counts, without what proves who somebody is."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.retention import retention

SECRET_HEADERS = ("authorization", "cookie", "x-api-key")
"""Tokens, sessions and keys."""

_KEPT = ("BLOCK", "COUNT")
"""What is let through is in the log of the load balancer."""


def firewall_log(scope: Construct, config: Configuration, rules: waf.CfnWebACL) -> logs.LogGroup:
    """Make the log group and let the firewall write into it.

    Parameters
    ----------
    scope : Construct
        Stack that they belong to.
    config : Configuration
        Of the installation.
    rules : waf.CfnWebACL
        The firewall.

    Returns
    -------
    logs.LogGroup
        Encrypted by CloudWatch and kept as long as all others.
    """
    group = logs.LogGroup(
        scope,
        "Refused",
        log_group_name=f"aws-waf-logs-{config.named('entrance')}",  # another beginning is refused
        retention=retention(config),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    conditions = [{"ActionCondition": {"Action": each}} for each in _KEPT]
    waf.CfnLoggingConfiguration(
        scope,
        "RefusedLog",
        resource_arn=rules.attr_arn,
        # The attribute of the group ends in ":*", which the firewall does not take.
        log_destination_configs=[
            cdk.Stack.of(scope).format_arn(
                service="logs",
                resource="log-group",
                resource_name=group.log_group_name,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
        ],
        logging_filter={
            "DefaultBehavior": "DROP",
            "Filters": [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": conditions}],
        },
        redacted_fields=[
            waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
            for name in SECRET_HEADERS
        ],
    )
    return group


def without_secrets() -> waf.CfnWebACL.DataProtectionConfigProperty:
    """Take the same headers out of the samples that the console shows: a log's redaction leaves those."""
    return waf.CfnWebACL.DataProtectionConfigProperty(
        data_protections=[
            waf.CfnWebACL.DataProtectProperty(
                action="SUBSTITUTION",
                field=waf.CfnWebACL.FieldToProtectProperty(
                    field_type="SINGLE_HEADER", field_keys=list(SECRET_HEADERS)
                ),
            )
        ]
    )
