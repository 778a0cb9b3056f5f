"""Dagster on ECS: services and how they are replaced, who reaches them, and where data stand."""

import pytest

from infra.stacks.network import CODE_SERVER
from infra.tests.conftest import Templates
from infra.tests.task_definitions import Task, tasks
from infra.tests.template_parts import of_type, only_of

SERVICES = ("code-server", "daemon", "webserver", "viewer")


@pytest.fixture
def told(templates: Templates) -> dict[str, Task]:
    return tasks(templates["orchestration"])


def test_there_is_exactly_one_daemon_and_a_failed_deployment_is_taken_back(
    templates: Templates, told: dict[str, Task]
) -> None:
    services = {
        each["ServiceName"]: each
        for each in of_type(templates["orchestration"], "AWS::ECS::Service").values()
    }
    assert set(services) == set(SERVICES)
    for name, service in services.items():
        replaced = service["DeploymentConfiguration"]
        bounds = (replaced["MinimumHealthyPercent"], replaced["MaximumPercent"])
        assert bounds == ((0, 100) if name == "daemon" else (100, 200))
        assert service["DesiredCount"] == 1
        assert replaced["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert service["LaunchType"] == "FARGATE"
        assert "CapacityProviderStrategy" not in service, "the launcher of Dagster cannot read it"
        network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "DISABLED"
        assert told[name].container["HealthCheck"]["StartPeriod"] == 180


def test_those_who_only_look_cannot_change_anything(templates: Templates, told: dict[str, Task]) -> None:
    assert told["viewer"].container["Command"][-1] == "--read-only"
    assert "--read-only" not in told["webserver"].container["Command"]
    rules = of_type(templates["orchestration"], "AWS::ElasticLoadBalancingV2::ListenerRule").values()
    assert [rule["Actions"][0]["Type"] for rule in rules] == ["authenticate-cognito"] * 2
    of = {
        rule["Conditions"][0]["HostHeaderConfig"]["Values"][0].split(".")[0]: str(rule["Actions"][0])
        for rule in rules
    }
    assert "OperatorsPool" in of["dagster"]
    assert "ViewersPool" in of["view"]
    assert "OperatorsPool" not in of["view"]


def test_a_run_may_be_on_spot_and_has_time_to_end(templates: Templates, told: dict[str, Task]) -> None:
    providers = only_of(templates["orchestration"], "AWS::ECS::ClusterCapacityProviderAssociations")
    assert providers["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert told["run"].container["StopTimeout"] == 120
    assert told["run"].container["Name"] == "run"


def test_the_database_is_private_encrypted_and_saved(templates: Templates, production: Templates) -> None:
    for template, days, is_kept in ((templates, 7, False), (production, 35, True)):
        database = only_of(template["orchestration"], "AWS::RDS::DBInstance")
        assert database["StorageEncrypted"] is True
        assert database["EngineVersion"].startswith("17.")
        assert database["DBName"] == "dagster"
        assert "resolve:secretsmanager" in str(database["MasterUserPassword"])
        assert database["PubliclyAccessible"] is False
        assert database["BackupRetentionPeriod"] == days
        assert database["DeletionProtection"] is is_kept
        assert database["MultiAZ"] is is_kept
    parameters = only_of(templates["orchestration"], "AWS::RDS::DBParameterGroup")
    assert parameters["Parameters"]["rds.force_ssl"] == "1"


def test_the_home_is_mounted_encrypted_and_by_role(templates: Templates) -> None:
    files = only_of(templates["orchestration"], "AWS::EFS::FileSystem")
    assert files["Encrypted"] is True
    assert files["BackupPolicy"] == {"Status": "ENABLED"}
    (denied,) = [each for each in files["FileSystemPolicy"]["Statement"] if each["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    allowed = [each["Action"] for each in files["FileSystemPolicy"]["Statement"] if each["Effect"] == "Allow"]
    assert "elasticfilesystem:ClientMount" not in str(allowed), "who mounts it has a role that says so"
    door = only_of(templates["orchestration"], "AWS::EFS::AccessPoint")
    assert door["PosixUser"] == {"Uid": "10001", "Gid": "10001"}
    assert door["RootDirectory"]["CreationInfo"]["OwnerUid"] == "10001"
    for name, each in tasks(templates["orchestration"]).items():
        if name == "viewer":  # it writes nothing: test_task_rights.py
            continue
        (volume,) = each.properties["Volumes"]
        of = volume["EFSVolumeConfiguration"]
        assert of["TransitEncryption"] == "ENABLED"
        assert of["AuthorizationConfig"]["IAM"] == "ENABLED"
        assert "AccessPointId" in of["AuthorizationConfig"]
        (mounted,) = each.container["MountPoints"]
        assert mounted["ContainerPath"] == "/srv/analytics"


def test_daemon_and_webservers_find_the_code_server_by_its_name(
    templates: Templates, told: dict[str, Task]
) -> None:
    template = templates["orchestration"]
    names = only_of(template, "AWS::ServiceDiscovery::PrivateDnsNamespace")
    found = {
        f"{each['Name']}.{names['Name']}"
        for each in of_type(template, "AWS::ServiceDiscovery::Service").values()
    }
    for name in ("daemon", "webserver", "viewer"):
        assert told[name].environment["DAGSTER_CODE_SERVER_HOST"] in found
    (port,) = told["code-server"].container["PortMappings"]
    asked = told["daemon"].environment["DAGSTER_CODE_SERVER_PORT"]
    assert asked == str(port["ContainerPort"]) == str(CODE_SERVER)
    command = told["code-server"].container["Command"]
    assert command[command.index("--port") + 1] == asked
    assert told["webserver"].environment["ANALYTICS_DAGSTER_URL"].split("/")[2].split(":")[0] in found


def test_no_task_starts_before_its_home_and_its_rights_are_there(templates: Templates) -> None:
    resources = templates["orchestration"]["Resources"]
    kinds = {name: each["Type"] for name, each in resources.items()}
    mounts = {name for name, kind in kinds.items() if kind == "AWS::EFS::MountTarget"}
    policies = [name for name, kind in kinds.items() if kind == "AWS::IAM::Policy"]
    assert len(mounts) == 3
    for each in resources.values():
        if each["Type"] == "AWS::ECS::Service":
            is_viewer = each["Properties"]["ServiceName"] == "viewer"
            of_role = ("ViewerRole" if is_viewer else "ServicesRole", "TasksExecutionRole")
            needed = {name for name in policies if name.startswith(of_role)}
            assert len(needed) == 2
            assert mounts | needed <= set(each["DependsOn"])


def test_a_load_balancer_waits_until_archives_are_unpacked(templates: Templates) -> None:
    for service in of_type(templates["orchestration"], "AWS::ECS::Service").values():
        is_admitted = "LoadBalancers" in service
        assert is_admitted == (service["ServiceName"] in {"webserver", "viewer"})
        assert service.get("HealthCheckGracePeriodSeconds") == (300 if is_admitted else None)
    groups = of_type(templates["orchestration"], "AWS::ElasticLoadBalancingV2::TargetGroup").values()
    assert {group["HealthCheckPath"] for group in groups} == {"/server_info"}


def test_every_task_has_a_log_that_ends(templates: Templates, production: Templates) -> None:
    for stacks, environment, days in ((templates, "dev", 30), (production, "prod", 365)):
        logs = {
            each["LogGroupName"]: each
            for each in of_type(stacks["orchestration"], "AWS::Logs::LogGroup").values()
        }
        assert set(logs) == {f"/analytics-{environment}/{name}" for name in (*SERVICES, "run")}
        assert {log["RetentionInDays"] for log in logs.values()} == {days}


def test_data_of_production_outlive_their_stack(production: Templates) -> None:
    kept = {
        each["Type"]: each["DeletionPolicy"]
        for each in production["orchestration"]["Resources"].values()
        if each["Type"] in {"AWS::RDS::DBInstance", "AWS::EFS::FileSystem"}
    }
    assert kept == {"AWS::RDS::DBInstance": "Snapshot", "AWS::EFS::FileSystem": "Retain"}
