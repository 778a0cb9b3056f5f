"""Hold images that were built against their budgets; exit code 1 if one is too heavy. Nothing is built here.

    python docker/weigh.py [slim=IMAGE] [platform=IMAGE]

ENGINE is the program that knows the images: docker, or podman.
"""  # noqa: INP001 - a script beside the images

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BUDGET = Path(__file__).parent / "budget.toml"
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Budget:
    """What an image may weigh."""

    image: str
    most_megabytes: int


class WeighingError(Exception):
    """An image cannot be weighed; the text says why."""


def budgets(arguments: Sequence[str], file: Path = BUDGET) -> dict[str, tuple[str, int]]:
    """Return image and limit in megabytes by name; if arguments say other images, of those only.

    Raises
    ------
    WeighingError
        If an argument names no budget.
    """
    told = {name: Budget(**of) for name, of in tomllib.loads(file.read_text("utf-8")).items()}
    asked = dict(argument.partition("=")[::2] for argument in arguments)
    if unknown := sorted(asked.keys() - told.keys()):
        message = f"{file.name} has no budget of {unknown[0]!r}; it has {', '.join(sorted(told))}"
        raise WeighingError(message)
    return {name: (asked.get(name) or told[name].image, told[name].most_megabytes) for name in asked or told}


def megabytes(image: str, engine: str) -> int:
    """Ask an engine what an image weighs.

    Raises
    ------
    WeighingError
        If there is no such engine or image.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the engine of whoever calls
            [engine, "image", "inspect", "--format", "{{.Size}}", image],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        message = f"{engine} cannot be started ({error.strerror}); set ENGINE to docker or podman"
        raise WeighingError(message) from error
    if done.returncode:
        message = f"{image} is not there: build it first ({(done.stderr.strip().splitlines() or [''])[-1]})"
        raise WeighingError(message)
    return -(-int(done.stdout) // _MEGABYTE)


def main() -> int:
    """Weigh what the arguments name; return the exit code."""
    engine = os.environ.get("ENGINE", "docker")  # noqa: TID251 - here is no package with settings
    too_heavy = 0
    try:
        for name, (image, most) in budgets(sys.argv[1:]).items():
            found = megabytes(image, engine)
            too_heavy += found > most
            sys.stdout.write(f"{'too heavy' if found > most else 'ok'}  {name}: {found} MB of {most} MB\n")
    except WeighingError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 1 if too_heavy else 0


if __name__ == "__main__":
    sys.exit(main())
