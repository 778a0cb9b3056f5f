"""Which rows break a data test: dbt counts them, this names the first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import dagster as dg
import polars as pl

from analytics_platform.ingestion.faults import shown
from analytics_platform.storage.warehouse import Warehouse

SHOWN_ROWS = 5
BREAKS = "breaks"
"""Metadata of a failed check that names its first rows."""


@dataclass(frozen=True)
class BrokenTest:
    """A data test that found rows.

    Attributes
    ----------
    node : str
        Unique id of the test in the manifest.
    name : str
        Name of the test.
    count : int
        Rows that it found.
    sql : str
        The query that returns them.
    is_error : bool
        Whether it fails the run.
    """

    node: str
    name: str
    count: int
    sql: str
    is_error: bool


def broken_tests(results: Iterable[Any]) -> list[BrokenTest]:
    """Return the data tests among the results of dbt that found rows."""
    return [
        BrokenTest(
            node=result.node.unique_id,
            name=result.node.name,
            count=int(result.failures),
            sql=str(result.node.compiled_code),
            is_error=result.status == "fail",
        )
        for result in results
        if result.status in {"fail", "warn"} and result.failures
    ]


def first_breaks(warehouse: Warehouse, tests: Iterable[BrokenTest]) -> dict[str, str]:
    """Return, for each test, what it is called, how many rows break it, and the first of them."""
    return {test.node: f"{test.name}: {told(test, _rows(warehouse, test))}" for test in tests}


def told(test: BrokenTest, rows: pl.DataFrame) -> str:
    """Tell the first rows of a broken test, each with all that it holds.

    Examples
    --------
    >>> test = BrokenTest("test.x", "x", 7, "select 1", is_error=True)
    >>> row = {"portfolio_id": "EQ_EUR", "currency": None, "quantity": Decimal("1.50")}
    >>> told(test, pl.DataFrame([row]))
    'rows that break it: 7, such as (portfolio_id EQ_EUR, quantity 1.5), ...'
    """
    texts = [_text(row) for row in rows.head(SHOWN_ROWS).iter_rows(named=True)]
    rest = [] if test.count <= len(texts) else ["..."]
    return f"rows that break it: {test.count}, such as {', '.join([*texts, *rest])}"


def with_breaks(result: dg.AssetCheckResult, breaks: str) -> dg.AssetCheckResult:
    """Return the result of a check with the rows that broke it."""
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=result.asset_key,
        check_name=result.check_name,
        severity=result.severity,
        description=result.description,
        metadata={**(result.metadata or {}), BREAKS: breaks},
    )


def _rows(warehouse: Warehouse, test: BrokenTest) -> pl.DataFrame:
    # The text is the test that dbt has compiled and run a moment ago.
    return warehouse.query(f"select * from (\n{test.sql}\n) as broken limit {SHOWN_ROWS}")  # noqa: S608


def _text(row: Mapping[str, object]) -> str:
    return "(" + ", ".join(f"{name} {_cell(value)}" for name, value in row.items() if value is not None) + ")"


def _cell(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return shown(str(value))
