"""The change of a risk number since the session before, and its three parts."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_platform.risk.portfolio_measures import measure
from analytics_platform.risk.var_changes import explain_changes
from analytics_platform.tables.risk_analysis import VAR_CHANGES
from analytics_platform_tests.unit.risk.small_cubes import EVERY_WEEKDAY, TREE, cube, held

MONDAY, TUESDAY, WEDNESDAY = (date(2013, 2, day) for day in (25, 26, 27))
EFFECTS = ("positions_effect", "market_effect", "window_effect")


def _explained(
    holdings: list[pl.DataFrame], cubes: list[pl.DataFrame], *days: date, level: float = 0.75
) -> pl.DataFrame:
    return explain_changes(
        pl.concat(holdings),
        TREE,
        pl.concat(cubes),
        list(days or (TUESDAY,)),
        calendar=EVERY_WEEKDAY,
        confidences=(level,),
    )


def _row(frame: pl.DataFrame, portfolio: str = "A", metric: str = "value_at_risk") -> dict[str, object]:
    return frame.filter(portfolio_id=portfolio, metric=metric).row(0, named=True)


def _split(row: dict[str, object]) -> list[object]:
    return [row["previous_value"], *(row[name] for name in EFFECTS), row["value"]]


def test_each_cause_alone_is_told_by_hand() -> None:
    # At 75 % of 4 the value at risk is the worst loss; three scenarios are in both windows.
    before = cube(MONDAY, {"X": [-1.0, -4.0, 2.0, -3.0]})
    one, two = held(MONDAY, {("A", "X"): 1.0}), held(TUESDAY, {("A", "X"): 2.0})
    same = held(TUESDAY, {("A", "X"): 1.0})
    moved = cube(TUESDAY, {"X": [-4.0, 2.0, -3.0, -1.0]})
    assert _split(_row(_explained([one, two], [before, moved]))) == [4.0, 4.0, 0.0, 0.0, 8.0]
    dearer = cube(TUESDAY, {"X": [-6.0, 3.0, -4.5, -1.0]})
    assert _split(_row(_explained([one, same], [before, dearer]))) == [4.0, 0.0, 2.0, 0.0, 6.0]
    worse = cube(TUESDAY, {"X": [-4.0, 2.0, -3.0, -7.0]})
    assert _split(_row(_explained([one, same], [before, worse]))) == [4.0, 0.0, 0.0, 3.0, 7.0]
    # The worst scenario leaves the window: without it the loss is 3.
    left = cube(MONDAY, {"X": [-9.0, -2.0, 2.0, -3.0]})
    after = cube(TUESDAY, {"X": [-2.0, 2.0, -3.0, 1.0]})
    assert _split(_row(_explained([one, same], [left, after]))) == [9.0, 0.0, 0.0, -6.0, 3.0]
    assert _row(_explained([one, same], [left, after]))["status"] == "ok"


def test_all_causes_at_once_by_hand() -> None:
    """Scenarios leave, then holdings change, then vectors, then scenarios come."""
    before = cube(MONDAY, {"X": [-9.0, -2.0, 2.0, -3.0], "Y": [0.0, 1.0, -1.0, -1.0]})
    after = cube(TUESDAY, {"X": [-4.0, 4.0, -6.0, 1.0], "Y": [1.0, -1.0, 0.0, -20.0]})
    holdings = [held(MONDAY, {("A", "X"): 1.0}), held(TUESDAY, {("A", "X"): 1.0, ("A", "Y"): 2.0})]
    # 9 -> 3 (left) -> 5 = 3 + 2 (Y bought) -> 6 (dearer: 6 + 0) -> 39 (came: -1 + 40).
    assert _split(_row(_explained(holdings, [before, after]))) == [9.0, 2.0, 1.0, -6.0 + 33.0, 39.0]


def test_what_is_new_to_the_cube_counts_as_position() -> None:
    before = cube(MONDAY, {"X": [-1.0, -4.0, 2.0, -3.0]})
    after = cube(TUESDAY, {"X": [-4.0, 2.0, -3.0, -1.0], "NEW": [-2.0, 0.0, 0.0, 0.0]})
    holdings = [held(MONDAY, {("A", "X"): 1.0}), held(TUESDAY, {("A", "X"): 1.0, ("A", "NEW"): 3.0})]
    assert _split(_row(_explained(holdings, [before, after]))) == [4.0, 6.0, 0.0, 0.0, 10.0]
    sold = [held(MONDAY, {("A", "X"): 1.0, ("A", "NEW"): 3.0}), held(TUESDAY, {("A", "X"): 1.0})]
    was = cube(MONDAY, {"X": [-1.0, -4.0, 2.0, -3.0], "NEW": [0.0, -2.0, 0.0, 0.0]})
    now = cube(TUESDAY, {"X": [-4.0, 2.0, -3.0, -1.0]})
    assert _split(_row(_explained(sold, [was, now]))) == [10.0, -6.0, 0.0, 0.0, 4.0]


def test_what_cannot_be_split_says_why_and_shows_what_is_known() -> None:
    vectors = {"X": [-1.0, -4.0, 2.0, -3.0]}
    own = {("A", "X"): 1.0}
    first = _row(_explained([held(TUESDAY, own)], [cube(TUESDAY, vectors)]))
    assert _split(first) == [None, None, None, None, 4.0]
    assert (first["status"], first["previous_date"]) == ("missing", MONDAY)
    assert first["reason"] == "2013-02-25: no holdings on this session"
    no_vectors = _row(_explained([held(MONDAY, own), held(TUESDAY, own)], [cube(TUESDAY, vectors)]))
    assert no_vectors["reason"] == "2013-02-25: 1 of 1 instruments: X (not valued)"
    # A portfolio that is new, beside one that is not.
    both = [held(MONDAY, own), held(TUESDAY, {**own, ("B", "X"): 1.0})]
    told = _explained(both, [cube(MONDAY, vectors), cube(TUESDAY, vectors)])
    assert _row(told, "B")["reason"] == "2013-02-25: no holdings on this session"
    assert _row(told, "A")["status"] == "ok"
    # Nothing is held any more: what was is told, what is is not.
    emptied = _row(_explained([held(MONDAY, own)], [cube(MONDAY, vectors)]))
    assert _split(emptied) == [4.0, None, None, None, None]
    assert emptied["reason"] == "2013-02-26: no holdings on this session"


@pytest.mark.parametrize(
    ("column", "day", "reason"),
    [
        ("first_scenario_date", date(2013, 2, 1), "2013-02-26: the scenarios are not those of consecutive"),
        ("both", date(2012, 1, 2), "no scenario is in both windows"),
    ],
    ids=["holes", "apart"],
)
def test_windows_that_cannot_be_laid_side_by_side_are_told(column: str, day: date, reason: str) -> None:
    vectors = {"X": [-1.0, -4.0, 2.0, -3.0]}
    now = cube(TUESDAY, vectors)
    if column == "both":
        last = EVERY_WEEKDAY.offset(day, 3)
        now = now.with_columns(first_scenario_date=pl.lit(day), last_scenario_date=pl.lit(last))
    else:
        now = now.with_columns(first_scenario_date=pl.lit(day))
    holdings = [held(day, {("A", "X"): 1.0}) for day in (MONDAY, TUESDAY)]
    told = _row(_explained(holdings, [cube(MONDAY, vectors), now]))
    assert told["status"] == "missing"
    assert str(told["reason"]).startswith(reason)
    assert _split(told) == [4.0, None, None, None, 4.0]


def test_a_growing_history_shares_all_that_there_was() -> None:
    before, after = cube(MONDAY, {"X": [-1.0, -4.0, 2.0]}), cube(TUESDAY, {"X": [-1.0, -4.0, 2.0, -5.0]})
    holdings = [held(day, {("A", "X"): 1.0}) for day in (MONDAY, TUESDAY)]
    assert _split(_row(_explained(holdings, [before, after]))) == [4.0, 0.0, 0.0, 1.0, 5.0]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """Draw holdings and cubes of three sessions."""
    number = st.integers(-1000, 1000).map(lambda x: x / 8)
    sizes = draw(st.tuples(*[st.integers(20, 40)] * 3))
    names = ("X", "Y", "Z")
    holdings, cubes = [], []
    for day, size in zip((MONDAY, TUESDAY, WEDNESDAY), sizes, strict=True):
        vectors = {name: draw(st.lists(number, min_size=size, max_size=size)) for name in names}
        cubes.append(cube(day, vectors))
        units = {(p, name): draw(st.integers(-9, 9).map(float)) for p in ("A", "B") for name in names}
        holdings.append(held(day, units))
    return holdings, cubes


@settings(max_examples=15)
@given(histories(), st.integers(0, 100))
def test_parts_add_up_and_neither_rows_nor_runs_matter(
    history: tuple[list[pl.DataFrame], list[pl.DataFrame]], seed: int
) -> None:
    holdings, cubes = history
    whole = _explained(holdings, cubes, TUESDAY, WEDNESDAY, level=0.95)
    assert whole.schema == VAR_CHANGES.columns
    VAR_CHANGES.schema.validate(whole)
    sums = whole.select(pl.sum_horizontal("previous_value", *EFFECTS)).to_series()
    assert sums.to_list() == pytest.approx(whole["value"].to_list(), rel=1e-12, abs=1e-9)
    # Both ends are the numbers of `risk_metrics`.
    metrics = measure(pl.concat(holdings), TREE, pl.concat(cubes), confidences=(0.95,))
    metrics = metrics.filter(method="historical").select("business_date", "portfolio_id", "metric", "value")
    for day, value in (("business_date", "value"), ("previous_date", "previous_value")):
        joined = whole.join(
            metrics,
            left_on=[day, "portfolio_id", "metric"],
            right_on=["business_date", "portfolio_id", "metric"],
            suffix="_measured",
        )
        assert len(joined) == len(whole)
        assert np.allclose(joined[value], joined["value_measured"], rtol=1e-12, atol=1e-9)
    shuffled = _explained(
        [pl.concat(holdings).sample(fraction=1.0, shuffle=True, seed=seed)],
        [pl.concat(cubes).sample(fraction=1.0, shuffle=True, seed=seed)],
        WEDNESDAY,
        TUESDAY,
        level=0.95,
    )
    assert shuffled.equals(whole)
    for first, session in enumerate((TUESDAY, WEDNESDAY)):
        alone = _explained(holdings[first : first + 2], cubes[first : first + 2], session, level=0.95)
        assert alone.equals(whole.filter(business_date=session))
