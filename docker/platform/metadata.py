"""Tell name and version of the platform as an installed package does, beside its code."""  # noqa: INP001 - run by the Dockerfile

import sys
import tomllib
from pathlib import Path


def write(project: Path) -> Path:
    """Write the metadata beside pyproject.toml; return the file."""
    of = tomllib.loads(project.read_text("utf-8"))["project"]
    file = project.parent / f"{of['name'].replace('-', '_')}-{of['version']}.dist-info" / "METADATA"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"Metadata-Version: 2.1\nName: {of['name']}\nVersion: {of['version']}\n", "utf-8")
    return file


if __name__ == "__main__":
    write(Path(sys.argv[1]))
