"""What the pipeline needs: the repository of the image, and roles that GitHub's workflows take on by OIDC."""

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.configuration import BUCKETS, Configuration
from infra.stacks.policies import acknowledge, allow, objects
from infra.stacks.storage import StorageStack

_ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"
_QUALIFIER = "hnb659fds"
"""In the names of what `cdk bootstrap` makes."""

_ROLES = ("deploy", "file-publishing", "lookup")
"""Of those that `cdk bootstrap` makes, the ones that a deployment takes on; images are none of its assets."""

_KEPT_IMAGES = 20
"""The deployed one is among the newest: only what is built or promoted for this installation is pushed."""

_SESSION = cdk.Duration.hours(2)
"""As long as the longest job: the first deployment of all stacks takes an hour."""


class DeliveryStack(cdk.Stack):
    """Repository and roles; no key that lives longer than a job of the pipeline.

    Attributes
    ----------
    repository : ecr.Repository
        Of the slim image; a digest never changes, a tag neither.
    build, plan, deploy : iam.Role
        Who puts archives and images; who compares templates; who deploys. Each is for jobs of one repository:
        on main, of its pull requests, or in the environment of GitHub that is called like the installation.
    """

    def __init__(self, scope: Construct, config: Configuration, *, storage: StorageStack) -> None:
        super().__init__(
            scope,
            config.named("delivery"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: repository of the image, roles of the pipeline",
        )
        self._config = config
        self.repository = ecr.Repository(
            self,
            "Slim",
            repository_name=config.named("slim"),
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.AES_256,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=_KEPT_IMAGES)],
            removal_policy=cdk.RemovalPolicy.RETAIN if config.keeps_data else cdk.RemovalPolicy.DESTROY,
            empty_on_delete=not config.keeps_data,
        )
        self._issuer = iam.CfnOIDCProvider(
            self, "GitHub", url=f"https://{_ISSUER}", client_id_list=[_AUDIENCE]
        )
        repository = f"repo:{config.repository}"
        main, reviewed = f"{repository}:ref:refs/heads/main", f"{repository}:pull_request"
        approved = f"{repository}:environment:{config.environment}"
        self.build = self._role(
            "build", "Puts archives and images of main, or of what was approved", main, approved
        )
        self.plan = self._role("plan", "Looks what a change would do", main, reviewed)
        self.deploy = self._role("deploy", "Deploys what was approved", approved)
        self._put(storage)
        self._compare()
        self._use_bootstrap()
        self._look(storage)
        for role in (self.build, self.plan, self.deploy):
            cdk.CfnOutput(self, f"{role.node.id}Arn", value=role.role_arn)
        cdk.CfnOutput(self, "Repository", value=self.repository.repository_uri)

    def _role(self, name: str, description: str, *subjects: str) -> iam.Role:
        """Make a role for jobs of one repository, of which GitHub says one of these subjects."""
        return iam.Role(
            self,
            f"{name.capitalize()}Role",
            role_name=self._config.named(f"pipeline-{name}"),
            description=description,
            max_session_duration=_SESSION,
            assumed_by=iam.WebIdentityPrincipal(
                self._issuer.attr_arn,
                {
                    "StringEquals": {
                        f"{_ISSUER}:aud": _AUDIENCE,
                        f"{_ISSUER}:sub": list(subjects) if len(subjects) > 1 else subjects[0],
                    }
                },
            ),
        )

    def _put(self, storage: StorageStack) -> None:
        """Let the build put what is named by its content; versions stay, and tasks refuse another digest."""
        archives = [objects(self._config.bucket("archives"), "archives/")]
        put = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"]
        allow(self.build, "PutArchives", put, archives, why="archives are named by their content")
        allow(self.build, "ListArchives", ["s3:ListBucket"], [storage.arn("archives")])
        acknowledge(self.build, "IAM5[Resource::*]", "a login to the registry has no resource")
        self.repository.grant_pull_push(self.build)

    def _look(self, storage: StorageStack) -> None:
        """Let who deploys see that all of a release is there, and whose the buckets are."""
        archives = [objects(self._config.bucket("archives"), "archives/")]
        allow(
            self.deploy, "SeeArchives", ["s3:GetObject"], archives, why="archives are named by their content"
        )
        allow(self.deploy, "SeeImages", ["ecr:DescribeImages"], [self.repository.repository_arn])
        allow(self.deploy, "SeeBuckets", ["s3:ListBucket"], [storage.arn(each) for each in BUCKETS])
        stack = self.format_arn(
            service="cloudformation", resource="stack", resource_name=f"{self._config.named('storage')}/*"
        )
        owned = "a stack has a number in its name"
        allow(self.deploy, "SeeStorage", ["cloudformation:ListStackResources"], [stack], why=owned)
        allow(self.deploy, "SeeStacks", ["cloudformation:DescribeStacks"], [self._stacks()], why=owned)

    def _compare(self) -> None:
        """Let the plan read the templates that are deployed.

        The role of `cdk bootstrap` for this reads all of the account, also the lake: too much for whoever
        opens a pull request.
        """
        read = ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
        allow(
            self.plan,
            "Compare",
            read,
            [self._stacks()],
            why="stacks of this installation have numbers in their names",
        )

    def _stacks(self) -> str:
        """Return the ARN of all stacks of this installation."""
        return self.format_arn(
            service="cloudformation", resource="stack", resource_name=f"{self._config.prefix}-*/*"
        )

    def _use_bootstrap(self) -> None:
        """Let the deployment do its work through roles that `cdk bootstrap` made, here and nowhere else."""
        where = f"{self._config.account}-{self._config.region}"
        roles = f"arn:aws:iam::{self._config.account}:role/cdk-{_QUALIFIER}"
        allow(
            self.deploy, "Bootstrap", ["sts:AssumeRole"], [f"{roles}-{each}-role-{where}" for each in _ROLES]
        )
        parameter = self.format_arn(
            service="ssm", resource="parameter", resource_name=f"cdk-bootstrap/{_QUALIFIER}/version"
        )
        for role in (self.plan, self.deploy):
            allow(role, "BootstrapVersion", ["ssm:GetParameter"], [parameter])
