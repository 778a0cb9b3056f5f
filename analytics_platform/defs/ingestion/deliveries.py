"""One asset a delivered table: materializing it loads what senders have put and the ledger still owes."""

from collections.abc import Iterator, Sequence

import dagster as dg

from analytics_platform.defs.ingestion.recovery import release_lost_runs
from analytics_platform.defs.partitions import BUSINESS_DAYS, session_range
from analytics_platform.defs.resources import IntakeResource
from analytics_platform.storage.intake.outcome import FileOutcome, Outcome
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import DELIVERED

BY_SESSION = (
    "prices",
    "fx_rates",
    "curve_quotes",
    "positions",
    "transactions",
    "external_flows",
    "vendor_risk_metrics",
)
"""Tables that people ask about by day. The others change slowly and have no partitions."""

CHECK = "nothing_refused"

SHOWN = 50
"""Files and notes that the metadata of a run names."""


def delivery_asset(table: Table) -> dg.AssetsDefinition:
    """Return the asset that loads the deliveries of one table."""
    by_session = table.name in BY_SESSION

    @dg.asset(
        name=table.name,
        key_prefix="lake",
        group_name="ingestion",
        description=f"{table.grain}. {_summary(table)}",
        kinds={"python", "parquet"},
        owners=["team:data-stewards"],
        partitions_def=BUSINESS_DAYS if by_session else None,
        backfill_policy=dg.BackfillPolicy.single_run() if by_session else None,
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=["lake", table.name],
                description="No file and no row of this run went to quarantine",
            )
        ],
        code_version="1",
    )
    def load(
        context: dg.AssetExecutionContext, intake: IntakeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        release_lost_runs(context.instance, intake.intake.ledger)
        sessions = session_range(context.partition_keys) if by_session else None
        outcome = intake.intake.load(table, context.run.run_id, until=sessions and sessions[1])
        if outcome.loaded:
            intake.intake.lake.arrange(table)
        yield dg.MaterializeResult(metadata=load_metadata(outcome), check_results=[_check(table, outcome)])

    return load


def _summary(table: Table) -> str:
    lines = (table.schema.__doc__ or "").strip().splitlines()
    name = f"{table.name}/<source>_<date>[_<date>].<csv|xlsx|parquet>"
    return f"Delivered as files `{name}`. {' '.join(lines[1:])}"


def load_metadata(outcome: Outcome) -> dict[str, dg.MetadataValue]:
    """Tell what a load did: counts, the files in trouble before the others, what is odd."""
    return {
        "files loaded": dg.MetadataValue.int(outcome.loaded),
        "files refused": dg.MetadataValue.int(len(outcome.refused)),
        "files unchanged": dg.MetadataValue.int(outcome.duplicates),
        "rows accepted": dg.MetadataValue.int(outcome.rows_accepted),
        "rows rejected": dg.MetadataValue.int(outcome.rows_rejected),
        "rows ignored": dg.MetadataValue.int(outcome.rows_ignored),
        "files": dg.MetadataValue.md(_files(outcome.files)),
        "notes": dg.MetadataValue.md(_list(outcome.notes)),
    }


def _check(table: Table, outcome: Outcome) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=CHECK,
        asset_key=["lake", table.name],
        passed=not outcome.refused and not outcome.rows_rejected,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "refusals": dg.MetadataValue.md("\n\n".join(_first(outcome.refused)) or "none"),
            "notes": dg.MetadataValue.md(_list(outcome.notes)),
        },
    )


def _files(files: Sequence[FileOutcome]) -> str:
    """Return a table of the first files: those that were refused or lost rows before the others."""
    if not files:
        return "none"
    by_trouble = sorted(files, key=lambda file: (file.state == State.LOADED, -file.rejected))
    rows = [
        f"| {file.key} | {file.state} | {file.accepted:,} | {file.rejected:,} | {file.ignored:,} |"
        for file in by_trouble[:SHOWN]
    ]
    more = [f"\nand {len(files) - SHOWN:,} more"] if len(files) > SHOWN else []
    return "\n".join(
        ["| file | state | accepted | rejected | ignored |", "|---|---|--:|--:|--:|", *rows, *more]
    )


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in _first(lines)) or "none"


def _first(lines: Sequence[str]) -> list[str]:
    more = [f"and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]


ASSETS = [delivery_asset(table) for table in DELIVERED.values()]

DELIVERIES_SPEC = dg.AssetSpec(
    ["lake", DELIVERIES.name],
    deps=ASSETS,
    group_name="ingestion",
    description=f"{DELIVERIES.grain}: the row makes it visible. Every asset of the lake writes its own.",
    kinds={"parquet"},
    owners=["team:data-stewards"],
)
