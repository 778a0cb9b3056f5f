"""The one way in: TLS, firewall, login."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.checks.synthesis import Template
from infra.configuration import ENVIRONMENTS, ConfigurationError, configuration
from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of

_SITES = ("dev.analytics.example.com", "dagster.dev.analytics.example.com", "view.dev.analytics.example.com")


def _listeners(template: Template) -> dict[int, Mapping[str, Any]]:
    """Return the listeners by their ports."""
    found = of_type(template, "AWS::ElasticLoadBalancingV2::Listener").values()
    return {each["Port"]: each for each in found}


def _balancer(template: Template) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return the load balancer, and its attributes by their names."""
    balancer = only_of(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    return balancer, {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}


def _callers(template: Template) -> set[tuple[str, int, int]]:
    """Return whom the security group of the load balancer lets in: address, first and last port."""
    (group,) = [
        each
        for each in of_type(template, "AWS::EC2::SecurityGroup").values()
        if each["GroupDescription"].endswith("the load balancer")
    ]
    return {(rule["CidrIp"], rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupIngress"]}


def _exported(template: Template, group: str) -> list[dict[str, Any]]:
    """Return what a stack imports of a security group."""
    (name,) = [
        each["Export"]["Name"]
        for each in template["Outputs"].values()
        if "Export" in each and f"FnGetAtt{group}" in each["Export"]["Name"]
    ]
    return [{"Fn::ImportValue": name}]


def _toml(described: Mapping[str, Any]) -> str:
    """Return a description of ``dev``; JSON writes values as TOML does."""
    sizes = described["sizes"]
    own = [f"{name} = {json.dumps(value)}" for name, value in described.items() if name != "sizes"]
    of_sizes = [f"{name} = {json.dumps(value)}" for name, value in sizes.items()]
    return "\n".join(["[dev]", *own, "[dev.sizes]", *of_sizes])


def test_plain_http_is_sent_to_tls_for_good_and_nothing_else_listens(templates: Templates) -> None:
    listeners = _listeners(templates["entrance"])
    assert set(listeners) == {80, 443}
    assert listeners[80]["Protocol"] == "HTTP"
    assert listeners[80]["DefaultActions"] == [
        {"Type": "redirect", "RedirectConfig": {"Port": "443", "Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    ]


def test_tls_is_1_2_with_forward_secrecy_or_1_3_and_what_is_no_site_is_not_found(
    templates: Templates, production: Templates
) -> None:
    for installation, name in ((templates, "dev"), (production, "prod")):
        tls = _listeners(installation["entrance"])[443]
        assert tls["Protocol"] == "HTTPS"
        assert tls["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
        assert tls["Certificates"] == [{"CertificateArn": configuration(name).certificate}]
        assert tls["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


def test_browsers_stay_with_tls_and_show_a_site_in_no_frame(templates: Templates) -> None:
    told = _listeners(templates["entrance"])[443]["ListenerAttributes"]
    assert {each["Key"]: each["Value"] for each in told} == {
        "routing.http.response.strict_transport_security.header_value": "max-age=31536000",
        "routing.http.response.x_content_type_options.header_value": "nosniff",
        "routing.http.response.x_frame_options.header_value": "DENY",
    }


def test_the_balancer_drops_odd_headers_and_writes_a_log(templates: Templates) -> None:
    _, told = _balancer(templates["entrance"])
    assert told["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert told["routing.http.desync_mitigation_mode"] == "strictest"
    assert (told["access_logs.s3.enabled"], told["access_logs.s3.prefix"]) == ("true", "balancer")
    assert "Logs" in told["access_logs.s3.bucket"]["Fn::ImportValue"]


def test_a_private_balancer_has_addresses_of_the_network_only(templates: Templates) -> None:
    balancer, _ = _balancer(templates["entrance"])
    assert balancer["Scheme"] == "internal"
    assert balancer["SecurityGroups"] == _exported(templates["network"], "Entrance")
    assert len(balancer["Subnets"]) == 3
    assert all("Vpcprivate" in json.dumps(subnet) for subnet in balancer["Subnets"])
    assert _callers(templates["network"]) == {("10.0.0.0/8", 80, 80), ("10.0.0.0/8", 443, 443)}


def test_a_public_balancer_is_reached_by_those_who_are_named(public: Templates) -> None:
    balancer, _ = _balancer(public["entrance"])
    assert balancer["Scheme"] == "internet-facing"
    assert balancer["SecurityGroups"] == _exported(public["network"], "Entrance")
    assert len(balancer["Subnets"]) == 3
    assert all("Vpcpublic" in json.dumps(subnet) for subnet in balancer["Subnets"])
    named = ("10.0.0.0/8", "0.0.0.0/0")
    assert _callers(public["network"]) == {(each, port, port) for each in named for port in (80, 443)}


def test_a_zone_gets_the_names_of_all_sites_and_without_one_dns_is_elsewhere(
    templates: Templates, public: Templates
) -> None:
    assert not [each for each in templates["entrance"]["Resources"].values() if "Route53" in each["Type"]]
    records = of_type(public["entrance"], "AWS::Route53::RecordSet")
    (balancer,) = of_type(public["entrance"], "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert {each["Name"].removesuffix(".") for each in records.values()} == set(_SITES)
    for record in records.values():
        assert (record["Type"], record["HostedZoneId"]) == ("A", "Z0123456789ABC")
        assert {"Fn::GetAtt": [balancer, "DNSName"]} in record["AliasTarget"]["DNSName"]["Fn::Join"][1]
    assert not [each for each in public["entrance"]["Resources"].values() if "HostedZone" in each["Type"]]


def test_every_site_that_is_admitted_has_its_name(templates: Templates) -> None:
    admitted = {
        host
        for stack in ("orchestration", "api")
        for rule in of_type(templates[stack], "AWS::ElasticLoadBalancingV2::ListenerRule").values()
        for condition in rule["Conditions"]
        for host in condition["HostHeaderConfig"]["Values"]
    }
    assert admitted == set(_SITES)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"callers": ["10.0.0.1/8"]}, r"callers: .*10\.0\.0\.1/8 has host bits set"),
        ({"callers": ["somewhere"]}, r"callers: .*somewhere"),
        ({"is_public": True}, "none of the callers comes from the internet"),
        ({"zone_id": "analytics.example.com"}, "zone_id: String should match"),
    ],
    ids=["an address with a mask", "no address", "public for nobody", "a name for a zone"],
)
def test_an_entrance_that_nobody_could_use_is_refused_by_name(
    tmp_path: Path, changed: Mapping[str, object], told: str
) -> None:
    described = tomllib.loads(ENVIRONMENTS.read_text("utf-8"))["dev"]
    file = tmp_path / "environments.toml"
    file.write_text(_toml({**described, **changed}), "utf-8")
    with pytest.raises(ConfigurationError, match=told):
        configuration("dev", file)


def test_production_is_not_deleted_by_mistake(templates: Templates, production: Templates) -> None:
    for installation, is_kept in ((templates, False), (production, True)):
        _, told = _balancer(installation["entrance"])
        assert told["deletion_protection.enabled"] == str(is_kept).lower()
        pools = of_type(installation["entrance"], "AWS::Cognito::UserPool")
        assert len(pools) == 2
        for name, pool in pools.items():
            assert pool["DeletionProtection"] == ("ACTIVE" if is_kept else "INACTIVE")
            resource = installation["entrance"]["Resources"][name]
            policies = {resource["DeletionPolicy"], resource["UpdateReplacePolicy"]}
            assert policies == {"Retain" if is_kept else "Delete"}


def test_nobody_signs_up_and_everybody_has_a_second_factor(templates: Templates) -> None:
    pools = {
        each["UserPoolName"]: each
        for each in of_type(templates["entrance"], "AWS::Cognito::UserPool").values()
    }
    assert set(pools) == {"analytics-dev-operators", "analytics-dev-viewers"}
    for pool in pools.values():
        assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
        assert pool["MfaConfiguration"] == "ON"


def test_people_log_in_to_their_sites_only(templates: Templates) -> None:
    clients = of_type(templates["entrance"], "AWS::Cognito::UserPoolClient").values()
    called = sorted(tuple(sorted(each["CallbackURLs"])) for each in clients)
    assert called == [
        ("https://dagster.dev.analytics.example.com/oauth2/idpresponse",),
        (
            "https://dev.analytics.example.com/oauth2/idpresponse",
            "https://view.dev.analytics.example.com/oauth2/idpresponse",
        ),
    ]
