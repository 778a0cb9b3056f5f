"""Why the slim container could not start its script, and the lines that it prints. No step of it is here."""  # noqa: INP001 - scripts beside each other

import json
import sys
import time

CONFIGURATION = 78
"""Exit code when what was asked for cannot work: the same again fails again (EX_CONFIG)."""
TEMPORARY = 75
"""Exit code when it may work another time: S3 does not answer, the disk is full (EX_TEMPFAIL)."""


class SlimError(Exception):
    """What was asked for cannot work; the text names what is wrong, which variable, and the cure."""

    exit_code = CONFIGURATION


class TemporaryError(SlimError):
    """It may work another time."""

    exit_code = TEMPORARY


def tell(step: str, /, **told: object) -> None:
    """Print a step as one line of JSON on standard error; nobody passes secrets here."""
    line = json.dumps({"slim": step, "at": round(time.time(), 3), **told})
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def shown(text: str, most: int = 300) -> str:
    """Return foreign text as one harmless line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else f"...{line[-most:]}"
