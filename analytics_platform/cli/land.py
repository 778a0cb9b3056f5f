"""`analytics land`: files into the landing zone."""

from pathlib import Path

from rich.console import Console

from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.settings import settings
from analytics_platform.storage.landing.zone import open_landing_zone

REFUSED = 1


def land_files(files: list[Path], dataset: str | None) -> int:
    """Put files into the landing zone; return 1 if a name tells no dataset or date, else 0.

    A file with such a name is landed all the same: quarantine keeps it with its report.
    """
    console = Console()
    zone = open_landing_zone(settings().landing_url)
    code = 0
    for file in files:
        key = f"{dataset or file.absolute().parent.name}/{file.name}"
        if not file.is_file():
            console.print(f"{file} is not a regular file", style="red", markup=False, soft_wrap=True)
            code = REFUSED
            continue
        try:
            version = zone.put(key, file)
            parse_file_name(key, version.known_at.date())
        except (DeliveryRefused, ValueError) as refusal:
            hint = "" if dataset else " If the folder is not the dataset, say --dataset."
            console.print(f"{refusal}{hint}", style="red", markup=False, soft_wrap=True)
            code = REFUSED
        else:
            console.print(f"landed {key} as version {version.version_id}", highlight=False, soft_wrap=True)
    return code
