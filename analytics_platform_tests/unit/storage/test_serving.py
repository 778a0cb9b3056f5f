"""Published versions: whole, kept as they were, found by the moment they counted at."""

import json
import subprocess
import sys
import weakref
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics_platform.storage.published.serving import DamagedVersionError, NotPublishedError, ServingStore
from analytics_platform.storage.published.versions import Version

KNOWN_AT = datetime(2013, 3, 1, 21, tzinfo=UTC)
KILLED = 9

PUBLISH = """
import os, sys
from pathlib import Path
import polars as pl
from datetime import UTC, datetime
from analytics_platform.storage.published.serving import ServingStore

left = int(sys.argv[2])

def die_before_a_rename(event, _):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os._exit(9)

sys.addaudithook(die_before_a_rename)
tables = {"risk": pl.DataFrame({"n": [2]}), "positions": pl.DataFrame({"n": [3]})}
ServingStore(Path(sys.argv[1])).publish(
    tables, run_id="second", known_at=datetime(2013, 3, 1, tzinfo=UTC), code_version="1"
)
"""


def _publish(store: ServingStore, run_id: str, **tables: pl.DataFrame) -> Version:
    return store.publish(tables, run_id=run_id, known_at=KNOWN_AT, code_version="0.1.0/1")


def _days(*days: tuple[date, str, int]) -> pl.DataFrame:
    columns = pl.Schema({"business_date": pl.Date(), "portfolio_id": pl.String(), "nav": pl.Decimal(20, 8)})
    return pl.DataFrame(
        [(day, name, Decimal(value)) for day, name, value in days], schema=columns, orient="row"
    )


def _objects(store: ServingStore) -> set[str]:
    return {path.name for path in (store.root / "objects").iterdir()}


JANUARY = [(date(2013, 1, 31), "A", 1), (date(2013, 1, 31), "B", 2)]
FEBRUARY = [(date(2013, 2, 28), "A", 3), (date(2013, 2, 28), "B", 4)]


