"""Looking at given keys finds all their versions and nothing else, one by one or together."""

import random
from pathlib import Path

import pytest

from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.landing import observation
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone import DiskLandingZone
from analytics_platform.storage.ledger.ledger import Ledger

KEYS = [f"prices/vendor-{number:03}_2013-03-01.csv" for number in range(60)]


@pytest.fixture
def watch(tmp_path: Path) -> LandingWatch:
    landing = DiskLandingZone(tmp_path / "landing", settle_seconds=0.0)
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    return LandingWatch(landing, ledger, Quarantine(tmp_path / "quarantine"))


def _put(watch: LandingWatch, tmp_path: Path, *keys: str) -> None:
    for key in keys:
        for content in ("a", "b"):
            upload = tmp_path / "upload"
            upload.write_text(f"{key} {content}\n")
            watch.landing.put(key, upload)


@pytest.mark.parametrize("few", [pytest.param(100, id="one by one"), pytest.param(2, id="together")])
@pytest.mark.parametrize("page", [pytest.param(0, id="sparse"), pytest.param(1000, id="dense")])
def test_wanted_keys_are_found_with_all_their_versions_and_no_others(
    watch: LandingWatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int, page: int
) -> None:
    monkeypatch.setattr(observation, "_FEW", few)
    monkeypatch.setattr(observation, "_PAGE", page)
    monkeypatch.setattr(observation, "_WORTH", 1 if page == 0 else 20)
    _put(watch, tmp_path, *KEYS, "prices/vendor-001_2013-03-01.csv.gz")
    wanted = random.Random(3).sample(KEYS, 25)  # noqa: S311 - an order, no secret
    observed = watch.look_at([*wanted, "prices/never-put_2013-03-01.csv", KEYS[1], KEYS[1]])
    found = [(version.key, version.known_at) for version in observed.new]
    assert len(found) == len(set(found)) == observed.listed == 2 * len({*wanted, KEYS[1]})
    assert {key for key, _ in found} == {*wanted, KEYS[1]}
    assert watch.look_at(wanted).new == []
    watch.ledger.close()


def test_nothing_asked_for_is_nothing_found(watch: LandingWatch) -> None:
    assert watch.look_at([]).new == []
    watch.ledger.close()
