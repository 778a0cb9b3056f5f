"""The network: where tasks and stores stand, and who may speak to whom."""

from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of


def test_each_zone_has_a_public_a_private_and_an_isolated_subnet(
    templates: Templates, production: Templates
) -> None:
    for template in (templates["network"], production["network"]):
        subnets = of_type(template, "AWS::EC2::Subnet").values()
        kinds = [tag["Value"] for each in subnets for tag in each["Tags"] if "subnet-name" in tag["Key"]]
        assert sorted(kinds) == sorted(["public", "private", "isolated"] * 3)
        assert not any(each["MapPublicIpOnLaunch"] for each in subnets)


def test_production_survives_the_loss_of_a_zone(templates: Templates, production: Templates) -> None:
    assert len(of_type(templates["network"], "AWS::EC2::NatGateway")) == 1
    assert len(of_type(production["network"], "AWS::EC2::NatGateway")) == 3


def test_flows_are_logged_and_s3_is_reached_without_a_paid_way(templates: Templates) -> None:
    flows = only_of(templates["network"], "AWS::EC2::FlowLog")
    assert flows["TrafficType"] == "ALL"
    gateway = only_of(templates["network"], "AWS::EC2::VPCEndpoint")
    assert gateway["VpcEndpointType"] == "Gateway"


def test_only_configured_callers_reach_the_entrance(templates: Templates) -> None:
    groups = of_type(templates["network"], "AWS::EC2::SecurityGroup")
    opened = {
        (rule["CidrIp"], rule["FromPort"])
        for each in groups.values()
        for rule in each.get("SecurityGroupIngress", [])
        if "CidrIp" in rule
    }
    assert opened == {("10.0.0.0/8", 443), ("10.0.0.0/8", 80)}


def test_stores_answer_tasks_only_and_redshift_calls_by_tls_only(templates: Templates) -> None:
    rules = of_type(templates["network"], "AWS::EC2::SecurityGroupIngress").values()
    ports = sorted(rule["FromPort"] for rule in rules)
    assert ports == sorted([5432, 5439, 2049] * 3 + [3000, 4000, 3000, 8000])
    assert all("SourceSecurityGroupId" in rule for rule in rules)
    called = {
        each["GroupDescription"].rpartition(": ")[2]: [
            rule.get("FromPort") for rule in each["SecurityGroupEgress"] if rule.get("CidrIp") == "0.0.0.0/0"
        ]
        for each in of_type(templates["network"], "AWS::EC2::SecurityGroup").values()
    }
    stores = {"PostgreSQL of Dagster and of the ledger": [], "Redshift": [443], "the network file system": []}
    assert stores.items() <= called.items()
