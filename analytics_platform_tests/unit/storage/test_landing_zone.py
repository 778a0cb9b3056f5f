"""The landing zone on disk."""

import time
from pathlib import Path

import pytest

from analytics_platform.storage.landing_zone import DiskLandingZone

KEY = "prices/vendor_2013-02-28.csv"


def _zone(tmp_path: Path) -> DiskLandingZone:
    return DiskLandingZone(tmp_path / "landing", settle_seconds=0.0)


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "upload.csv"
    path.write_text(text)
    return path


def test_every_version_of_a_file_stays_readable(tmp_path: Path) -> None:
    zone = _zone(tmp_path)
    first = zone.put(KEY, _file(tmp_path, "one"))
    second = zone.put(KEY, _file(tmp_path, "two"))
    assert [zone.fetch(version, tmp_path).read_text() for version in (first, second)] == ["one", "two"]
    assert first < second
    assert (zone.root / KEY).read_text() == "two"
    assert sorted(zone.versions()) == [first, second]


def test_the_same_content_again_is_no_new_version(tmp_path: Path) -> None:
    zone = _zone(tmp_path)
    first = zone.put(KEY, _file(tmp_path, "one"))
    assert zone.put(KEY, _file(tmp_path, "one")) == first
    assert list(zone.versions()) == [first]


def test_going_back_to_an_older_content_is_a_new_version(tmp_path: Path) -> None:
    zone = _zone(tmp_path)
    for text in ("one", "two", "one"):
        zone.put(KEY, _file(tmp_path, text))
    texts = [zone.fetch(version, tmp_path).read_text() for version in sorted(zone.versions())]
    assert texts == ["one", "two", "one"]


def test_a_file_dropped_by_hand_becomes_a_version(tmp_path: Path) -> None:
    zone = _zone(tmp_path)
    (zone.root / "prices").mkdir()
    (zone.root / KEY).write_text("by hand")
    (version,) = zone.versions("prices/")
    assert version.key == KEY
    assert abs(version.known_at.timestamp() - time.time()) < 60
    assert list(zone.versions("positions/")) == []
    assert list(zone.versions()) == [version]


def test_a_file_overwritten_by_hand_becomes_the_newest_version(tmp_path: Path) -> None:
    zone = _zone(tmp_path)
    zone.put(KEY, _file(tmp_path, "one"))
    time.sleep(0.02)
    (zone.root / KEY).write_text("two")
    newest = max(zone.versions())
    assert zone.fetch(newest, tmp_path).read_text() == "two"


def test_a_file_that_may_still_grow_waits_for_the_next_look(tmp_path: Path) -> None:
    zone = DiskLandingZone(tmp_path / "landing", settle_seconds=60.0)
    (zone.root / "prices").mkdir()
    (zone.root / KEY).write_text("half of")
    assert list(zone.versions()) == []


def test_links_out_of_the_landing_zone_are_not_followed(tmp_path: Path) -> None:
    zone = _zone(tmp_path)
    (zone.root / "prices").mkdir()
    (zone.root / KEY).symlink_to(_file(tmp_path, "secret"))
    assert list(zone.versions()) == []


@pytest.mark.parametrize(
    "key", ["../x/a.csv", "prices/../../a.csv", "/etc/a.csv", ".versions/a", "prices/.a", ""]
)
def test_a_key_that_leads_out_of_the_landing_zone_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no name inside the landing zone"):
        _zone(tmp_path).put(key, _file(tmp_path, "x"))
