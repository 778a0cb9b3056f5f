"""The Dagster instance of the emulation: what AWS has, but for the storage."""

from pathlib import Path

import yaml

from analytics_platform.local_aws.instance import local_instance

AWS = Path(__file__).resolve().parents[3] / "docker" / "dagster.aws.yaml"


def test_nothing_but_the_storage_differs_from_aws() -> None:
    shipped = yaml.safe_load(AWS.read_text("utf-8"))
    derived = yaml.safe_load(local_instance(AWS.read_text("utf-8")))
    assert derived.keys() - shipped.keys() == {"event_log_storage"}
    assert shipped.keys() - derived.keys() == {"storage"}
    assert {name: derived[name] for name in shipped.keys() & derived.keys()} == {
        name: told for name, told in shipped.items() if name != "storage"
    }
