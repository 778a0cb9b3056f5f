"""Window functions as Redshift takes them: a frame where one is due, in rows, and no names for windows."""

from collections.abc import Iterator

from sqlglot import exp

from analytics_platform_tests.dialect_guard.finding import Finding, line_of

NO_FRAME = (
    exp.CumeDist,
    exp.DenseRank,
    exp.Lag,
    exp.Lead,
    exp.Ntile,
    exp.PercentRank,
    exp.Rank,
    exp.RowNumber,
)
"""Functions that take no frame; all others with an order need one."""


def faulty_windows(statement: exp.Expr) -> Iterator[Finding]:
    """Find windows that Redshift refuses."""
    for named in statement.find_all(exp.Select):
        if windows := named.args.get("windows"):
            yield Finding(
                line_of(windows[0]), "Redshift has no WINDOW clause", "write the window where it is used"
            )
    for window in statement.find_all(exp.Window):
        if isinstance(window.parent, exp.Select) and window.arg_key == "windows":
            continue
        yield from (Finding(line_of(window), *told) for told in _faults(window))


def _faults(window: exp.Window) -> Iterator[tuple[str, str]]:
    function = (
        window.this.this if isinstance(window.this, exp.IgnoreNulls | exp.RespectNulls) else window.this
    )
    spec, order = window.args.get("spec"), window.args.get("order")
    if isinstance(function, exp.Lag | exp.Lead) and function.args.get("default"):
        yield "lag and lead take no third argument on Redshift", "use coalesce(lag(...) over (...), ...)"
    if isinstance(function, exp.AggFunc) and isinstance(function.this, exp.Distinct):
        yield "DISTINCT in a window function", "group by in a common table expression first"
    if order and not spec and not isinstance(function, NO_FRAME) and not window.args.get("alias"):
        cure = "write rows between unbounded preceding and current row"
        yield "a window with ORDER BY and without a frame: Redshift asks for one", cure
    if spec and str(spec.args.get("kind")).upper() != "ROWS":
        yield "a frame that is not of ROWS", "write rows between ... and ..."
    if spec and spec.args.get("exclude"):
        yield "EXCLUDE in a frame", "use two frames"
