"""Text that a spreadsheet shows and does not run. For exports that people open with one."""

import re

import polars as pl

_OPENS_FORMULA = r"^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]"
_NUMBER = r"^[+-][0-9][0-9.,' ]*(?:[eE][+-]?[0-9]+)?%?$"


def neutral(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are.

    Examples
    --------
    >>> neutral("=1+1")
    "'=1+1"
    >>> neutral("-1.5"), neutral("-1.250,00"), neutral(-1.5)
    ('-1.5', '-1.250,00', -1.5)
    """
    if not isinstance(cell, str) or not re.search(_OPENS_FORMULA, cell) or re.search(_NUMBER, cell):
        return cell
    return f"'{cell}"


def neutral_cells(schema: pl.Schema) -> list[pl.Expr]:
    """Return every column of a frame, its text cells as `neutral` has them."""
    return [_neutral_column(name) if dtype == pl.String() else pl.col(name) for name, dtype in schema.items()]


def _neutral_column(name: str) -> pl.Expr:
    cell = pl.col(name)
    harmless = ~cell.str.contains(_OPENS_FORMULA) | cell.str.contains(_NUMBER)
    return pl.when(harmless).then(cell).otherwise(pl.lit("'") + cell).alias(name)
