"""A thousand files at once: few runs, and every file in a final state."""

from pathlib import Path

import dagster as dg
import pytest

from analytics_platform.calendars.sessions import calendar
from analytics_platform.definitions import resources
from analytics_platform.defs.ingestion import deliveries
from analytics_platform.defs.ingestion.landing_sensor import landing_zone_sensor
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import FINAL, State

FILES = 1000
MOST_RUNS = 10


@pytest.mark.slow
def test_a_thousand_files_are_loaded_by_few_runs(tmp_path: Path) -> None:
    of = Settings(home=tmp_path)
    instance = dg.DagsterInstance.ephemeral()
    given = {"intake": resources(of)["intake"]}
    with dg.build_sensor_context(instance, resources=given) as context:
        watch = context.resources.intake.watch()
        days = calendar("XNYS").sessions(of.first_session, calendar("XNYS").last_date)[: FILES // 2]
        upload = tmp_path / "upload"
        for day in days:
            upload.write_text(f"business_date,base_currency,quote_currency,rate\n{day},EUR,USD,1.31\n")
            watch.landing.put(f"fx_rates/bank_{day}.csv", upload)
            rate = "1.3" if day.day != 13 else "unlucky"
            upload.write_text(f"business_date,base_currency,quote_currency,rate\n{day},EUR,GBP,{rate}\n")
            watch.landing.put(f"fx_rates/broker_{day}.csv", upload)
        requests = list(landing_zone_sensor.evaluate_tick(context).run_requests or [])
    assert 1 <= len(requests) <= MOST_RUNS
    for request in requests:
        assert request.job_name == "ingest"
        asked = [asset for asset in deliveries.ASSETS if asset.key in (request.asset_selection or ())]
        assert dg.materialize(asked, instance=instance, resources=given, tags=request.tags).success
    entries = watch.ledger.entries()
    assert len(entries) == FILES
    assert {entry.state for entry in entries} <= set(FINAL)
    unlucky = sum(day.day == 13 for day in days)
    assert sum(entry.state is State.QUARANTINED for entry in entries) == unlucky > 0
