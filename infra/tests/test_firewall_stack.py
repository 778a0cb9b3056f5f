"""The firewall refuses what the proxy refuses, lets the pages of Dagster work, and logs without secrets."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import pytest

from infra.configuration import configuration
from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of

_DAGSTER, _VIEW, _API = (f"{name}dev.analytics.example.com" for name in ("dagster.", "view.", ""))
_MANAGED = {
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
}
_JSON = {"content-type": "application/json"}
_OWN = {**_JSON, "origin": f"https://{_DAGSTER}", "sec-fetch-site": "same-origin"}

_CHANGES: dict[str, Callable[[str], str]] = {
    "NONE": lambda text: text,
    "LOWERCASE": lambda text: text.lower(),
    "URL_DECODE": unquote,
    "NORMALIZE_PATH": lambda text: re.sub("/+", "/", text),
}


@pytest.fixture
def rules(templates: Templates) -> dict[str, Mapping[str, Any]]:
    told = only_of(templates["entrance"], "AWS::WAFv2::WebACL")["Rules"]
    return {each["Name"]: each for each in sorted(told, key=lambda each: int(each["Priority"]))}


def _refusing(
    rules: Mapping[str, Mapping[str, Any]], host: str, method: str, address: str, headers: Mapping[str, str]
) -> list[str]:
    """Return the rules of ours that refuse a request; those of AWS and the count of calls are not known."""
    path, _, query = address.partition("?")
    request = {"method": method, "path": path, "query": query, "header": {"host": host, **headers}}
    ours = {name: each for name, each in rules.items() if name not in {*_MANAGED, "Floods"}}
    return [name for name, each in ours.items() if _matches(each["Statement"], request)]


def _matches(statement: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Evaluate a statement, of the kinds that we use, as the documentation of the firewall says."""
    ((kind, of),) = statement.items()
    if kind == "AndStatement":
        return all(_matches(each, request) for each in of["Statements"])
    if kind == "OrStatement":
        return any(_matches(each, request) for each in of["Statements"])
    if kind == "NotStatement":
        return not _matches(of["Statement"], request)
    part = _part(of, request)
    return part is not None and _fits(kind, of, part)


def _fits(kind: str, of: Mapping[str, Any], part: str) -> bool:
    if kind == "SizeConstraintStatement":
        assert of["ComparisonOperator"] == "GT"
        return len(part) > int(of["Size"])
    if kind == "RegexMatchStatement":
        return re.search(of["RegexString"], part) is not None
    is_whole = {"EXACTLY": True, "STARTS_WITH": False}[of["PositionalConstraint"]]
    return part == of["SearchString"] if is_whole else part.startswith(of["SearchString"])


def _part(of: Mapping[str, Any], request: Mapping[str, Any]) -> str | None:
    """Return what a statement looks at, changed as it says; None of a header that is not there."""
    ((field, told),) = of["FieldToMatch"].items()
    named = {"Method": "method", "UriPath": "path", "QueryString": "query"}
    part = request["header"].get(told["Name"]) if field == "SingleHeader" else request[named[field]]
    if part is None:
        return None
    text = str(part)
    for change in sorted(of["TextTransformations"], key=lambda each: int(each["Priority"])):
        text = _CHANGES[change["Type"]](text)
    return text


@pytest.mark.parametrize("host", [_DAGSTER, _VIEW])
@pytest.mark.parametrize(
    ("method", "address", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/runs?status=failed", {}),
        ("HEAD", "/", {}),
        ("GET", "/runs", {"sec-fetch-site": "cross-site"}),
        ("POST", "/graphql?op=LaunchpadRootQuery", _JSON),
        ("POST", "/graphql", {"content-type": "application/json; charset=utf-8"}),
        ("GET", "/graphql", {"upgrade": "websocket"}),
        ("GET", "/logs/a-run/compute_logs/a-step/out", {}),
        ("GET", "/oauth2/idpresponse?code=a&state=b", {"sec-fetch-site": "cross-site"}),
    ],
    ids=[
        "a page",
        "a search",
        "a head",
        "a link",
        "a named query",
        "a query",
        "a socket",
        "a log",
        "a login",
    ],
)
def test_the_pages_of_dagster_work(
    rules: Mapping[str, Mapping[str, Any]], host: str, method: str, address: str, headers: dict[str, str]
) -> None:
    own = {"origin": f"https://{host}"} if method == "POST" or "upgrade" in headers else {}
    assert not _refusing(rules, host, method, address, {**own, **headers})


