"""Deploying synthesised templates into the emulation; what it does not know is left out and told."""

import copy
import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.checks.synthesis import Template
from infra.tests.emulation.server import Emulation

METRIC_MATH = "AWS::CloudWatch::Alarm on an expression"
UNKNOWN = frozenset(
    {
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::Budgets::Budget",
        "AWS::EC2::EIP",
        "AWS::EC2::FlowLog",
        "AWS::EC2::NatGateway",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::ECS::ClusterCapacityProviderAssociations",
        "AWS::Glue::SecurityConfiguration",
        "AWS::IAM::OIDCProvider",
        "AWS::RedshiftServerless::Namespace",
        "AWS::RedshiftServerless::Workgroup",
        "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACLAssociation",
        METRIC_MATH,
    }
)
"""Types that the emulation does not know; a test holds them against what was really left out."""

_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
_SECONDS = 60.0
Raw = dict[str, Any]


@dataclass(frozen=True)
class Deployed:
    """What became of a stack.

    Attributes
    ----------
    name, status : str
        Of the stack.
    left_out : frozenset of str
        Types that were not deployed.
    outputs : mapping of str to str
        What the stack tells.
    """

    name: str
    status: str
    left_out: frozenset[str]
    outputs: Mapping[str, str]


def deploy(emulation: Emulation, assembly: Path, stacks: Sequence[str]) -> dict[str, Deployed]:
    """Deploy stacks of an assembly, in the order in which they are told.

    Parameters
    ----------
    emulation : Emulation
        Where.
    assembly : Path
        Folder of the synthesised templates and their assets.
    stacks : sequence of str
        Short names, such as ``storage``.

    Raises
    ------
    RuntimeError
        If a stack does not come to its end, with the reason of the emulation.
    """
    files = {file.name.split("-", 2)[2].split(".")[0]: file for file in assembly.glob("*.template.json")}
    _bootstrap(emulation)
    deployed = {}
    for stack in stacks:
        file = files[stack]
        name = file.name.removesuffix(".template.json")
        _put_assets(emulation, assembly, name)
        deployed[stack] = _deploy(emulation, name, json.loads(file.read_text("utf-8")))
    return deployed


def _bootstrap(emulation: Emulation) -> None:
    """Make what `cdk bootstrap` makes, as far as templates ask for it."""
    emulation.client("ssm").put_parameter(Name=_BOOTSTRAP, Value="30", Type="String", Overwrite=True)
    s3, bucket = emulation.client("s3"), _assets_bucket(emulation)
    if bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": emulation.region})


def _assets_bucket(emulation: Emulation) -> str:
    return f"cdk-hnb659fds-assets-{emulation.account}-{emulation.region}"


def _put_assets(emulation: Emulation, assembly: Path, stack: str) -> None:
    told = json.loads((assembly / f"{stack}.assets.json").read_text("utf-8"))
    for asset in told["files"].values():
        source = assembly / asset["source"]["path"]
        content = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for place in asset["destinations"].values():
            emulation.client("s3").put_object(
                Bucket=_assets_bucket(emulation), Key=place["objectKey"], Body=content
            )


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return content.getvalue()


def _deploy(emulation: Emulation, name: str, template: Template) -> Deployed:
    known, left_out = adapted(template)
    cloudformation, bucket = emulation.client("cloudformation"), _assets_bucket(emulation)
    # As the CLI does it: larger templates than 51,200 bytes are taken from a bucket only.
    emulation.client("s3").put_object(Bucket=bucket, Key=f"{name}.json", Body=json.dumps(known).encode())
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{emulation.endpoint}/{bucket}/{name}.json",
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    until = time.monotonic() + _SECONDS
    stack: Raw = {"StackStatus": "never told"}
    while time.monotonic() < until:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.2)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        causes = [
            each.get("ResourceStatusReason", "") for each in events if "FAILED" in each["ResourceStatus"]
        ]
        message = f"{name}: {stack['StackStatus']}: {stack.get('StackStatusReason')}; {causes}"
        raise RuntimeError(message)
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    return Deployed(name, stack["StackStatus"], left_out, outputs)


def adapted(template: Template) -> tuple[Raw, frozenset[str]]:
    """Return a template without what is `UNKNOWN`, words in place of references to it, and what that was."""
    changed = copy.deepcopy(dict(template))
    gone = {name: _kind(each) for name, each in changed["Resources"].items() if _kind(each) in UNKNOWN}
    kept = {name: each for name, each in changed["Resources"].items() if name not in gone}
    changed["Resources"] = _without(kept, gone)
    changed["Outputs"] = _without(changed.get("Outputs", {}), gone)
    for resource in changed["Resources"].values():
        waits = resource.pop("DependsOn", [])
        left = [each for each in ([waits] if isinstance(waits, str) else waits) if each not in gone]
        if left:
            resource["DependsOn"] = left
    return changed, frozenset(gone.values())


def _kind(resource: Raw) -> str:
    is_math = resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    return METRIC_MATH if is_math else str(resource["Type"])


def _without(node: Any, gone: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(node, dict):
        name = next(_referred(node), None)
        if name in gone:
            return f"left-out-{name}"
        return {key: _without(value, gone) for key, value in node.items()}
    if isinstance(node, list):
        return [_without(value, gone) for value in node]
    return node


def _referred(node: Raw) -> Iterator[str]:
    if set(node) == {"Ref"}:
        yield node["Ref"]
    if set(node) == {"Fn::GetAtt"}:
        named = node["Fn::GetAtt"]
        yield named.split(".", 1)[0] if isinstance(named, str) else named[0]
