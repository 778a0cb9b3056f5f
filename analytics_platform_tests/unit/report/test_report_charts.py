"""Ticks, scales and the charts themselves; each chart must be well-formed and say what it shows."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from analytics_platform.report.charts import bar, line_chart, pnl_chart, sparkline
from analytics_platform.report.format import MINUS
from analytics_platform.report.marks import BOTTOM, TOP, Series, end_labels, number
from analytics_platform.report.scales import Scale, date_ticks, nice_ticks

DAYS = [date(2013, 1, 1) + timedelta(days=n) for n in range(1_500)]
NICE_STEPS = {1.0, 2.0, 2.5, 5.0}
TOLERANCE = 1e-9


def _parsed(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))  # noqa: S314 - our own output


def _texts(chart: Markup) -> list[str]:
    return [element.text or "" for element in _parsed(chart).iter("text")]


def _line(values: Sequence[float | None], name: str = "NAV") -> Markup:
    return line_chart(DAYS[: len(values)], [Series(name, values)], label="NAV", kind="money")


@given(st.floats(-1e12, 1e12), st.floats(0.0, 1e12))
def test_ticks_enclose_the_data_in_few_nice_steps(low: float, spread: float) -> None:
    high = low + spread
    ticks = nice_ticks(low, high)
    step = ticks[1] - ticks[0]
    slack = TOLERANCE * max(abs(low), abs(high), 1.0) + 1e-6 * step
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 9.3), (-3.7, 12.0), (0.00011, 0.00039), (1.7e7, 2.1e7), (4.0, 4.0)]
)
def test_steps_are_1_2_2_and_a_half_or_5_times_a_power_of_ten(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    digits = f"{ticks[1] - ticks[0]:.6e}".split("e")[0]
    assert float(digits) in NICE_STEPS


def test_a_scale_maps_ends_to_ends_and_may_run_upward() -> None:
    scale = Scale(-1.0, 3.0, 200.0, 0.0)
    assert [scale.at(-1.0), scale.at(1.0), scale.at(3.0)] == [200.0, 100.0, 0.0]


@pytest.mark.parametrize("count", [1, 7, 8, 30, 61, 250, 700, 1_500])
def test_dates_have_at_most_seven_ticks_in_order(count: int) -> None:
    ticks = date_ticks(DAYS[:count])
    places = [place for place, _ in ticks]
    assert places == sorted(set(places))
    assert 1 <= len(ticks) <= 7


def test_date_ticks_stand_where_a_month_begins() -> None:
    days = [date(2012, 12, 3) + timedelta(days=n) for n in range(89)]
    assert [(days[i], text) for i, text in date_ticks(days)] == [
        (date(2013, 1, 1), "Jan 2013"),
        (date(2013, 2, 1), "Feb"),
        (date(2013, 3, 1), "Mar"),
    ]


@pytest.mark.parametrize("values", [[], [None], [None, None, None]], ids=["empty", "one null", "all null"])
def test_a_chart_without_values_says_no_data(values: list[float | None]) -> None:
    days = DAYS[: len(values)]
    assert _texts(_line(values)) == ["no data"]
    assert _texts(pnl_chart(days, values, values, label="P&L")) == ["no data"]
    assert line_chart(days, [], label="NAV", kind="percent").count("no data") == 2


def test_a_single_point_is_a_dot_with_its_value() -> None:
    chart = _line([20_900_000.0])
    assert len(list(_parsed(chart).iter("circle"))) == 1
    assert "20.9m" in _texts(chart)


def test_a_line_is_interrupted_where_a_value_is_missing() -> None:
    path = re.search(r'class="line main" d="([^"]*)"', _line([1.0, 2.0, None, 3.0, 4.0]))
    assert path is not None
    assert path[1].count("M") == 2


def test_higher_values_stand_higher_and_stay_inside_the_plot() -> None:
    path = re.search(r'class="line main" d="M([^"]*)"', _line([5.0, 7.0, 6.0]))
    assert path is not None
    first, second, third = (float(point.split()[1]) for point in path[1].split("L"))
    assert second < third < first
    assert all(TOP <= y <= BOTTOM for y in (first, second, third))


def test_a_return_chart_includes_zero_and_labels_both_lines() -> None:
    series = [Series("Portfolio", [0.05, 0.06]), Series("Benchmark", [0.04, 0.05], "second")]
    texts = _texts(line_chart(DAYS[:2], series, label="Return", kind="percent"))
    assert {"0%", "Portfolio", "+6.00%", "Benchmark", "+5.00%"} <= set(texts)


def test_labels_at_the_ends_of_lines_do_not_touch() -> None:
    scale = Scale(0.0, 1.0, BOTTOM, TOP)
    for ends in ((0.5, 0.5), (0.0, 0.0), (1.0, 1.0), (0.01, 0.0)):
        series = [Series("one", [ends[0]]), Series("two", [ends[1]], "second")]
        labels = end_labels(series, scale, "percent")
        first, second = sorted(
            float(y) for y in re.findall(r'class="name \w+" x="[\d.]+" y="([-\d.]+)"', labels)
        )
        assert second - first >= 30
        assert second + 15 <= BOTTOM + 10


def test_an_exception_is_marked_only_where_the_loss_goes_beyond_the_var() -> None:
    chart = pnl_chart(DAYS[:4], [-50.0, -150.0, 150.0, -200.0], [None, 100.0, 100.0, 100.0], label="P&L")
    assert chart.count('class="exception"') == 2
    assert f"2 January 2013: Day P&amp;L {MINUS}150; VaR 99 of the session before 100" in chart


def test_every_session_has_a_tooltip_unless_there_are_too_many() -> None:
    assert _line([1.0, 2.0, 3.0]).count("<title>") == 3
    assert _line([float(n) for n in range(1_000)]).count("<title>") == 0


def test_a_bar_starts_at_zero_and_points_to_its_side() -> None:
    assert 'class="down" x="0" y="1" width="50"' in bar(-10.0, -10.0, 10.0, "loss")
    assert 'class="up" x="50" y="1" width="25"' in bar(5.0, -10.0, 10.0, "gain")
    assert "<rect" not in bar(None, -10.0, 10.0, "missing")
    assert _parsed(bar(0.0, 0.0, 0.0, "nothing at all")).tag == "svg"


def test_a_sparkline_needs_two_values() -> None:
    assert sparkline([None, 1.0], "NAV") == ""
    assert _parsed(sparkline([1.0, 1.0, None], "NAV")).get("aria-label") == "NAV"


def test_charts_name_themselves_and_escape_hostile_names() -> None:
    hostile = '<script>alert("x")</script>'
    for chart in (
        line_chart(DAYS[:2], [Series(hostile, [1.0, 2.0])], label=hostile, kind="money"),
        pnl_chart(DAYS[:2], [1.0, -1.0], [1.0, 1.0], label=hostile),
        bar(1.0, 0.0, 2.0, hostile),
        sparkline([1.0, 2.0], hostile),
    ):
        assert "<script" not in chart
        root = _parsed(chart)
        assert (root.get("role"), root.get("aria-label")) == ("img", hostile)


def test_coordinates_are_never_minus_zero() -> None:
    assert [number(-0.04), number(2.0), number(2.26)] == ["0", "2", "2.3"]


def test_the_same_data_give_the_same_bytes() -> None:
    values = [1.0, 3.0, 2.0]
    assert _line(values) == _line(values)
