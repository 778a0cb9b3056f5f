"""`analytics doctor` asks Redshift: what is to be made is told, and after the bootstrap all is well."""

from dataclasses import replace
from uuid import uuid4

import boto3
import pytest

from analytics_platform.cli.doctor_aws import databases
from analytics_platform.cli.doctor_aws.asking import Answer, Question, answer
from analytics_platform.settings import Settings
from analytics_platform.storage.redshift.bootstrap import Plan, bootstrap
from analytics_platform_tests.integration.redshift.conftest import QUICK, RedshiftServer

WRONG = "a-wrong-Password1"


def _settings(at: RedshiftServer, plan: Plan) -> Settings:
    return Settings(
        profile="aws",
        lake_url="s3://bucket/lake",
        staging_url=at.staging,
        redshift_host=at.host,
        redshift_port=at.port,
        redshift_database=at.database,
        redshift_user=at.user,
        redshift_password=at.password,
        redshift_tls="off",
        redshift_readers=plan.readers,
        catalog_database=plan.catalog_database,
    )


def _ask(of: Settings) -> Answer:
    return answer(Question("redshift", lambda: databases.redshift(of), seconds=20.0))


def test_what_is_to_be_made_is_told_until_it_stands(empty_redshift: RedshiftServer) -> None:
    if empty_redshift.double is None:
        pytest.skip("makes groups and catalogues: on the double only")
    name = f"doctor_{uuid4().hex[:12]}"
    boto3.client("glue").create_database(DatabaseInput={"Name": name})
    plan = Plan(name, f"readers_{name}")
    of = _settings(empty_redshift, plan)
    told = _ask(of)
    assert not told.is_good
    assert f'create group "{plan.readers}"' in told.text
    assert told.text.endswith("`analytics warehouse bootstrap` does it")
    bootstrap(empty_redshift.login, plan, retries=QUICK)
    told = _ask(of)
    assert told.is_good, told
    assert told.text.startswith(f"{of.redshift_host}, ")


def test_a_wrong_password_is_told_without_it(empty_redshift: RedshiftServer) -> None:
    at = replace(empty_redshift, password=WRONG)
    told = _ask(_settings(at, Plan("lake", "readers")))
    assert not told.is_good
    assert "cannot log in to Redshift" in told.text
    assert WRONG not in told.text
