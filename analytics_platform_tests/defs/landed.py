"""Putting a text as a file into the landing zone of an intake."""

from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.landing.zone import DiskLandingZone


def land(intake: Intake, key: str, text: str) -> None:
    """Put a text as the newest version of a key."""
    zone = intake.landing
    assert isinstance(zone, DiskLandingZone)
    upload = zone.root.parent / "upload"
    upload.write_text(text)
    zone.put(key, upload)
