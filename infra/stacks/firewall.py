"""What the load balancer refuses before anybody is asked: lists of AWS, floods, forged calls of Dagster."""

from collections.abc import Sequence

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.firewall_log import without_secrets

_MOST_CALLS = 2000
"""A caller may send so many requests in five minutes; the pages of Dagster ask a lot."""

Statement = waf.CfnWebACL.StatementProperty
Rule = waf.CfnWebACL.RuleProperty
_UNCHANGED = [waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")]
_LOWER = [waf.CfnWebACL.TextTransformationProperty(priority=0, type="LOWERCASE")]
_AS_READ = [
    waf.CfnWebACL.TextTransformationProperty(priority=number, type=kind)
    for number, kind in enumerate(("URL_DECODE", "NORMALIZE_PATH", "LOWERCASE"))
]
"""A path as the webserver reads it, however it is written."""


def firewall(scope: Construct, config: Configuration, webservers: Sequence[str]) -> waf.CfnWebACL:
    """Make the rules.

    What `docker/proxy` refuses before a webserver of Dagster is refused here: Dagster asks nobody who they
    are, takes a GraphQL mutation from a form of any page, and trusts every ``Origin``.

    Parameters
    ----------
    scope : Construct
        Stack that they belong to.
    config : Configuration
        Of the installation.
    webservers : sequence of str
        Host names of the webservers of Dagster.
    """
    rules = [
        _managed("AWSManagedRulesCommonRuleSet", counted=["SizeRestrictions_BODY"]),  # files are uploaded
        _managed("AWSManagedRulesKnownBadInputsRuleSet"),
        _managed("AWSManagedRulesAmazonIpReputationList"),
        ("Floods", _flood()),
        (
            "QueriesInAddresses",
            _all(_to(webservers), _path("/graphql"), _longer("query_string"), _not(_named_query())),
        ),
        ("FormsToGraphql", _all(_to(webservers), _path("/graphql"), _method("POST"), _not(_json()))),
        (
            "CallsOfOtherSites",
            _all(_to(webservers), _any(_fetch("cross-site"), _fetch("same-site")), _asks()),
        ),
        ("OtherMethods", _all(_to(webservers), _not(_any(_reads(), _queries())))),
        *((f"ForeignOrigin{n}", _foreign_origin(host)) for n, host in enumerate(webservers)),
    ]
    return waf.CfnWebACL(
        scope,
        "Firewall",
        name=config.named("entrance"),
        scope="REGIONAL",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        visibility_config=_seen(config.named("entrance")),
        data_protection_config=without_secrets(),
        rules=[_rule(number, name, statement) for number, (name, statement) in enumerate(rules)],
    )


def _rule(number: int, name: str, statement: Statement) -> Rule:
    managed = statement.managed_rule_group_statement is not None
    return Rule(
        name=name,
        priority=number,
        statement=statement,
        action=None if managed else waf.CfnWebACL.RuleActionProperty(block={}),
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}) if managed else None,
        visibility_config=_seen(name),
    )


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )


def _managed(name: str, counted: Sequence[str] = ()) -> tuple[str, Statement]:
    overrides = [
        waf.CfnWebACL.RuleActionOverrideProperty(
            name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
        )
        for rule in counted
    ]
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=name, rule_action_overrides=overrides or None
    )
    return name, Statement(managed_rule_group_statement=group)


def _flood() -> Statement:
    return Statement(
        rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
            limit=_MOST_CALLS, aggregate_key_type="IP"
        )
    )


def _foreign_origin(host: str) -> Statement:
    return _all(_to([host]), _longer(header="origin"), _not(_header("origin", f"https://{host}")))


def _asks() -> Statement:
    """Match what reads or changes; following a link from elsewhere to a page stays possible."""
    return _any(_path("/graphql"), _not(_method("GET")))


def _reads() -> Statement:
    return _any(_method("GET"), _method("HEAD"))


def _queries() -> Statement:
    return _all(_path("/graphql"), _method("POST"))


def _named_query() -> Statement:
    """Match the name that the pages of Dagster give to each query that they post."""
    name = waf.CfnWebACL.RegexMatchStatementProperty(
        field_to_match=waf.CfnWebACL.FieldToMatchProperty(query_string={}),
        regex_string="^op=[A-Za-z0-9_]+$",
        text_transformations=_UNCHANGED,
    )
    return _all(_method("POST"), Statement(regex_match_statement=name))


def _to(hosts: Sequence[str]) -> Statement:
    named = [_header("host", host, "STARTS_WITH") for host in hosts]  # a port or a dot may follow
    return named[0] if len(named) == 1 else _any(*named)


def _fetch(site: str) -> Statement:
    return _header("sec-fetch-site", site)


def _json() -> Statement:
    return _header("content-type", "application/json", "STARTS_WITH")


def _header(name: str, text: str, where: str = "EXACTLY") -> Statement:
    field = waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": name})
    return _text(field, text, where)


def _path(text: str) -> Statement:
    return _text(waf.CfnWebACL.FieldToMatchProperty(uri_path={}), text, "STARTS_WITH", _AS_READ)


def _method(text: str) -> Statement:
    return _text(waf.CfnWebACL.FieldToMatchProperty(method={}), text, "EXACTLY", _UNCHANGED)


def _text(
    field: waf.CfnWebACL.FieldToMatchProperty,
    text: str,
    where: str,
    read: Sequence[waf.CfnWebACL.TextTransformationProperty] = _LOWER,
) -> Statement:
    return Statement(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=field,
            positional_constraint=where,
            search_string=text,
            text_transformations=list(read),
        )
    )


def _longer(field: str = "", header: str = "") -> Statement:
    """Match what is there and not empty."""
    where = (
        waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": header})
        if header
        else waf.CfnWebACL.FieldToMatchProperty(**{field: {}})
    )
    return Statement(
        size_constraint_statement=waf.CfnWebACL.SizeConstraintStatementProperty(
            field_to_match=where, comparison_operator="GT", size=0, text_transformations=_UNCHANGED
        )
    )


def _all(*statements: Statement) -> Statement:
    return Statement(and_statement=waf.CfnWebACL.AndStatementProperty(statements=list(statements)))


def _any(*statements: Statement) -> Statement:
    return Statement(or_statement=waf.CfnWebACL.OrStatementProperty(statements=list(statements)))


def _not(statement: Statement) -> Statement:
    return Statement(not_statement=waf.CfnWebACL.NotStatementProperty(statement=statement))