def test_readers_see_the_newest_version_and_each_older_one_as_it_was(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    versions = [_publish(store, f"run{n}", risk=pl.DataFrame({"n": [n]})) for n in range(3)]
    assert store.read("risk")["n"].to_list() == [2]
    assert store.version() == versions[2].name
    for n, version in enumerate(versions):
        assert store.read("risk", version.published_at)["n"].to_list() == [n]
        assert store.at(version.published_at + timedelta(microseconds=999)) == version
    assert store.versions() == versions
    assert [version.known_at for version in versions] == [KNOWN_AT] * 3


def test_a_moment_before_the_first_version_is_refused_with_the_first_moment(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    with pytest.raises(NotPublishedError, match="run `make demo` or `analytics backfill`"):
        store.read("risk", KNOWN_AT)
    first = _publish(store, "run", risk=pl.DataFrame({"n": [1]}))
    with pytest.raises(NotPublishedError, match=f"{first.published_at:%Y-%m-%dT%H:%M:%S}.*ask for that"):
        store.read("risk", first.published_at - timedelta(milliseconds=1))


def test_a_table_that_a_version_does_not_have_is_named(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    _publish(store, "run", risk=pl.DataFrame({"n": [1]}))
    with pytest.raises(NotPublishedError, match="without breaks: ask for a later moment"):
        store.read("breaks")


def test_a_month_is_read_without_the_others(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    tables = {
        "positions": _days(*JANUARY, *FEBRUARY),
        "sum": _days(JANUARY[0], FEBRUARY[0]),
        "names": _days(),
    }
    version = store.publish(tables, run_id="run", known_at=KNOWN_AT, code_version="1")
    january, _ = version.tables["positions"]
    (store.root / "objects" / f"{january.sha256}.parquet").unlink()
    day = FEBRUARY[0][0]
    assert_frame_equal(store.table(version, "positions", month_of=day), _days(*FEBRUARY))
    assert store.table(version, "sum", month_of=day).height == 2  # an object a year
    assert store.table(version, "names", month_of=day).is_empty()
    assert_frame_equal(store.table(version, "sum", month_of=date(2012, 2, 1)), _days())


def test_tables_that_are_read_on_demand_are_held_one_at_a_time(tmp_path: Path) -> None:
    alive: list[weakref.ref[pl.DataFrame]] = []

    class OnDemand(Mapping[str, pl.DataFrame]):
        def __getitem__(self, name: str) -> pl.DataFrame:
            assert [held for held in alive if held() is not None] == []
            table = _days((KNOWN_AT.date(), name, 1))
            alive.append(weakref.ref(table))
            return table

        def __iter__(self) -> Iterator[str]:
            return iter("abc")

        def __len__(self) -> int:
            return 3

    version = ServingStore(tmp_path).publish(OnDemand(), run_id="run", known_at=KNOWN_AT, code_version="1")
    assert (list(version.tables), len(alive)) == (["a", "b", "c"], 3)


def test_versions_published_in_one_instant_stay_apart(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    versions = [_publish(store, "same-run", risk=pl.DataFrame({"n": [1]})) for _ in range(20)]
    moments = [version.published_at for version in versions]
    assert len(set(moments)) == 20
    assert moments == sorted(moments)
    assert store.names() == sorted(store.names())


def test_equal_rows_in_any_order_are_equal_objects(tmp_path: Path) -> None:
    one, other = ServingStore(tmp_path / "one"), ServingStore(tmp_path / "other")
    first = _publish(one, "a", risk=_days(*JANUARY, *FEBRUARY))
    second = _publish(other, "b", risk=_days(*reversed([*JANUARY, *FEBRUARY])))
    assert first.tables == second.tables
    assert _objects(one) == _objects(other)
    for name in _objects(one):
        assert (one.root / "objects" / name).read_bytes() == (other.root / "objects" / name).read_bytes()


def test_an_unchanged_month_is_shared_between_versions(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    first = _publish(store, "a", risk=_days(*JANUARY, *FEBRUARY))
    corrected = [(date(2013, 2, 28), "A", 5), FEBRUARY[1]]
    second = _publish(store, "b", risk=_days(*JANUARY, *corrected))
    (january, february), (same, other) = first.tables["risk"], second.tables["risk"]
    assert (january.name, february.name) == ("2013-01", "2013-02")
    assert january == same
    assert february.sha256 != other.sha256
    assert len(_objects(store)) == 3
    assert_frame_equal(store.read("risk", first.published_at), _days(*JANUARY, *FEBRUARY))
    assert_frame_equal(store.read("risk"), _days(*JANUARY, *corrected))


def test_a_table_with_one_row_a_date_is_split_by_year_and_one_without_dates_is_whole(tmp_path: Path) -> None:
    days = pl.date_range(date(2011, 12, 1), date(2013, 1, 31), eager=True).alias("business_date")
    store = ServingStore(tmp_path)
    version = _publish(store, "a", means=days.to_frame(), names=pl.DataFrame({"name": ["x"]}))
    assert [(part.name, part.rows) for part in version.tables["means"]] == [
        ("2011", 31),
        ("2012", 366),
        ("2013", 31),
    ]
    assert [part.name for part in version.tables["names"]] == ["all"]
    assert_frame_equal(store.read("means"), days.to_frame())


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    _publish(store, "a", risk=_days())
    assert_frame_equal(store.read("risk"), _days())


@pytest.mark.parametrize("renames", range(4), ids=["first object", "second object", "manifest", "pointer"])
def test_a_publication_killed_before_any_step_leaves_the_old_version_and_can_be_repeated(
    tmp_path: Path, renames: int
) -> None:
    store = ServingStore(tmp_path)
    first = _publish(store, "first", risk=pl.DataFrame({"n": [1]}))
    assert _publish_in_a_process(tmp_path, renames) == KILLED
    assert store.names() == [first.name]
    assert store.read("risk", datetime.now(UTC))["n"].to_list() == [1]
    assert len(list((tmp_path / "versions").glob("[!.]*.json"))) == (2 if renames == 3 else 1)
    assert _publish_in_a_process(tmp_path, 4) == 0
    assert store.read("risk")["n"].to_list() == [2]
    assert store.read("risk", first.published_at)["n"].to_list() == [1]


def _publish_in_a_process(root: Path, renames: int) -> int:
    command = [sys.executable, "-c", PUBLISH, str(root), str(renames)]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own program


def test_a_damaged_object_is_never_shown(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    version = _publish(store, "a", risk=_days(*JANUARY))
    path = tmp_path / "objects" / f"{version.tables['risk'][0].sha256}.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedVersionError, match="restore it from a backup"):
        store.read("risk")
    path.unlink()
    with pytest.raises(DamagedVersionError, match="is missing or damaged"):
        store.read("risk")


def test_pruning_forgets_old_versions_and_only_objects_that_nobody_names(tmp_path: Path) -> None:
    store = ServingStore(tmp_path)
    _publish(store, "a", risk=_days(*JANUARY, *FEBRUARY), names=pl.DataFrame({"n": [1]}))
    kept = [_publish(store, f"b{n}", risk=_days(*JANUARY), names=pl.DataFrame({"n": [2]})) for n in range(2)]
    orphan = tmp_path / "objects" / "0000.parquet"
    orphan.write_bytes(b"left by a run that was killed")
    assert store.prune(0, datetime.now(UTC)) == 0, "a young object may belong to a publication that goes on"
    in_two_days = datetime.now(UTC) + timedelta(days=2)
    assert store.prune(30, in_two_days) == 3, "what the first alone named, and the orphan"
    assert store.names() == [kept[1].name]
    assert [path.stem for path in (tmp_path / "versions").glob("*.json")] == [kept[1].name]
    assert_frame_equal(store.read("risk"), _days(*JANUARY))
    with pytest.raises(NotPublishedError, match="the first version is of"):
        store.at(kept[0].published_at)


def test_a_pointer_of_an_older_layout_counts_as_nothing_published(tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text(json.dumps({"version": "20261122T124422_c2a2ec01", "tables": []}))
    assert ServingStore(tmp_path).version() is None
