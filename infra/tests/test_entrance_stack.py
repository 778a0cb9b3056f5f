"""The one way in: TLS, firewall, login."""

import json
from collections.abc import Mapping
from typing import Any

from infra.tests.conftest import Templates


def _of(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def test_plain_http_is_sent_to_tls_and_what_is_no_site_is_not_found(templates: Templates) -> None:
    listeners = {
        each["Port"]: each for each in _of(templates["entrance"], "AWS::ElasticLoadBalancingV2::Listener")
    }
    assert listeners[80]["DefaultActions"][0]["Type"] == "redirect"
    assert listeners[443]["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    assert "TLS13" in listeners[443]["SslPolicy"]


def test_the_balancer_is_private_drops_odd_headers_and_writes_a_log(templates: Templates) -> None:
    (balancer,) = _of(templates["entrance"], "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internal"
    told = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}
    assert told["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert told["access_logs.s3.enabled"] == "true"


def test_the_firewall_guards_the_balancer_and_refuses_what_the_proxy_refuses(templates: Templates) -> None:
    (rules,) = _of(templates["entrance"], "AWS::WAFv2::WebACL")
    by_name = {each["Name"]: each for each in rules["Rules"]}
    assert {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "Floods",
        "QueriesInAddresses",
        "FormsToGraphql",
        "CallsOfOtherSites",
        "ForeignOrigin0",
        "ForeignOrigin1",
    } <= set(by_name)
    for name, rule in by_name.items():
        assert ("OverrideAction" if name.startswith("AWS") else "Action") in rule, name
    for name in ("QueriesInAddresses", "FormsToGraphql", "CallsOfOtherSites"):  # /%67raphql is /graphql
        assert "URL_DECODE" in json.dumps(by_name[name]["Statement"])
    forms = json.dumps(by_name["FormsToGraphql"]["Statement"])
    assert all(each in forms for each in ("dagster.dev.analytics", "/graphql", "POST", "application/json"))
    assert len(_of(templates["entrance"], "AWS::WAFv2::WebACLAssociation")) == 1


def test_nobody_signs_up_and_everybody_has_a_second_factor(templates: Templates) -> None:
    pools = {each["UserPoolName"]: each for each in _of(templates["entrance"], "AWS::Cognito::UserPool")}
    assert set(pools) == {"analytics-dev-operators", "analytics-dev-viewers"}
    for pool in pools.values():
        assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
        assert pool["MfaConfiguration"] == "ON"


def test_people_log_in_to_their_sites_only(templates: Templates) -> None:
    clients = _of(templates["entrance"], "AWS::Cognito::UserPoolClient")
    called = sorted(tuple(sorted(each["CallbackURLs"])) for each in clients)
    assert called == [
        ("https://dagster.dev.analytics.example.com/oauth2/idpresponse",),
        (
            "https://dev.analytics.example.com/oauth2/idpresponse",
            "https://view.dev.analytics.example.com/oauth2/idpresponse",
        ),
    ]
