"""When the clients put money in and take it out. All of it is ours."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from sample_data.builder.chance import chance

THOUSAND = Decimal(1000)
FLOWS_A_YEAR = 3


@dataclass(frozen=True)
class PlannedFlow:
    """A flow whose size is fixed, or else follows from the net asset value of the day before."""

    timing: str
    luck: float
    fixed: Decimal | None = None

    def amount(self, target: Decimal, nav: Decimal) -> Decimal:
        """Thousands that bring the net asset value nearer to the target, and some by chance."""
        if self.fixed is not None:
            return self.fixed
        wish = (target - nav) * Decimal("0.35") + target * Decimal(f"{0.06 * (self.luck - 0.5):.6f}")
        return (wish / THOUSAND).quantize(Decimal(1)) * THOUSAND


LATEST = {
    "EQ_US": (date(2013, 1, 22), "start_of_day", Decimal(-1_500_000)),
    "EQ_EUR": (date(2013, 2, 12), "end_of_day", Decimal(500_000)),
    "UST_LADDER": (date(2013, 2, 20), "start_of_day", Decimal(1_000_000)),
    "OPT_OVERLAY": (date(2013, 1, 9), "end_of_day", Decimal(-100_000)),
}
"""The flows of 2013, by hand, so that the demo's last sessions hold one of each kind."""


def plan_flows(portfolio_id: str, sessions: list[date], first_amount: Decimal) -> dict[date, PlannedFlow]:
    """Plan the subscription on the first session, three flows a year, and one in 2013."""
    plan = {}
    for year, group in groupby(sessions, key=lambda day: day.year):
        days = list(group)
        for number in range(FLOWS_A_YEAR if year < sessions[-1].year else 0):
            third = len(days) // FLOWS_A_YEAR
            at = third * number + int(chance(portfolio_id, year, number, "day") * (third - 10)) + 5
            timing = "start_of_day" if chance(portfolio_id, year, number, "time") < 0.5 else "end_of_day"  # noqa: PLR2004 - a fair coin
            plan[days[at]] = PlannedFlow(timing, chance(portfolio_id, year, number, "size"))
    plan[sessions[0]] = PlannedFlow("start_of_day", 0.0, first_amount)
    day, timing, amount = LATEST[portfolio_id]
    plan[day] = PlannedFlow(timing, 0.0, amount)
    return plan
