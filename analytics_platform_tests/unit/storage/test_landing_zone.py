"""The landing zone on disk."""

import time
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from analytics_platform.storage.landing import zone as landing_zone
from analytics_platform.storage.landing.zone import DiskLandingZone, short_digest

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


def test_a_landed_file_is_read_only_once_until_it_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = _zone(tmp_path)
    zone.put(KEY, _file(tmp_path, "one"))
    (zone.root / "prices/by-hand_2013-02-28.csv").write_text("by hand")
    before = sorted(zone.versions())
    reads: list[Path] = []

    def counted(path: Path) -> str:
        reads.append(path)
        return short_digest(path)

    monkeypatch.setattr(landing_zone, "short_digest", counted)
    assert sorted(zone.versions()) == before
    assert reads == []
    (zone.root / KEY).touch()
    assert sorted(zone.versions()) == before
    assert sorted(zone.versions()) == before
    assert len(reads) == 1


def test_a_dropped_file_that_nobody_has_seen_is_kept_when_another_is_put_over_it(tmp_path: Path) -> None:
    zone = DiskLandingZone(tmp_path / "landing", settle_seconds=60.0)
    (zone.root / "prices").mkdir()
    (zone.root / KEY).write_text("by hand")
    zone.put(KEY, _file(tmp_path, "put"))
    texts = [zone.fetch(version, tmp_path).read_text() for version in sorted(zone.versions())]
    assert texts == ["by hand", "put"]


def test_a_look_goes_on_after_any_key_in_the_same_order(tmp_path: Path) -> None:
    zone = _zone(tmp_path)
    keys = ["prices/a_1.csv", "prices/a-b_1.csv", "prices/deep/er/c.csv", "prices.csv", "pri/x.csv", "z.csv"]
    for text in ("one", "two"):
        for key in keys:
            zone.put(key, _file(tmp_path, text))
    (zone.root / "prices" / "dropped.csv").write_text("by hand")
    whole = list(zone.versions())
    order = list(dict.fromkeys(version.key for version in whole))
    assert sorted(order) == sorted([*keys, "prices/dropped.csv"])
    for place, key in enumerate(order):
        assert list(zone.versions(after=key)) == [v for v in whole if v.key in order[place + 1 :]]
    assert {v.key for v in zone.versions("pri")} == set(order) - {"z.csv"}
    assert {v.key for v in zone.versions("prices/a")} == {"prices/a_1.csv", "prices/a-b_1.csv"}
    assert [v.key for v in zone.versions("prices/deep/er/c.csv")] == ["prices/deep/er/c.csv"] * 2


def test_a_clock_that_was_set_back_does_not_change_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = _zone(tmp_path)
    first = zone.put(KEY, _file(tmp_path, "one"))

    class SetBack(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "SetBack":
            return cls(2000, 1, 1, tzinfo=tz)

    monkeypatch.setattr(landing_zone, "datetime", SetBack)
    second = zone.put(KEY, _file(tmp_path, "two"))
    assert first < second
    assert max(zone.versions()) == second
