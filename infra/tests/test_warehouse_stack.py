"""Redshift, its role, the catalogue and Athena."""

from collections.abc import Mapping
from typing import Any

from analytics_platform.storage.catalog.definitions import external_table
from analytics_platform.storage.catalog.documents import table_input
from analytics_platform.tables.registry import TABLES
from infra.configuration import configuration
from infra.tests.conftest import Templates


def _of(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def test_every_table_of_the_contracts_is_in_the_catalogue_as_deliveries_register_it(
    templates: Templates,
) -> None:
    lake = f"s3://{configuration('dev').bucket('lake')}/lake"
    made = {
        each["TableInput"]["Name"]: each["TableInput"]
        for each in _of(templates["warehouse"], "AWS::Glue::Table")
    }
    assert made == {name: table_input(external_table(table, lake)) for name, table in TABLES.items()}


def test_redshift_is_private_and_takes_tls_only(templates: Templates) -> None:
    (workgroup,) = _of(templates["warehouse"], "AWS::RedshiftServerless::Workgroup")
    assert workgroup["PubliclyAccessible"] is False
    assert workgroup["EnhancedVpcRouting"] is True
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in workgroup["ConfigParameters"]}
    assert parameters["require_ssl"] == "true"
    assert len(workgroup["SubnetIds"]) == 3
    assert (workgroup["BaseCapacity"], workgroup["MaxCapacity"]) == (8, 16)


def test_nobody_knows_the_password_of_the_administrator(templates: Templates) -> None:
    (namespace,) = _of(templates["warehouse"], "AWS::RedshiftServerless::Namespace")
    assert namespace["ManageAdminPassword"] is True
    assert "AdminUserPassword" not in namespace


def test_redshift_reads_the_lake_and_writes_below_staging_only(templates: Templates) -> None:
    (policy,) = _of(templates["warehouse"], "AWS::IAM::Policy")
    rights = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    writes = {
        sid for sid, each in rights.items() if any("Put" in action for action in _listed(each["Action"]))
    }
    assert writes == {"Staging"}
    assert rights["Staging"]["Resource"].endswith("/staging/*")
    assert rights["ReadLake"]["Resource"].endswith("/lake/*")


def test_a_query_of_athena_may_read_so_much_only(templates: Templates, production: Templates) -> None:
    for template, gib in ((templates, 10), (production, 100)):
        (workgroup,) = _of(template["warehouse"], "AWS::Athena::WorkGroup")
        of = workgroup["WorkGroupConfiguration"]
        assert of["BytesScannedCutoffPerQuery"] == gib << 30
        assert of["EnforceWorkGroupConfiguration"] is True


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
