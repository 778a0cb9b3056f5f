"""What dbt gives to a model, for the SQL linter: variables with their defaults, macros as plain SQL."""

from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2] / "dbt" / "dbt_project.yml"
VARIABLES: dict[str, str | int] = yaml.safe_load(PROJECT.read_text(encoding="utf-8"))["vars"]


def var(name: str, default: str | int = "") -> str | int:
    """Return the default of a variable as dbt_project.yml has it."""
    return VARIABLES.get(name, default)


class dbt:  # noqa: N801 - the name that models use
    """The macros of dbt that the project calls."""

    @staticmethod
    def dateadd(part: str, number: str | int, date: str) -> str:
        """Return a date moved by a number of parts."""
        return f"dateadd({part}, {number}, {date})"

    @staticmethod
    def datediff(first: str, last: str, part: str) -> str:
        """Return the parts from one date to another."""
        return f"datediff({part}, {first}, {last})"

    @staticmethod
    def date_trunc(part: str, date: str) -> str:
        """Return the first day of the part that a date lies in."""
        return f"date_trunc({part}, {date})"
