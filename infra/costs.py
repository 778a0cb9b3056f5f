"""What an installation costs a month, estimated from its configuration and a table of prices; asks nobody."""

import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.configuration import Configuration, ConfigurationError, configuration

PRICES = Path(__file__).parent / "prices.toml"
_HOURS = 730
_RULES = 10
_WARM_HOURS = 60
_RUN_HOURS = 60
_SERVICES = (("code server", 1, 1.0, 4.0), ("daemon, webserver, viewer", 3, 0.5, 2.0))
"""Names, copies, vCPU and GiB; a test holds them against the task definitions."""


@dataclass(frozen=True)
class Line:
    """One thing that is paid for.

    Attributes
    ----------
    what : str
        Name of it.
    quantity : float
        How much of it a month.
    unit : str
        Of the quantity.
    price_usd : float
        Of one unit.
    assumption : str
        What the quantity takes for granted.
    """

    what: str
    quantity: float
    unit: str
    price_usd: float
    assumption: str

    @property
    def month_usd(self) -> float:
        """Price of a month."""
        return self.quantity * self.price_usd


def estimate(config: Configuration, file: Path = PRICES) -> list[Line]:
    """Return the lines of a month.

    Raises
    ------
    ConfigurationError
        If the database is of a class that has no price.
    """
    prices = tomllib.loads(file.read_text("utf-8"))
    return [
        *_always(config, prices["unit"]),
        *_tasks(config, prices["unit"]),
        *_data(config, prices),
    ]


def _always(config: Configuration, unit: dict[str, float]) -> Iterator[Line]:
    gateways = config.sizes.nat_gateways
    yield Line("NAT gateways", gateways * _HOURS, "hours", unit["nat_gateway_hour"], f"{gateways}, all month")
    yield Line(
        "NAT traffic", 50, "GiB", unit["nat_gib"], "images and archives of runs; S3 goes through its endpoint"
    )
    yield Line("load balancer", _HOURS, "hours", unit["load_balancer_hour"], "one for all sites")
    yield Line(
        "load balancer, capacity",
        _HOURS,
        "LCU-hours",
        unit["load_balancer_capacity_hour"],
        "one unit, all month",
    )
    addresses = gateways + (len(config.zones) if config.is_public else 0)
    yield Line(
        "public addresses",
        addresses * _HOURS,
        "hours",
        unit["public_address_hour"],
        "gateways; balancer if public",
    )
    yield Line("firewall", 1, "ACLs", unit["firewall_acl_month"], "requests not counted")
    yield Line(
        "firewall, rules", _RULES, "rules", unit["firewall_rule_month"], "managed groups cost as a rule"
    )


def _tasks(config: Configuration, unit: dict[str, float]) -> Iterator[Line]:
    api = ("API", config.sizes.api_tasks, 1.0, 4.0)
    for what, copies, cpu, gib in (*_SERVICES, api):
        said = f"{copies} of {cpu:g} vCPU and {gib:g} GiB, at rest"
        hours = copies * _HOURS
        yield Line(f"{what}: CPU", hours * cpu, "vCPU-hours", unit["fargate_cpu_hour"], said)
        yield Line(f"{what}: memory", hours * gib, "GiB-hours", unit["fargate_gib_hour"], said)
    said = f"{_RUN_HOURS} hours of 2 vCPU and 8 GiB, no Spot"
    yield Line("runs: CPU", _RUN_HOURS * 2, "vCPU-hours", unit["fargate_cpu_hour"], said)
    yield Line("runs: memory", _RUN_HOURS * 8, "GiB-hours", unit["fargate_gib_hour"], said)


def _data(config: Configuration, prices: dict[str, Any]) -> Iterator[Line]:
    unit, sizes = prices["unit"], config.sizes
    name = sizes.postgres_class
    if name not in prices["postgres_hour"]:
        message = f"{PRICES.name} has no price of postgres_class '{name}'; add it there"
        raise ConfigurationError(message)
    zones = 2 if sizes.postgres_two_zones else 1
    yield Line(
        f"PostgreSQL {name}", zones * _HOURS, "hours", prices["postgres_hour"][name], f"in {zones} zones"
    )
    yield Line(
        "PostgreSQL, disk",
        zones * sizes.postgres_gib,
        "GiB",
        unit["postgres_gib_month"],
        "all that is reserved",
    )
    yield Line(
        "Redshift",
        _WARM_HOURS * sizes.redshift_base_rpu,
        "RPU-hours",
        unit["redshift_rpu_hour"],
        f"{_WARM_HOURS} hours at its base, asleep else; the daily limit only warns",
    )
    yield Line("Redshift, storage", 50, "GiB", unit["redshift_gib_month"], "a guess")
    yield Line("S3", 500, "GiB", unit["s3_gib_month"], "all buckets and versions; requests not counted")
    yield Line("EFS", 10, "GiB", unit["efs_gib_month"], "state of Dagster and caches")
    yield Line("logs", 20, "GiB", unit["logs_gib"], "taken in; kept logs are a trifle")
    yield Line("secrets", 5, "secrets", unit["secret_month"], "databases, warehouse, sessions")
    yield Line("alarms", 30, "alarms", unit["alarm_month"], "about as many as there are")
    yield Line("dashboard", 1, "dashboards", unit["dashboard_month"], "")


def table(config: Configuration, lines: Sequence[Line]) -> str:
    """Return the estimate as a table of Markdown, with its total and where the prices are from."""
    prices = tomllib.loads(PRICES.read_text("utf-8"))
    rows = [
        f"| {each.what} | {each.quantity:,.0f} {each.unit} | {each.price_usd:.4g} | {each.month_usd:,.2f} "
        f"| {each.assumption} |"
        for each in lines
    ]
    total = sum(each.month_usd for each in lines)
    said = (
        f"List prices of {prices['region']} as recalled for {prices['dated']:%Y-%m}, "
        "never looked up: check before you rely on them."
    )
    if prices["region"] != config.region:
        said += f" The installation is in {config.region}, where they differ."
    return "\n".join(
        [
            "| what | quantity a month | USD each | USD a month | assumption |",
            "|---|---:|---:|---:|---|",
            *rows,
            f"| **total** | | | **{total:,.2f}** | budget: {config.budget_usd:,} |",
            "",
            said,
        ]
    )


def main(arguments: Sequence[str]) -> int:
    """Print the estimate of an environment; 2 and one line if it cannot be made."""
    try:
        config = configuration(arguments[0])
        print(table(config, estimate(config)))  # noqa: T201 - what people run it for
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
