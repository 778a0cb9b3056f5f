"""The job of infra/glue as Glue runs it, on this machine; and histories to give it. No expectations."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from analytics_platform.archives.code import CHECKOUT
from analytics_platform.archives.tars import files_of, write_tar

SCRIPT = CHECKOUT / "infra" / "glue" / "job.py"
_FOLDERS = ("analytics_platform", "sources")


def price_history(file: Path, *, instruments: int, first: date, last: date) -> int:
    """Write prices of so many instruments on every weekday, instrument by instrument; return the rows."""
    days = pl.date_range(first, last, "1d", eager=True).alias("business_date")
    days = days.filter(days.dt.weekday() < 6)
    names = pl.Series("instrument_id", [f"EQ_{number:05}" for number in range(instruments)])
    rows = names.to_frame().join(days.to_frame(), how="cross")
    closes = np.random.default_rng(8).integers(100, 99_999, rows.height)
    rows.select(
        "business_date",
        "instrument_id",
        pl.lit("close").alias("price_type"),
        (pl.Series("close_local", closes) / 100).round(2),
        pl.lit(1000).alias("volume"),
        pl.lit("USD").alias("currency"),
    ).write_csv(file)
    return rows.height


@dataclass(frozen=True)
class Archives:
    """Code and entry point as the infrastructure puts them into S3, as files."""

    code: Path
    code_digest: str
    slim: Path

    def addresses(self, prefix: str) -> dict[str, str]:
        """Return the arguments that name them below a prefix, ``file:///folder`` or ``s3://bucket``."""
        return {
            "code-archive": f"{prefix}/{self.code.name}?sha256={self.code_digest}",
            "slim": f"{prefix}/{self.slim.name}",
        }


def archives(folder: Path) -> Archives:
    """Pack this checkout's code without the dbt project, and the entry point of the slim container."""
    code, slim = folder / "code.tar.gz", folder / "slim.zip"
    packed = {
        f"{name}/{file}": content for name in _FOLDERS for file, content in files_of(CHECKOUT / name).items()
    }
    digest = write_tar(packed, code)
    with zipfile.ZipFile(slim, "w") as archive:
        for file in sorted((CHECKOUT / "docker" / "slim").glob("*.py")):
            archive.write(file, "__main__.py" if file.stem == "entry_point" else file.name)
    return Archives(code, digest, slim)


def run_job(
    temporary: Path, settings: Mapping[str, str], arguments: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Start the script with the arguments that Glue gives it, and the credentials of the emulation."""
    told = {"JOB_NAME": "prices", "JOB_RUN_ID": "jr_1", "settings": json.dumps(settings), **arguments}
    words = [word for name, value in told.items() for word in (f"--{name}", value)]
    given = os.environ.items()  # noqa: TID251 - as the fixtures of the emulation have set it
    emulation = {name: value for name, value in given if name.startswith("AWS_")}
    programs = f"{Path(sys.executable).parent}:{os.defpath}"
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-s", str(SCRIPT), *words],
        env={**emulation, "PATH": programs, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def told_by(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """Return the summary: the last line of JSON on standard output."""
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"history"')]
    told: dict[str, object] = json.loads(lines[-1])
    return told
