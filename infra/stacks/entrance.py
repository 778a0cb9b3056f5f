"""The one way in: load balancer with TLS, firewall and login. Each service adds its own rule to it."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_elasticloadbalancingv2_actions as login
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.firewall import firewall
from infra.stacks.firewall_log import firewall_log
from infra.stacks.network import NetworkStack
from infra.stacks.people import People
from infra.stacks.storage import BALANCER, StorageStack

_SESSION = cdk.Duration.hours(8)
_IDLE = cdk.Duration.minutes(15)
"""Longer than the pauses of the connections that Dagster's pages keep, and than the longest export."""

_ANSWERED = {
    "strict_transport_security": "max-age=31536000",
    "x_content_type_options": "nosniff",
    "x_frame_options": "DENY",
}
"""Headers of every answer, of those of Dagster too, as `docker/proxy` gives them."""


class EntranceStack(cdk.Stack):
    """A load balancer that answers nothing by itself.

    Attributes
    ----------
    balancer : elb.ApplicationLoadBalancer
        With TLS only; plain HTTP is sent there.
    listener : elb.ApplicationListener
        Rules are added to it by `admit`.
    api_host, dagster_host, view_host : str
        Names of the sites: the API, Dagster for operators, Dagster for those who look.
    operators, viewers : People
        Who may come in.
    refused : logs.LogGroup
        What the firewall refused.
    """

    def __init__(
        self, scope: Construct, config: Configuration, *, network: NetworkStack, storage: StorageStack
    ) -> None:
        super().__init__(
            scope,
            config.named("entrance"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: load balancer with TLS, firewall and login",
        )
        self.api_host = config.domain
        self.dagster_host, self.view_host = f"dagster.{config.domain}", f"view.{config.domain}"
        self.operators = People(self, config, "operators", [self.dagster_host])
        self.viewers = People(self, config, "viewers", [self.view_host, self.api_host])
        self.balancer = self._balancer(config, network, storage)
        self.listener = self._listener(config)
        rules = firewall(self, config, [self.dagster_host, self.view_host])
        waf.CfnWebACLAssociation(
            self, "Guarded", resource_arn=self.balancer.load_balancer_arn, web_acl_arn=rules.attr_arn
        )
        self.refused: logs.LogGroup = firewall_log(self, config, rules)
        self._name(config)
        cdk.CfnOutput(self, "Address", value=self.balancer.load_balancer_dns_name)
        cdk.CfnOutput(self, "OperatorsPool", value=self.operators.pool.user_pool_id)
        cdk.CfnOutput(self, "ViewersPool", value=self.viewers.pool.user_pool_id)

    def admit(
        self,
        scope: Construct,
        group: elb.IApplicationTargetGroup,
        *,
        host: str,
        priority: int,
        people: People | None = None,
    ) -> elb.ApplicationListenerRule:
        """Let a site be reached, after a login if it is told who may come in.

        Parameters
        ----------
        scope : Construct
            Stack of the service: the rule belongs to it.
        group : elb.IApplicationTargetGroup
            The tasks that answer.
        host : str
            Name of the site.
        priority : int
            Of the rule; each has its own.
        people : People or None
            Who may come in; None where the service itself asks.
        """
        forward = elb.ListenerAction.forward([group])
        action = (
            forward
            if people is None
            else login.AuthenticateCognitoAction(
                user_pool=people.pool,
                user_pool_client=people.client,
                user_pool_domain=people.domain,
                session_timeout=_SESSION,
                next=forward,
            )
        )
        return elb.ApplicationListenerRule(
            scope,
            f"Admit{host.split('.', maxsplit=1)[0].capitalize()}",
            listener=self.listener,
            priority=priority,
            conditions=[elb.ListenerCondition.host_headers([host])],
            action=action,
        )

    def _balancer(
        self, config: Configuration, network: NetworkStack, storage: StorageStack
    ) -> elb.ApplicationLoadBalancer:
        kind = ec2.SubnetType.PUBLIC if config.is_public else ec2.SubnetType.PRIVATE_WITH_EGRESS
        balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            load_balancer_name=config.named("entrance"),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=kind),
            internet_facing=config.is_public,
            security_group=network.groups.entrance,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elb.DesyncMitigationMode.STRICTEST,
            preserve_host_header=True,
            deletion_protection=config.keeps_data,
            idle_timeout=_IDLE,
        )
        logged = {"enabled": "true", "bucket": storage.logs.bucket_name, "prefix": BALANCER.rstrip("/")}
        for name, value in logged.items():
            balancer.set_attribute(f"access_logs.s3.{name}", value)
        return balancer

    def _listener(self, config: Configuration) -> elb.ApplicationListener:
        self.balancer.add_listener(
            "Plain",
            port=80,
            open=False,
            default_action=elb.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
        )
        tls = self.balancer.add_listener(
            "Tls",
            port=443,
            open=False,
            certificates=[elb.ListenerCertificate.from_arn(config.certificate)],
            ssl_policy=elb.SslPolicy.TLS13_RES,
            default_action=elb.ListenerAction.fixed_response(
                404, content_type="text/plain", message_body="there is no such site here\n"
            ),
        )
        for name, value in _ANSWERED.items():
            tls.set_attribute(f"routing.http.response.{name}.header_value", value)
        return tls

    def _name(self, config: Configuration) -> None:
        """Enter the sites into the zone, if it is in Route 53."""
        if config.zone_id is None:
            return
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=config.zone_id, zone_name=config.domain
        )
        for host in (self.api_host, self.dagster_host, self.view_host):
            route53.ARecord(
                self,
                f"Name{host.split('.')[0].capitalize()}",
                zone=zone,
                record_name=f"{host}.",
                target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer)),
            )
