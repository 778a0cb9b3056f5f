"""Redshift, its role, the catalogue and Athena."""

from pathlib import Path

from analytics_platform.storage.catalog.definitions import external_table
from analytics_platform.storage.catalog.documents import table_input
from analytics_platform.tables.registry import TABLES
from infra.configuration import configuration
from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of

_ROOT = Path(__file__).resolve().parents[2]


def test_every_table_of_the_contracts_is_in_the_catalogue_as_deliveries_register_it(
    templates: Templates,
) -> None:
    lake = f"s3://{configuration('dev').bucket('lake')}/lake"
    made = {
        each["TableInput"]["Name"]: each["TableInput"]
        for each in of_type(templates["warehouse"], "AWS::Glue::Table").values()
    }
    assert made == {name: table_input(external_table(table, lake)) for name, table in TABLES.items()}


def test_redshift_is_private_and_takes_tls_only(templates: Templates) -> None:
    workgroup = only_of(templates["warehouse"], "AWS::RedshiftServerless::Workgroup")
    assert workgroup["PubliclyAccessible"] is False
    assert workgroup["EnhancedVpcRouting"] is True
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in workgroup["ConfigParameters"]}
    assert parameters["require_ssl"] == "true"
    assert len(workgroup["SubnetIds"]) == 3
    assert (workgroup["BaseCapacity"], workgroup["MaxCapacity"]) == (8, 16)


def test_nobody_knows_the_password_of_the_administrator(templates: Templates) -> None:
    namespace = only_of(templates["warehouse"], "AWS::RedshiftServerless::Namespace")
    assert namespace["ManageAdminPassword"] is True
    assert "AdminUserPassword" not in namespace


def test_redshift_reads_the_lake_and_exchanges_below_staging_without_deleting(templates: Templates) -> None:
    policy = only_of(templates["warehouse"], "AWS::IAM::Policy")
    allowed = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    rights = {
        sid: set(_listed(each["Action"])) for sid, each in allowed.items() if "s3:" in str(each["Action"])
    }
    assert rights == {
        "ReadLake": {"s3:GetObject"},
        "Staging": {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"},
        "List": {"s3:ListBucket", "s3:GetBucketLocation"},
    }
    assert allowed["Staging"]["Resource"].endswith("/staging/*")
    assert allowed["ReadLake"]["Resource"].endswith("/lake/*")


def test_what_the_documentation_says_of_the_role_is_what_it_has() -> None:
    """UNLOAD deletes only if told to (CLEANPATH), and ours is not: the platform clears its own folders."""
    text = (_ROOT / "docs" / "redshift.md").read_text("utf-8")
    assert "to list, get and put for `REDSHIFT_COPY_ROLE`" in text
    statements = (_ROOT / "analytics_platform" / "storage" / "redshift").glob("*.py")
    assert not [file.name for file in statements if "cleanpath" in file.read_text("utf-8").lower()]


def test_a_query_of_athena_may_read_so_much_only(templates: Templates, production: Templates) -> None:
    for template, gib in ((templates, 10), (production, 100)):
        workgroup = only_of(template["warehouse"], "AWS::Athena::WorkGroup")
        of = workgroup["WorkGroupConfiguration"]
        assert of["BytesScannedCutoffPerQuery"] == gib << 30
        assert of["EnforceWorkGroupConfiguration"] is True


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