@pytest.mark.parametrize(
    ("method", "address", "headers", "rule"),
    [
        ("GET", "/graphql?query=mutation", {}, "QueriesInAddresses"),
        ("GET", "/graphql?op=Launch", {}, "QueriesInAddresses"),
        ("POST", "/graphql?op=Launch&query=mutation", _OWN, "QueriesInAddresses"),
        ("POST", "//%67raphql?query=mutation", _OWN, "QueriesInAddresses"),
        ("POST", "/graphql", {**_OWN, "content-type": "text/plain"}, "FormsToGraphql"),
        ("POST", "/graphql", {"origin": f"https://{_DAGSTER}"}, "FormsToGraphql"),
        ("POST", "/graphql", {**_OWN, "sec-fetch-site": "cross-site"}, "CallsOfOtherSites"),
        ("GET", "/graphql", {"sec-fetch-site": "same-site"}, "CallsOfOtherSites"),
        ("POST", "/report_asset_materialization/x", _OWN, "OtherMethods"),
        ("DELETE", "/runs", {}, "OtherMethods"),
        ("PUT", "/graphql", _OWN, "OtherMethods"),
        ("POST", "/graphql", {**_OWN, "origin": "https://evil.example"}, "ForeignOrigin0"),
        ("GET", "/graphql", {"origin": "null"}, "ForeignOrigin0"),
    ],
)
def test_what_the_proxy_refuses_is_refused(
    rules: Mapping[str, Mapping[str, Any]], method: str, address: str, headers: dict[str, str], rule: str
) -> None:
    for host in (_DAGSTER, _DAGSTER.upper(), f"{_DAGSTER}:443"):
        assert rule in _refusing(rules, host, method, address, headers)


def test_operators_and_viewers_are_foreign_to_each_other(rules: Mapping[str, Mapping[str, Any]]) -> None:
    assert _refusing(rules, _VIEW, "POST", "/graphql", _OWN) == ["ForeignOrigin1"]


@pytest.mark.parametrize(
    ("method", "address"), [("POST", "/prices"), ("PUT", "/x?a=b"), ("POST", "/graphql?query=x")]
)
def test_the_api_looks_after_itself(
    rules: Mapping[str, Mapping[str, Any]], method: str, address: str
) -> None:
    assert not _refusing(rules, _API, method, address, {"origin": "https://elsewhere.example"})


def test_it_guards_the_balancer_and_has_these_rules(
    templates: Templates, rules: Mapping[str, Mapping[str, Any]]
) -> None:
    template = templates["entrance"]
    (balancer,) = of_type(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    (firewall,) = of_type(template, "AWS::WAFv2::WebACL")
    assert only_of(template, "AWS::WAFv2::WebACLAssociation") == {
        "ResourceArn": {"Ref": balancer},
        "WebACLArn": {"Fn::GetAtt": [firewall, "Arn"]},
    }
    ours = {"QueriesInAddresses", "FormsToGraphql", "CallsOfOtherSites", "OtherMethods"}
    assert set(rules) == {*_MANAGED, "Floods", *ours, "ForeignOrigin0", "ForeignOrigin1"}
    for name, rule in rules.items():
        assert rule.get("Action") == (None if name in _MANAGED else {"Block": {}})
        assert rule.get("OverrideAction") == ({"None": {}} if name in _MANAGED else None)


def test_what_is_refused_or_counted_is_logged_without_secrets(
    templates: Templates, production: Templates
) -> None:
    for installation, name, days in ((templates, "dev", 30), (production, "prod", 365)):
        template = installation["entrance"]
        ((group, kept),) = of_type(template, "AWS::Logs::LogGroup").items()
        like = only_of(installation["network"], "AWS::Logs::LogGroup")
        assert kept == {**like, "LogGroupName": f"aws-waf-logs-analytics-{name}-entrance"}
        assert kept["RetentionInDays"] == days
        told = only_of(template, "AWS::WAFv2::LoggingConfiguration")
        (firewall,) = of_type(template, "AWS::WAFv2::WebACL")
        assert told["ResourceArn"] == {"Fn::GetAtt": [firewall, "Arn"]}
        account = configuration(name).account
        (where,) = told["LogDestinationConfigs"]  # the ARN of the group, without its ":*"
        assert where == {
            "Fn::Join": ["", [f"arn:aws:logs:eu-central-1:{account}:log-group:", {"Ref": group}]]
        }
        assert told["LoggingFilter"]["DefaultBehavior"] == "DROP"
        (kept_only,) = told["LoggingFilter"]["Filters"]
        assert (kept_only["Behavior"], kept_only["Requirement"]) == ("KEEP", "MEETS_ANY")
        actions = [each["ActionCondition"]["Action"] for each in kept_only["Conditions"]]
        assert actions == ["BLOCK", "COUNT"]


def test_no_key_session_or_token_is_seen_in_the_log_or_in_samples(templates: Templates) -> None:
    template = templates["entrance"]
    secret = ["authorization", "cookie", "x-api-key"]
    redacted = only_of(template, "AWS::WAFv2::LoggingConfiguration")["RedactedFields"]
    assert redacted == [{"SingleHeader": {"Name": name}} for name in secret]
    (protected,) = only_of(template, "AWS::WAFv2::WebACL")["DataProtectionConfig"]["DataProtections"]
    field = {"FieldType": "SINGLE_HEADER", "FieldKeys": secret}
    assert protected == {"Action": "SUBSTITUTION", "Field": field}
