"""Whether a run would do again what one has done: the digest of files, code, settings and sessions."""

import hashlib
from datetime import date
from pathlib import Path

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

import analytics_platform
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import Ledger

FINGERPRINT_TAG = "analytics/fingerprint"


def fingerprint(of: Settings, sessions: tuple[date, date]) -> str:
    """Return the digest of everything that the result of a run over the sessions depends on."""
    place = (
        f"{of.profile} {of.lake_url} {of.redshift_host} {of.redshift_database} {sorted(of.iceberg_tables)}"
    )
    digest = hashlib.sha256(f"{place} {sessions} {of.calendar} {of.first_session} {of.n_scenarios}".encode())
    for entry in Ledger(of.ledger_url).entries():
        digest.update(f"{entry.version.key} {entry.version.version_id}\n".encode())
    package = Path(analytics_platform.__file__).parent
    code = [*package.rglob("*.py"), *package.rglob("*.j2"), *of.sources.glob("*.toml")]
    sql = [path for path in of.dbt_project.rglob("*") if path.suffix in {".sql", ".yml"} and path.is_file()]
    built = {of.dbt_target, of.dbt_project / "target"}
    for path in sorted([*code, *(path for path in sql if built.isdisjoint(path.parents))]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def last_run_like(instance: dg.DagsterInstance, mark: str) -> str | None:
    """Return the newest successful run with a fingerprint; None if there is none."""
    runs = instance.get_runs(
        RunsFilter(statuses=[DagsterRunStatus.SUCCESS], tags={FINGERPRINT_TAG: mark}), limit=1
    )
    return runs[0].run_id if runs else None
