"""The Dagster instance of the emulation: that of AWS, with SQLite in place of PostgreSQL."""

import yaml

STORAGE = {
    "event_log_storage": {
        "module": "analytics_platform.storage.event_log",
        "class": "PooledSqliteEventLogStorage",
        "config": {"base_dir": "{event_log}"},
    }
}


def local_instance(text: str) -> str:
    """Return the configuration for one machine, given that for AWS; nothing but the storage differs.

    Parameters
    ----------
    text : str
        ``docker/dagster.aws.yaml``.
    """
    told = yaml.safe_load(text)
    del told["storage"]
    return yaml.safe_dump({**told, **STORAGE}, sort_keys=False)
