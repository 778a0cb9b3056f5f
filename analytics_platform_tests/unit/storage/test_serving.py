"""The published extract: whole versions, and a pointer that moves last."""

from pathlib import Path

import polars as pl
import pytest

from analytics_platform.storage.serving import KEPT_VERSIONS, ServingStore


def test_readers_see_the_newest_published_version(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    for version in ("1", "2"):
        store.publish(version, {"risk": pl.DataFrame({"version": [version]})})
    assert store.version() == "2"
    assert store.read("risk")["version"].to_list() == ["2"]


def test_a_version_that_breaks_off_is_never_seen(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    store.publish("1", {"risk": pl.DataFrame({"version": ["1"]})})

    class Torn(pl.DataFrame):
        def write_parquet(self, *_: object, **__: object) -> None:
            message = "disk full"
            raise OSError(message)

    with pytest.raises(OSError, match="disk full"):
        store.publish("2", {"risk": pl.DataFrame({"version": ["2"]}), "torn": Torn()})
    assert store.read("risk")["version"].to_list() == ["1"]


def test_old_versions_are_deleted(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    for number in range(KEPT_VERSIONS + 2):
        store.publish(f"v{number}", {"risk": pl.DataFrame({"n": [number]})})
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == KEPT_VERSIONS


def test_reading_before_the_first_publication_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run `make demo` or `analytics backfill`"):
        ServingStore(tmp_path).read("risk")
